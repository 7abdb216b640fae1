import { useQuery, useQueryClient } from "@tanstack/react-query";
import { Link, useLocation } from "wouter";
import { ApiError } from "../../api/client";
import { deleteFlow, flowRevision } from "../../api/editing";
import { hrefOf } from "../../api/kinds";
import * as queries from "../../api/queries";
import { type User, usersOf } from "../../api/users";
import { Confirm } from "../../components/Confirm/Confirm";
import { Fault, Loading } from "../../components/Fault/Fault";
import { toast } from "../../components/Toasts/toast";

/** Deletes a flow, once it is confirmed: what leads to it or calls it is said first, and named where the server refuses. */
export function Delete({ id, name }: { id: string; name: string }) {
  const client = useQueryClient();
  const [, go] = useLocation();
  const run = async () => {
    const described = flowRevision(id);
    const { etag } = await client.ensureQueryData(described);
    try {
      await deleteFlow(id, etag);
    } catch (error) {
      // Whoever still wants to delete it knows by then that it was changed.
      if (error instanceof ApiError && error.status === 412) void client.invalidateQueries({ queryKey: described.queryKey });
      throw error;
    }
    void client.invalidateQueries();
    toast(`${name} deleted`);
    go("/flows");
  };
  return (
    <Confirm label="Delete" title={`Delete the flow ${name}?`} action="Delete it" run={run}>
      <Users id={id} />
      <p>This can't be undone. Its versions and the runs of its mail can still be read, and another flow can have its name.</p>
    </Confirm>
  );
}

function Users({ id }: { id: string }) {
  const graph = useQuery(queries.related(id, "usedby"));
  // What is deleted is what was looked at.
  useQuery(flowRevision(id));
  if (graph.error) return <Fault error={graph.error} />;
  if (!graph.data) return <Loading />;
  const all = usersOf(graph.data, id);
  const [users, perhaps] = [all.filter((one) => !one.perhaps), all.filter((one) => one.perhaps)];
  const withheld = graph.data.withheld ?? [];
  return (
    <>
      {users.length === 0 ? <p>Nothing uses it{withheld.length > 0 && `, as far as the scopes of this session show: it lacks ${withheld.join(", ")}`}.</p> : <p>It can't be deleted while something uses it:</p>}
      <List users={users} />
      {perhaps.length > 0 && <p>At run time these decide which flow they call, perhaps this one:</p>}
      <List users={perhaps} />
    </>
  );
}

function List({ users }: { users: User[] }) {
  if (users.length === 0) return null;
  return (
    <ul>
      {users.map(({ node: { id, kind, name } }) => {
        const href = hrefOf(kind, id, name);
        return (
          <li key={id}>
            {kind} {href ? <Link href={href}>{name}</Link> : name}
          </li>
        );
      })}
    </ul>
  );
}
