import { useQuery } from "@tanstack/react-query";
import { Fragment, useState } from "react";
import { Link, useLocation } from "wouter";
import type { Kind } from "../../api/kinds";
import { type Entity, object, screenOf } from "../../api/objects";
import { queues } from "../../api/queries";
import { useTitle } from "../../app/useTitle";
import { Editor } from "../../components/Editor/Editor";
import { Delete } from "../../components/ObjectPage/Delete";
import { Once } from "../../components/Once/Once";

interface Props {
  kind: Kind;
  id?: string | undefined;
  parent?: string | undefined;
}

/** Makes or changes an object of any kind. */
export default function ObjectEdit({ kind, id, parent }: Props) {
  const [, go] = useLocation();
  const [saved, setSaved] = useState<Entity>();
  const names = useQuery({ ...queues, enabled: kind.name === "queue" && id !== undefined });
  const what = id === undefined ? `New ${kind.one}` : `Edit the ${kind.one}`;
  useTitle(what);
  const edited = useQuery({ ...object(kind, id ?? "", parent), enabled: id !== undefined });
  const above = parent === undefined ? [{ name: kind.many, href: screenOf(kind) }] : [{ name: "Domains", href: "/domains" }, { name: parent, href: `/domains/${parent}` }];
  const name = edited.data?.value.name;
  if (id !== undefined && name) above.push({ name, href: screenOf(kind, parent, id) });
  const leave = (one: Entity) => go(screenOf(kind, parent, one.id));
  const secret = typeof saved?.secret === "string" ? saved.secret : undefined;
  return (
    <div className="page">
      <div className="page-head">
        {above.map((step) => (
          <Fragment key={step.href}>
            <Link href={step.href} className="muted">
              {step.name}
            </Link>
            <span className="muted" aria-hidden="true">
              /
            </span>
          </Fragment>
        ))}
        <h1>{what}</h1>
        {/* Its own screen is for its work. */}
        {kind.name === "queue" && id !== undefined && (
          <span className="end">
            <Delete kind={kind} id={id} name={names.data?.find((one) => one.id === id)?.name ?? id}>
              It can't be deleted while a flow or route names it.
            </Delete>
          </span>
        )}
      </div>
      <Editor
        kind={kind}
        id={id}
        parent={parent}
        onSaved={(one) => {
          if (typeof one.secret === "string") setSaved(one);
          else leave(one);
        }}
      />
      <Once secret={secret} of={saved?.name ?? ""} client={kind.name === "client" ? saved?.id : undefined} onClose={() => saved && leave(saved)} />
    </div>
  );
}
