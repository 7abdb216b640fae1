import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { call, type Schemas } from "../../api/client";
import { useMay } from "../../app/session";
import { Refusal } from "../../components/Refusal/Refusal";

type Asked = Schemas["MailboxAuthorisation"];

/** The OAuth device code grant (RFC 8628): a person types a code at the provider, and the server asks until that is done. */
export function Authorise({ id }: { id: string }) {
  const writes = useMay("routing:write");
  const client = useQueryClient();
  const ask = (body: Schemas["MailboxAuthorisationRequest"]) => call<Asked>(`/mailboxes/${id}/authorise`, { method: "POST", body });
  const code = useMutation({ mutationFn: () => ask({}) });
  const handle = code.data?.handle ?? undefined;
  const asked = useQuery({
    queryKey: ["authorise", id, handle],
    queryFn: async () => {
      const answer = await ask({ handle: handle ?? null });
      if (answer.status === "done") void client.invalidateQueries({ predicate: ({ queryKey }) => queryKey[0] !== "authorise" });
      return answer;
    },
    enabled: handle !== undefined,
    retry: false,
    // Asked sooner, a provider answers `slow_down`.
    refetchInterval: ({ state }) => (state.error || state.data?.status === "done" ? false : (state.data?.interval ?? code.data?.interval ?? 5) * 1_000),
  });
  if (!writes) return null;
  const done = asked.data?.status === "done";
  const error = code.error ?? asked.error;
  return (
    <section className="panel">
      <header>
        <h2>Access</h2>
        <button className="button" disabled={code.isPending || (handle !== undefined && !done && !error)} onClick={() => code.mutate()}>
          Authorise
        </button>
      </header>
      {error && <Refusal error={error} />}
      <div role="status">
        {done ? (
          <p className="empty">Access was given.</p>
        ) : code.data?.userCode && !error ? (
          <p className="empty">
            Open{" "}
            <a href={code.data.verificationUri ?? undefined} target="_blank" rel="noreferrer">
              {code.data.verificationUri}
            </a>{" "}
            and type <code>{code.data.userCode}</code>.{code.data.expiresAt && ` The code expires at ${new Date(code.data.expiresAt).toLocaleTimeString()}.`}
          </p>
        ) : (
          !error && <p className="empty">A person gives access to the mailbox by a code that is typed at the provider.</p>
        )}
      </div>
    </section>
  );
}
