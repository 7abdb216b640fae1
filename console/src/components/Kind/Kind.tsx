import { kindOf } from "../../api/kinds";
import "./Kind.css";

/** The picture of each kind of object. */
const ICONS: Record<string, string> = {
  domain: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M3 12h18 M12 3c3 3 3 15 0 18 M12 3c-3 3-3 15 0 18",
  mailbox: "M3 12l3-7h12l3 7v7H3z M3 12h5l2 3h4l2-3h5",
  route: "M4 6h9a4 4 0 0 1 0 8H9 M12 10l-4 4 4 4",
  flow: "M4 4h6v5H4z M14 15h6v5h-6z M7 9v8.5h7",
  queue: "M4 6h16 M4 12h16 M4 18h10",
  table: "M4 5h16v14H4z M4 10h16 M10 5v14",
  schedule: "M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z M12 7v5l3 2",
  dataAction: "M8 4L4 12l4 8 M16 4l4 8-4 8 M13 7l-2 10",
  webhook: "M7 7h7a5 5 0 0 1 0 10H4 M7 14l-3 3 3 3",
  secret: "M6 11h12v9H6z M8.5 11V8a3.5 3.5 0 0 1 7 0v3",
  skill: "M12 3l2.6 5.6 6.1.7-4.5 4.2 1.2 6-5.4-3-5.4 3 1.2-6L3.3 9.3l6.1-.7z",
  language: "M4 6h10 M9 4v2 M12 6c-1 4-4 7-8 8 M6 10c2 3 4 4 7 5 M13 20l4-10 4 10 M14.5 17h5",
};

export const kindName = (kind: string) => kindOf(kind)?.one ?? kind;
export const kindNames = (kind: string) => (kind === "flow" ? "Flows" : (kindOf(kind)?.many ?? kind));

/** The picture of a kind of object. What kind it is must be said beside it. */
export function Kind({ kind }: { kind: string }) {
  return (
    <svg className="kind" viewBox="0 0 24 24" width="14" height="14" aria-hidden="true">
      <path d={ICONS[kind] ?? "M5 5h14v14H5z"} />
    </svg>
  );
}
