import { useInfiniteQuery, useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useSearchParams } from "wouter";
import { DELIVERY_KINDS, type DeliveryFilter, deliveryPages, retryAll, STATES } from "../../api/deliveries";
import { summary } from "../../api/queries";
import { useMay } from "../../app/session";
import { useTitle } from "../../app/useTitle";
import { Confirm } from "../../components/Confirm/Confirm";
import { DeliveryTable } from "../../components/DeliveryTable/DeliveryTable";
import { Fault, Loading } from "../../components/Fault/Fault";
import { Live } from "../../components/Live/Live";
import { toast } from "../../components/Toasts/toast";
import "./Deliveries.css";

const NAMES = ["state", "kind", "target"] as const;

/** What was sent, is on its way, or failed for good. Filters are in the address. */
export default function Deliveries() {
  useTitle("Deliveries");
  const [search, setSearch] = useSearchParams();
  const filter: DeliveryFilter = Object.fromEntries(NAMES.flatMap((name) => (search.get(name) ? [[name, search.get(name)]] : [])));
  const writes = useMay("email:write");
  const counts = useQuery(summary);
  const list = useInfiniteQuery({
    ...deliveryPages(filter),
    placeholderData: (before) => before,
  });
  const client = useQueryClient();
  const found = list.data?.pages.flatMap((page) => page.entities) ?? [];
  const put = (name: string, value: string) =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      if (value) after.set(name, value);
      else after.delete(name);
      return after;
    });
  const retries = async () => {
    const { retried, more, notice } = await retryAll(filter);
    toast(notice ?? `${retried} ${retried === 1 ? "delivery is" : "deliveries are"} due now${more ? "; there may be more" : ""}`);
    await client.invalidateQueries();
  };
  return (
    <div className="page">
      <div className="page-head">
        <h1>Deliveries</h1>
        <span className="end">
          <Live why={(list.data?.pages.length ?? 0) > 1 ? "older ones are shown" : undefined} />
        </span>
      </div>
      <nav aria-label="States" className="delivery-states">
        {["", ...STATES].map((state) => {
          const params = new URLSearchParams(search);
          if (state) params.set("state", state);
          else params.delete("state");
          const count = state ? counts.data?.deliveries?.[state] : undefined;
          return (
            <Link key={state} href={`/deliveries${params.size > 0 ? `?${params}` : ""}`} aria-current={(filter.state ?? "") === state ? "page" : undefined}>
              {state === "dead" ? "dead letters" : state || "all"} {count !== undefined && <span className="muted">{count.toLocaleString("en")}</span>}
            </Link>
          );
        })}
      </nav>
      <section className="panel">
        <form role="search" aria-label="Filter deliveries" className="delivery-filters" onSubmit={(event) => event.preventDefault()}>
          <select className="input" aria-label="Kind" value={filter.kind ?? ""} onChange={(event) => put("kind", event.target.value)}>
            <option value="">Kind: any</option>
            {DELIVERY_KINDS.map((kind) => (
              <option key={kind}>{kind}</option>
            ))}
          </select>
          <input
            key={filter.target}
            className="input"
            type="search"
            placeholder="To (the whole address)"
            aria-label="Target"
            defaultValue={filter.target ?? ""}
            onBlur={(event) => event.target.value !== (filter.target ?? "") && put("target", event.target.value.trim())}
            onKeyDown={(event) => event.key === "Enter" && put("target", event.currentTarget.value.trim())}
          />
          {NAMES.some((name) => filter[name]) && (
            <button type="button" className="button quiet" onClick={() => setSearch({})}>
              Clear
            </button>
          )}
          {writes && found.length > 0 && ["dead", "bounced", "pending"].includes(filter.state ?? "") && (
            <Confirm label="Retry all of these" danger={false} title="Retry all that match?" action="Retry them" run={retries}>
              Every delivery that matches the filter ({Object.values(filter).join(", ")}) is attempted now, not only those on this page; 10,000 at most, oldest first.
            </Confirm>
          )}
        </form>
        {list.isPending ? (
          <Loading />
        ) : list.error ? (
          <Fault error={list.error} retry={() => void list.refetch()} />
        ) : (
          <DeliveryTable deliveries={found} empty={filter.state === "dead" ? "No dead letters: nothing was given up." : NAMES.some((name) => filter[name]) ? "No delivery matches." : "Nothing was sent yet. Replies, forwards and webhooks of flows appear here."} />
        )}
        {list.hasNextPage && (
          <div className="empty">
            <button className="button" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Show older
            </button>
          </div>
        )}
      </section>
    </div>
  );
}
