import { useState } from "react";
import type { MapNode } from "../../api/queries";
import { Kind, kindName, kindNames } from "../../components/Kind/Kind";

interface Props {
  nodes: MapNode[];
  /** Kinds that are not shown. */
  hidden: Set<string>;
  onHide: (kinds: Set<string>) => void;
  onPick: (key: string) => void;
}

/** More are not listed: one searches. */
const MOST = 200;

/** All objects, to search and to choose from. */
export function ObjectList({ nodes, hidden, onHide, onPick }: Props) {
  const [text, setText] = useState("");
  const kinds = [...new Set(nodes.map((node) => node.kind))];
  const wanted = text.trim().toLowerCase();
  const found = nodes.filter((node) => !hidden.has(node.kind) && node.name.toLowerCase().includes(wanted)).sort((one, other) => one.name.localeCompare(other.name));
  const toggle = (kind: string) => {
    const after = new Set(hidden);
    if (!after.delete(kind)) after.add(kind);
    onHide(after);
  };
  return (
    <>
      <form
        role="search"
        className="map-search"
        onSubmit={(event) => {
          event.preventDefault();
          if (found[0] && wanted) onPick(found[0].key);
        }}
      >
        <input type="search" className="input" aria-label="Find an object" placeholder="Find an object" value={text} onChange={(event) => setText(event.target.value)} />
        <div role="group" aria-label="Kinds that are shown" className="map-kinds">
          {kinds.map((kind) => (
            <button key={kind} type="button" aria-pressed={!hidden.has(kind)} onClick={() => toggle(kind)}>
              <Kind kind={kind} /> {kindNames(kind)} <span className="muted">{nodes.filter((node) => node.kind === kind).length}</span>
            </button>
          ))}
        </div>
      </form>
      {found.length === 0 ? (
        <p className="empty">Nothing has that in its name.</p>
      ) : (
        <ul className="map-list">
          {found.slice(0, MOST).map((node) => (
            <li key={node.key}>
              <button onClick={() => onPick(node.key)}>
                <Kind kind={node.kind} /> <span className="object-name">{node.name}</span> <span className="muted">{kindName(node.kind)}</span>
              </button>
            </li>
          ))}
        </ul>
      )}
      {found.length > MOST && <p className="muted map-note">{(found.length - MOST).toLocaleString("en")} more: search for them.</p>}
    </>
  );
}
