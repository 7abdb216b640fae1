import { useInfiniteQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { interactions, type Interaction } from "../../api/queries";
import { Age } from "../../components/Age/Age";
import { DecisionBadge } from "../../components/Badge/Badge";
import { Fault, Loading } from "../../components/Fault/Fault";

/** Why a mail belongs to its thread, for people. */
const REASONS: Record<string, string> = {
  new: "begins the thread",
  references: "its References name a mail of the thread",
  "in-reply-to": "its In-Reply-To names a mail of the thread",
  marker: "it answers a mail that was sent from here",
  subject: "the same author replied to the subject",
};

/** The interactions of a thread, newest first, each with why it belongs there. */
export function Thread({ interaction: one }: { interaction: Interaction }) {
  const thread = one.thread?.id ?? one.id;
  const list = useInfiniteQuery(interactions({ thread }));
  if (list.error) return <Fault error={list.error} />;
  if (!list.data) return <Loading />;
  const all = list.data.pages.flatMap((page) => page.entities);
  return (
    <div className="panel">
      <ol className="thread">
        {all.map((each) => (
          <li key={each.id} aria-current={each.id === one.id ? "true" : undefined}>
            <Link href={`/interactions/${each.id}`}>{each.erased ? "(erased)" : each.subject || "(no subject)"}</Link>
            <span>{each.envelope.from || "<>"}</span>
            <Age at={each.receivedAt} />
            <DecisionBadge decision={each.decision} />
            <span className="muted">{REASONS[each.thread?.reason ?? "new"]}</span>
          </li>
        ))}
      </ol>
      {list.hasNextPage && (
        <button type="button" className="button" onClick={() => void list.fetchNextPage()} disabled={list.isFetchingNextPage}>
          Show earlier
        </button>
      )}
    </div>
  );
}
