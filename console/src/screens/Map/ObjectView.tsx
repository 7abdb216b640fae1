import { useEffect, useRef } from "react";
import { Link } from "wouter";
import { hrefOf } from "../../api/kinds";
import type { MapNode, WorldMap } from "../../api/queries";
import { Badge } from "../../components/Badge/Badge";
import { Kind, kindName } from "../../components/Kind/Kind";
import type { Reach, Related } from "../../graph/reach";

interface Props {
  map: WorldMap;
  object: MapNode;
  related: Related;
  /** Undefined for none. */
  onPick: (key: string | undefined) => void;
}

/** One object: what a change of it reaches, and what it uses. */
export function ObjectView({ map, object, related, onPick }: Props) {
  const title = useRef<HTMLHeadingElement>(null);
  useEffect(() => title.current?.focus({ preventScroll: true }), [object.key]);
  const screen = object.id ? hrefOf(object.kind, object.id, object.name) : undefined;
  return (
    <div className="map-object">
      <button className="button quiet" onClick={() => onPick(undefined)}>
        ‹ All objects
      </button>
      <h2 ref={title} tabIndex={-1}>
        <Kind kind={object.kind} /> {object.name}
      </h2>
      <p className="map-facts">
        <span className="muted">{kindName(object.kind)}</span>
        {object.version !== undefined && <span className="muted">version {object.version}</span>}
        {object.draft && <Badge tone="warn">draft</Badge>}
        {object.deprecated && <Badge tone="warn">deprecated: {object.deprecated}</Badge>}
        {screen && <Link href={screen}>Open</Link>}
      </p>
      <List title="A change reaches" look="impact" empty="Nothing uses it." map={map} reach={related.impact} direct={(other) => ways(map, other, object.key)} onPick={onPick} />
      <List title="It uses" look="uses" empty="It uses nothing." map={map} reach={related.uses} direct={(other) => ways(map, object.key, other)} onPick={onPick} />
    </div>
  );
}

/** By which actions one object uses another, in words. */
function ways(map: WorldMap, from: string, to: string): string {
  const kinds = map.edges.filter((edge) => edge.from === from && edge.to === to).map((edge) => edge.kind);
  const counted = [...new Set(kinds)].map((kind) => [kind, kinds.filter((one) => one === kind).length] as const);
  return counted.map(([kind, count]) => (count > 1 ? `${kind} ×${count}` : kind)).join(", ");
}

interface ListProps {
  title: string;
  look: "impact" | "uses";
  empty: string;
  map: WorldMap;
  reach: Reach;
  direct: (key: string) => string;
  onPick: (key: string) => void;
}

function List({ title, look, empty, map, reach, direct, onPick }: ListProps) {
  const found = map.nodes.filter((node) => reach.has(node.key)).sort((one, other) => (reach.get(one.key) ?? 0) - (reach.get(other.key) ?? 0));
  return (
    <section aria-label={title}>
      <h3>
        <span className={`map-mark ${look}`} aria-hidden="true" /> {title} <span className="muted">{found.length}</span>
      </h3>
      {found.length === 0 ? (
        <p className="muted map-note">{empty}</p>
      ) : (
        <ul className="map-list">
          {found.map((node) => {
            const steps = reach.get(node.key) ?? 1;
            return (
              <li key={node.key}>
                <button onClick={() => onPick(node.key)}>
                  <Kind kind={node.kind} /> <span className="object-name">{node.name}</span>
                  <span className="muted">{steps === 1 ? direct(node.key) : `in ${steps} steps`}</span>
                </button>
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
