import { Link } from "wouter";
import { ApiError } from "../../api/client";
import { hrefOf } from "../../api/kinds";
import { Prose } from "../Form/Field";
import type { Problem } from "../Form/paths";
import { sentence } from "../Form/paths";
import "./Refusal.css";

/** Why the server did not do something: what stands in the way by name, and every problem. `leave` says which are told elsewhere. */
export function Refusal({ error, leave = () => false }: { error: Error; leave?: (problem: Problem) => boolean }) {
  const of = error instanceof ApiError ? error : undefined;
  const problems = of?.problems ?? [];
  const told = problems.filter((one) => !leave(one));
  // One problem says no more than the message: of it is told who stands in the way, and what helps.
  const alone = told.length === 1 && told[0]?.message === error.message;
  const listed = once(told).filter((one) => !alone || beyond(one) || user(one));
  // Who uses it is listed below, with links.
  const said = listed.length > 0 && listed.every(user) ? error.message.replace(/ is in use by .*$/s, " is in use:") : error.message;
  return (
    <div className="refusal" role="alert">
      <p>
        <strong>
          <Prose text={problems.length > told.length && told.length === 0 ? `Not saved: ${problems.length === 1 ? "1 problem, shown at its field" : `${problems.length} problems, shown at their fields`}.` : said} />
        </strong>
      </p>
      {listed.length > 0 && (
        <ul>
          {listed.map((one, place) => (
            <li key={place}>
              <Stands problem={one} /> <Prose text={alone ? beyond(one) : user(one) ? sentence(one).replace(/^(the )?\w+ `[^`]*` /, "") : sentence(one)} />
              {one.path && !user(one) && <code className="muted"> {one.path}</code>}
            </li>
          ))}
        </ul>
      )}
      {of?.contextId && of.status >= 500 && (
        <p className="muted">
          request <code>{of.contextId}</code>
        </p>
      )}
    </div>
  );
}

/** What a problem says beyond its message. */
function beyond(problem: Problem): string {
  return sentence(problem).slice(problem.message.length).replace(/^; /, "");
}

/** Whoever uses a thing in several places stands in the way once. */
function once(problems: Problem[]): Problem[] {
  const key = (one: Problem) => (user(one) ? `${user(one)?.id} ${sentence(one)}` : undefined);
  return problems.filter((one, place) => key(one) === undefined || problems.findIndex((other) => key(other) === key(one)) === place);
}

function user(problem: Problem): { kind: string; id: string; name: string } | undefined {
  if (problem.entityId && problem.entityKind) return { kind: problem.entityKind, id: problem.entityId, name: problem.entityName ?? problem.entityId };
  return problem.flowId ? { kind: "flow", id: problem.flowId, name: problem.flowName ?? problem.flowId } : undefined;
}

/** What stands in the way, as a link to it. */
function Stands({ problem }: { problem: Problem }) {
  const found = user(problem);
  if (!found) return null;
  const href = hrefOf(found.kind, found.id, found.name);
  return (
    <>
      {found.kind} {href ? <Link href={href}>{found.name}</Link> : found.name}
    </>
  );
}
