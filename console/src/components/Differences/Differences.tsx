import { Fragment, useEffect, useRef } from "react";
import { type Change, type Difference, placeOf } from "../../graph/compare";
import { expression } from "../../graph/model";
import "./Differences.css";

/** Differences of one node, or of the flow itself. */
export interface Group {
  /** Undefined for what belongs to the flow itself. */
  node: string | undefined;
  title: string;
  differences: Difference[];
}

/** Differences by the node that they are in, the flow's own first, in the order of the document. */
export function groupsOf(differences: Difference[], title: (node: string) => string): Group[] {
  const groups = new Map<string | undefined, Group>();
  for (const one of differences) {
    const node = placeOf(one)?.node;
    const group = groups.get(node) ?? { node, title: node === undefined ? "The flow itself" : title(node), differences: [] };
    group.differences.push(one);
    groups.set(node, group);
  }
  return [...groups.values()].sort((one, other) => Number(one.node !== undefined) - Number(other.node !== undefined));
}

interface Props {
  groups: Group[];
  /** The place of the group that is looked at. */
  picked: number | undefined;
  onPick: (group: number) => void;
}

const SIGNS: Record<string, string> = { added: "+", removed: "−", changed: "~", moved: "↕" };

/** What differs between two versions, member by member. */
export function Differences({ groups, picked, onPick }: Props) {
  const list = useRef<HTMLOListElement>(null);
  useEffect(() => {
    const here = picked === undefined ? undefined : list.current?.children[picked];
    if (!(here instanceof HTMLElement) || !list.current) return;
    const { scrollTop, clientHeight } = list.current;
    if (here.offsetTop < scrollTop || here.offsetTop + here.offsetHeight > scrollTop + clientHeight) list.current.scrollTop = here.offsetTop - 8;
  }, [picked]);
  return (
    <ol className="differences" ref={list}>
      {groups.map((group, place) => (
        <li key={group.node ?? ":flow"} className={place === picked ? "picked" : undefined}>
          <button aria-current={place === picked ? "true" : undefined} onClick={() => onPick(place)}>
            {group.title} {group.differences.length > 1 && <span className="muted">{group.differences.length}</span>}
          </button>
          <ul>
            {group.differences.map((one, index) => (
              <li key={index} className={`change-${one.change}`}>
                <span className="sign">
                  {SIGNS[one.change]} {one.change}
                </span>{" "}
                <code>{within(one, group.node)}</code>
                <Values before={one.before} after={one.after} change={one.change as Change} />
              </li>
            ))}
          </ul>
        </li>
      ))}
    </ol>
  );
}

const within = (difference: Difference, node: string | undefined) => (node === undefined ? difference.path : placeOf(difference)?.path || "the node");

function Values({ before, after, change }: { before: unknown; after: unknown; change: Change }) {
  if (change === "moved") return null;
  const [was, is] = [written(before), written(after)];
  const [start, end] = change === "changed" ? alike(was, is) : [0, 0];
  const marked = (text: string, Tag: "del" | "ins") => (
    <Tag>
      {change === "changed" ? (
        <>
          {text.slice(0, start)}
          <mark>{text.slice(start, text.length - end)}</mark>
          {text.slice(text.length - end)}
        </>
      ) : (
        text
      )}
    </Tag>
  );
  return (
    <div className="values-diff">
      {change !== "added" && was && marked(was, "del")}
      {change !== "removed" && is && marked(is, "ins")}
    </div>
  );
}

/** A value as people write it: an expression bare, members and items in lines. */
export function written(value: unknown): string {
  if (value === undefined || value === null) return "";
  if (typeof value !== "object") return typeof value === "string" ? expression(value) : String(value);
  const items = Array.isArray(value) ? value.map((item) => ["-", item] as const) : Object.entries(value).map(([name, member]) => [`${name}:`, member] as const);
  return items
    .map(([name, item]) => {
      const text = written(item);
      return item !== null && typeof item === "object" ? (name === "-" ? `- ${text.replaceAll("\n", "\n  ")}` : `${name}\n  ${text.replaceAll("\n", "\n  ")}`) : `${name} ${text}`;
    })
    .join("\n");
}

/** How many characters are the same at the start and at the end, whole words alone. */
export function alike(before: string, after: string): [number, number] {
  const shorter = Math.min(before.length, after.length);
  let start = 0;
  while (start < shorter && before[start] === after[start]) start++;
  const partly = (text: string, at: number) => at > 0 && at < text.length && /\w/.test(text[at - 1] ?? "") && /\w/.test(text[at] ?? "");
  while (partly(before, start) || partly(after, start)) start--;
  let end = 0;
  while (end < shorter - start && before.at(-1 - end) === after.at(-1 - end)) end++;
  while (end > 0 && (partly(before, before.length - end) || partly(after, after.length - end))) end--;
  return [start, end];
}

/** How many parts were added, removed and so on, in words. */
export function Tally({ differences }: { differences: Difference[] }) {
  const changes = ["added", "removed", "changed", "moved"];
  const counted = changes.map((change) => [change, differences.filter((one) => one.change === change).length] as const).filter(([, count]) => count > 0);
  return (
    <span className="tally">
      {counted.map(([change, count], place) => (
        <Fragment key={change}>
          {place > 0 && " "}
          <span className={`change-${change}`}>
            <span className="sign">{SIGNS[change]}</span> {count} {change}
          </span>
        </Fragment>
      ))}
    </span>
  );
}
