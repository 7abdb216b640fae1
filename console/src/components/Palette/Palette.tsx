import { Dialog } from "@base-ui/react/dialog";
import { useQueries, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useLocation } from "wouter";
import { KINDS, type Kind } from "../../api/kinds";
import { type Entity, objects, screenOf } from "../../api/objects";
import { flows } from "../../api/queries";
import { allows } from "../../api/scopes";
import { useSession } from "../../app/session";
import "../Confirm/Confirm.css";
import "./Palette.css";

export interface Place {
  name: string;
  href: string;
  kind: string;
}

const MOST = 30;

/** Places whose names have all the words, those that begin with the text first. */
export function matching(places: Place[], text: string): Place[] {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  const named = (one: Place) => `${one.name} ${one.kind}`.toLowerCase();
  const found = places.filter((one) => words.every((word) => named(one).includes(word)));
  const rank = (one: Place) => (one.name.toLowerCase().startsWith(text.toLowerCase().trim()) ? 0 : 1);
  return found.sort((one, other) => rank(one) - rank(other)).slice(0, MOST);
}

/** Goes to a screen, or to any object, by its name. */
export default function Palette({ screens, onClose }: { screens: Place[]; onClose: () => void }) {
  const session = useSession();
  const [, go] = useLocation();
  const [text, setText] = useState("");
  const [at, setAt] = useState(0);
  // Routes are found below their domains.
  const kinds = (Object.values(KINDS) as Kind[]).filter((kind) => kind.name !== "route" && allows(session, kind.read));
  const lists = useQueries({ queries: kinds.map((kind) => ({ ...objects<Entity>(kind), staleTime: 30_000 })) });
  const allFlows = useQuery({ ...flows, enabled: allows(session, "flow:read"), staleTime: 30_000 });
  const places: Place[] = [
    ...screens,
    ...(allFlows.data ?? []).map((flow) => ({ name: flow.name, href: `/flows/${flow.id}`, kind: "flow" })),
    ...kinds.flatMap((kind, place) => (lists[place]?.data ?? []).map((one) => ({ name: one.name ?? one.id, href: screenOf(kind, undefined, one.id), kind: kind.one }))),
  ];
  const mail = /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(text.trim()) ? [{ name: text.trim(), href: `/interactions/${text.trim()}`, kind: "interaction" }] : [];
  const found = [...mail, ...matching(places, text)];
  const chosen = Math.min(at, found.length - 1);
  const follow = (place: Place | undefined) => {
    if (!place) return;
    onClose();
    go(place.href);
  };
  return (
    <Dialog.Root open onOpenChange={(open) => open || onClose()}>
      <Dialog.Portal>
        <Dialog.Backdrop className="dialog-backdrop" />
        <Dialog.Popup className="dialog palette">
          <Dialog.Title className="visually-hidden">Go to</Dialog.Title>
          <input
            className="palette-input"
            role="combobox"
            aria-label="Go to a screen or an object"
            aria-expanded="true"
            aria-controls="palette-list"
            aria-activedescendant={found[chosen] && `palette-${chosen}`}
            placeholder="Go to a screen, flow, queue, table…"
            autoFocus
            spellCheck={false}
            value={text}
            onChange={(event) => {
              setText(event.target.value);
              setAt(0);
            }}
            onKeyDown={(event) => {
              const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
              if (step) {
                event.preventDefault();
                const next = (chosen + step + found.length) % Math.max(1, found.length);
                setAt(next);
                document.getElementById(`palette-${next}`)?.scrollIntoView({ block: "nearest" });
              }
              if (event.key === "Enter") follow(found[chosen]);
            }}
          />
          <ul id="palette-list" role="listbox" aria-label="Places" className="palette-list">
            {found.map((place, index) => (
              <li
                key={place.href}
                id={`palette-${index}`}
                role="option"
                aria-selected={index === chosen}
                onMouseMove={() => setAt(index)}
                onClick={() => follow(place)}
              >
                <span>{place.name}</span> <span className="muted">{place.kind}</span>
              </li>
            ))}
          </ul>
          {found.length === 0 && <p className="muted palette-none">No match. Paste an interaction ID to open it.</p>}
        </Dialog.Popup>
      </Dialog.Portal>
    </Dialog.Root>
  );
}
