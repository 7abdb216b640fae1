import { useQuery } from "@tanstack/react-query";
import { Fragment, type ReactNode } from "react";
import { Link } from "wouter";
import { isGone } from "../../api/client";
import type { Kind } from "../../api/kinds";
import { type Entity, object, screenOf } from "../../api/objects";
import { SHAPES } from "../../api/shapes";
import { useMay } from "../../app/session";
import { useTitle } from "../../app/useTitle";
import { Facts } from "../Facts/Facts";
import { Fault, Loading } from "../Fault/Fault";
import { UsedBy } from "../UsedBy/UsedBy";
import { Delete } from "./Delete";

interface Props<T extends Entity> {
  kind: Kind;
  id: string;
  parent?: string;
  /** Where the object is, above its own list. */
  above?: { name: string; href: string }[];
  nameOf?: (one: T) => string;
  /** Beside the name. */
  badges?: (one: T) => ReactNode;
  /** What can be done with it, beside changing and deleting it. */
  actions?: (one: T) => ReactNode;
  /** Before the facts. */
  children?: (one: T) => ReactNode;
  /** After the facts. */
  after?: (one: T) => ReactNode;
  /** Members that are shown elsewhere. */
  leave?: string[];
  /** What becomes of what depends on it. */
  deleting: ReactNode;
}

/** One object: what it says, what uses it, and what can be done with it. */
export function ObjectPage<T extends Entity>(props: Props<T>) {
  const { kind, id, parent, above, nameOf = (one) => one.name ?? one.id, badges, actions, children, after, leave, deleting } = props;
  const found = useQuery(object(kind, id, parent));
  const writes = useMay(kind.write);
  useTitle(found.data ? nameOf(found.data.value as T) : kind.many);
  // What somebody deletes while it is shown is there no longer.
  if (found.error && (!found.data || isGone(found.error))) return <Fault error={found.error} retry={() => void found.refetch()} />;
  if (!found.data) return <Loading />;
  const one = found.data.value as T;
  const name = nameOf(one);
  const shape = SHAPES[kind.name];
  const list = screenOf(kind, parent);
  return (
    <div className="page">
      <div className="page-head">
        {(above ?? [{ name: kind.many, href: list }]).map((step) => (
          <Fragment key={step.href}>
            <Link href={step.href} className="muted">
              {step.name}
            </Link>
            <span className="muted" aria-hidden="true">
              /
            </span>
          </Fragment>
        ))}
        <h1>{name}</h1>
        {badges?.(one)}
        {writes && (
          <span className="end row">
            {actions?.(one)}
            <Link href={`${screenOf(kind, parent, id)}/edit`} className="button">
              Edit
            </Link>
            {one.builtIn !== true && (
              <Delete kind={kind} id={id} name={name} parent={parent} etag={found.data.etag}>
                {deleting}
              </Delete>
            )}
          </span>
        )}
      </div>
      {children?.(one)}
      {shape && (
        <section className="panel">
          <Facts entity={one} shape={shape} {...(leave && { leave })} />
        </section>
      )}
      {after?.(one)}
      {kind.usedBy && <UsedBy kind={kind} id={id} />}
    </div>
  );
}
