import { useInfiniteQuery, useMutation, useQueryClient } from "@tanstack/react-query";
import { call, query, type Schemas } from "../../api/client";
import { useMay } from "../../app/session";
import { Age } from "../../components/Age/Age";
import { Fault, Loading } from "../../components/Fault/Fault";
import { Refusal } from "../../components/Refusal/Refusal";

type Message = Schemas["SetAsideMessage"];

/** Messages that the mailbox keeps and Waypost does not try again by itself. */
export function SetAside({ id }: { id: string }) {
  const writes = useMay("routing:write");
  const client = useQueryClient();
  const list = useInfiniteQuery({
    queryKey: ["setaside", id],
    queryFn: ({ pageParam, signal }) => call<Schemas["SetAsideMessageChunk"]>(`/mailboxes/${id}/setaside${query({ cursor: pageParam })}`, { signal }),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
  const retrying = useMutation({
    mutationFn: (one?: Message) => call<Schemas["SetAsideRetry"]>(`/mailboxes/${id}/setaside/retry`, { method: "POST", body: one ? { folder: one.folder, uidValidity: one.uidValidity, uid: one.uid } : {} }),
    onSuccess: () => client.invalidateQueries(),
  });
  const found = list.data?.pages.flatMap((page) => page.entities) ?? [];
  return (
    <section className="panel">
      <header>
        <h2>Set aside</h2>
        {writes && found.length > 1 && (
          <button className="button" disabled={retrying.isPending} onClick={() => retrying.mutate(undefined)}>
            Retry all
          </button>
        )}
      </header>
      {retrying.error && <Refusal error={retrying.error} />}
      {list.isPending ? (
        <Loading />
      ) : list.error ? (
        <Fault error={list.error} retry={() => void list.refetch()} />
      ) : (
        <div className="scroll-x" tabIndex={0} role="group" aria-label="Messages set aside">
          <table className="table">
            <thead>
              <tr>
                <th>Folder</th>
                <th className="number">UID</th>
                <th>Reason</th>
                <th className="number">Since</th>
                {writes && (
                  <th>
                    <span className="visually-hidden">Actions</span>
                  </th>
                )}
              </tr>
            </thead>
            <tbody>
              {found.map((one) => (
                <tr key={`${one.folder} ${one.uidValidity} ${one.uid}`}>
                  <td>{one.folder}</td>
                  <td className="number">{one.uid}</td>
                  <td>{one.reason}</td>
                  <td className="number">
                    <Age at={one.date} />
                  </td>
                  {writes && (
                    <td>
                      <button className="button quiet" disabled={retrying.isPending} aria-label={`Retry UID ${one.uid} in ${one.folder}`} onClick={() => retrying.mutate(one)}>
                        Retry
                      </button>
                    </td>
                  )}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
      {list.hasNextPage && (
        <div className="empty">
          <button className="button" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show more
          </button>
        </div>
      )}
    </section>
  );
}
