import { useQueryClient } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { useLocation } from "wouter";
import type { Kind } from "../../api/kinds";
import { remove, screenOf } from "../../api/objects";
import { Confirm } from "../Confirm/Confirm";
import { toast } from "../Toasts/toast";

interface Props {
  kind: Kind;
  id: string;
  name: string;
  parent?: string | undefined;
  etag?: string | undefined;
  /** What becomes of what depends on it. */
  children: ReactNode;
}

/** Deletes an object, once it is confirmed. What uses it is named where the server refuses. */
export function Delete({ kind, id, name, parent, etag, children }: Props) {
  const client = useQueryClient();
  const [, go] = useLocation();
  const run = async () => {
    await remove(kind, id, parent, etag);
    client.removeQueries({ queryKey: [kind.name, "one", parent ?? "", id] });
    void client.invalidateQueries();
    toast(`${name} deleted`);
    go(screenOf(kind, parent));
  };
  return (
    <Confirm label="Delete" title={`Delete the ${kind.one} ${name}?`} action="Delete it" run={run}>
      {children}
    </Confirm>
  );
}
