import { Fragment, useState } from "react";
import { Link, useLocation } from "wouter";
import type { Kind } from "../../api/kinds";
import { type Entity, screenOf } from "../../api/objects";
import { useTitle } from "../../app/useTitle";
import { Editor } from "../../components/Editor/Editor";
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
  const what = id === undefined ? `New ${kind.one}` : `Edit the ${kind.one}`;
  useTitle(what);
  const above = parent === undefined ? [{ name: kind.many, href: screenOf(kind) }] : [{ name: "Domains", href: "/domains" }, { name: parent, href: `/domains/${parent}` }];
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
      <Once secret={secret} of={saved?.name ?? ""} onClose={() => saved && leave(saved)} />
    </div>
  );
}
