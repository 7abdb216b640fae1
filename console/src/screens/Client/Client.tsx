import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Link } from "wouter";
import { call } from "../../api/client";
import { KINDS } from "../../api/kinds";
import { editable, object, save } from "../../api/objects";
import { SHAPES } from "../../api/shapes";
import { useSession } from "../../app/session";
import { Badge } from "../../components/Badge/Badge";
import { Confirm } from "../../components/Confirm/Confirm";
import { ObjectPage } from "../../components/ObjectPage/ObjectPage";
import { Once } from "../../components/Once/Once";
import { toast } from "../../components/Toasts/toast";
import { type Client, ClientState } from "../Clients/Clients";

export default function ClientScreen({ id }: { id: string }) {
  const me = useSession().clientId === id;
  const client = useQueryClient();
  const [shown, show] = useState<Client>();
  const rotate = async () => show(await call<Client>(`/oauth/clients/${encodeURIComponent(id)}/secret`, { method: "POST", body: {} }));
  const put = async (state: string, name: string) => {
    const { value, etag } = await client.fetchQuery({ ...object(KINDS.client, id), staleTime: 0 });
    const shape = SHAPES.client;
    if (!shape) return;
    await save({ kind: KINDS.client, id, body: { ...editable(value, shape), state }, etag, note: "" });
    toast(`${name} is ${state === "active" ? "enabled" : "disabled"}`);
    await client.invalidateQueries();
  };
  return (
    <>
      <ObjectPage<Client>
        kind={KINDS.client}
        id={id}
        badges={(one) => (
          <>
            <ClientState state={one.state} /> {me && <Badge tone="accent">you</Badge>}
          </>
        )}
        actions={(one) => (
          <>
            {!one.person && (
              <Confirm label="Rotate secret" title={`Rotate the secret of ${one.name}?`} action="Rotate it" run={rotate}>
                The old secret, and the sessions that began with it, end immediately{me ? ": you are signed out" : ""}.
              </Confirm>
            )}
            {one.state === "active" ? (
              <Confirm label="Disable" title={`Disable ${one.name}?`} action="Disable it" run={() => put("inactive", one.name)}>
                Its tokens and sessions end, and it gets no others until it is enabled.{me && " This is the client that you are signed in with."}
              </Confirm>
            ) : (
              <button className="button" onClick={() => void put("active", one.name)}>
                Enable
              </button>
            )}
          </>
        )}
        deleting="Its tokens and secret stop working immediately."
      >
        {(one) => (
          <>
            {one.person && (
              <p className="page-line muted">
                <span>
                  A person: <code>{one.person.subject}</code> at <code>{one.person.issuer}</code>. Name and scopes come from there at each sign-in.
                </span>
              </p>
            )}
            <p className="page-line">
              <span className="muted">
                id <code>{one.id}</code>
              </span>
              <Link href={`/audit?actor=${encodeURIComponent(id)}`}>Its changes</Link>
            </p>
          </>
        )}
      </ObjectPage>
      <Once secret={shown?.secret ?? undefined} of={shown?.name ?? ""} client={id} onClose={() => show(undefined)} />
    </>
  );
}
