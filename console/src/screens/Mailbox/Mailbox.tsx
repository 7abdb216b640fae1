import { useMutation } from "@tanstack/react-query";
import { call, type Schemas } from "../../api/client";
import { KINDS } from "../../api/kinds";
import { useMay } from "../../app/session";
import { Age } from "../../components/Age/Age";
import { Badge } from "../../components/Badge/Badge";
import { Fact } from "../../components/Facts/Facts";
import { Prose } from "../../components/Form/Field";
import { ObjectPage } from "../../components/ObjectPage/ObjectPage";
import { Refusal } from "../../components/Refusal/Refusal";
import { Authorise } from "./Authorise";
import { SetAside } from "./SetAside";
import { Health, type Mailbox } from "../Mailboxes/Mailboxes";

export default function MailboxScreen({ id }: { id: string }) {
  return (
    <ObjectPage<Mailbox>
      kind={KINDS.mailbox}
      id={id}
      leave={["health"]}
      badges={(one) => <Health health={one.health} />}
      deleting="Its mail stays where it is. What was taken from it stays here."
    >
      {(one) => (
        <>
          {one.health && <HealthFacts health={one.health} />}
          {(one.health?.setAside ?? 0) > 0 && <SetAside id={id} />}
          {takesCode(one) && <Authorise id={id} />}
          <Tried id={id} />
        </>
      )}
    </ObjectPage>
  );
}

/** Whether a person gives access by a code: to the mailbox, or to its submission server. */
const takesCode = ({ auth, submission }: Mailbox) => [auth, submission?.auth].some((one) => one?.oauth?.grant === "deviceCode");

function HealthFacts({ health }: { health: NonNullable<Mailbox["health"]> }) {
  const { lastLookAt, lastMailAt, lastError, lastErrorAt, failingSince, suggestion, setAside } = health;
  const when = (at: string | null | undefined) => (at ? <Age at={at} /> : <span className="muted">never</span>);
  return (
    <section className="panel">
      <header>
        <h2>Health</h2>
      </header>
      <dl className="facts">
        <Fact name="Last look">{when(lastLookAt)}</Fact>
        <Fact name="Last mail">{when(lastMailAt)}</Fact>
        {failingSince && <Fact name="Failing since">{when(failingSince)}</Fact>}
        {lastError && (
          <Fact name="Last error">
            {lastError} {lastErrorAt && <span className="muted">({when(lastErrorAt)})</span>}
          </Fact>
        )}
        {suggestion && <Fact name="What to do"><Prose text={suggestion} /></Fact>}
        <Fact name="Set aside">{setAside === 0 ? "none" : `${setAside}: too large, or the server can't give them. They stay where they are.`}</Fact>
      </dl>
    </section>
  );
}

function Tried({ id }: { id: string }) {
  const writes = useMay("routing:write");
  const trying = useMutation({ mutationFn: () => call<Schemas["MailboxTest"]>(`/mailboxes/${id}/test`, { method: "POST", body: {} }) });
  if (!writes) return null;
  return (
    <section className="panel">
      <header>
        <h2>Test</h2>
        <button className="button" disabled={trying.isPending} onClick={() => trying.mutate()}>
          {trying.isPending ? "Testing…" : "Test the mailbox"}
        </button>
      </header>
      {trying.error && <Refusal error={trying.error} />}
      {trying.data ? (
        <table className="table" role="status" aria-label="What the test found">
          <tbody>
            {trying.data.checks.map((one, place) => (
              <tr key={place}>
                <td>{one.check}</td>
                <td>
                  <Badge tone={one.ok ? "good" : "bad"}>{one.ok ? "ok" : "failed"}</Badge>
                </td>
                <td className="muted">
                  <Prose text={one.detail} />
                  {one.suggestion && (
                    <div>
                      <Prose text={one.suggestion} />
                    </div>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      ) : (
        !trying.error && <p className="empty">Name, connection, TLS, login and folders are tried. Nothing is changed there.</p>
      )}
    </section>
  );
}
