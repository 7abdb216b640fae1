import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearch } from "wouter";
import { interactions } from "../../api/queries";
import { useTitle } from "../../app/useTitle";
import { Fault, Loading } from "../../components/Fault/Fault";
import { filterOf, Filters } from "../../components/Filters/Filters";
import { InteractionTable } from "../../components/InteractionTable/InteractionTable";
import { Live } from "../../components/Live/Live";

export default function Interactions() {
  useTitle("Interactions");
  const filter = filterOf(new URLSearchParams(useSearch()));
  const list = useInfiniteQuery({ ...interactions(filter), placeholderData: (before) => before });
  const older = (list.data?.pages.length ?? 0) > 1;
  const found = list.data?.pages.flatMap((page) => page.entities) ?? [];
  return (
    <div className="page">
      <div className="page-head">
        <h1>Interactions</h1>
        <span className="end">
          <Live why={older ? "older mail is shown" : undefined} />
        </span>
      </div>
      <section className="panel">
        <Filters />
        {list.isPending ? (
          <Loading />
        ) : list.error ? (
          <Fault error={list.error} retry={() => void list.refetch()} />
        ) : (
          <InteractionTable
            interactions={found}
            empty={Object.keys(filter).length > 0 ? "No interaction matches." : <>No mail yet. Send one with <code>waypost mail send</code>, and it appears here.</>}
          />
        )}
        {list.hasNextPage && (
          <div className="empty">
            <button className="button" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              {list.isFetchingNextPage ? "Loading…" : "Show older"}
            </button>
          </div>
        )}
      </section>
    </div>
  );
}
