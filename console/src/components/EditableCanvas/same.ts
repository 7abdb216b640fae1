import { type Node, Position } from "@xyflow/react";
import { useLayoutEffect, useMemo, useRef } from "react";
import { equal } from "../../edit/value";
import type { ModelNode } from "../../graph/model";
import type { Point } from "../../graph/place";
import type { EditCardData } from "./EditCard";

/** What means the same as before is what was before: nothing is made anew from it. */
export function useSame<T>(value: T): T {
  const before = useRef(value);
  return useMemo(() => {
    if (!equal(before.current, value)) before.current = value;
    return before.current;
  }, [value]);
}

/** The list as it was if all its items are: thousands of them are not drawn again. */
export function useSameItems<T>(list: T[]): T[] {
  const before = useRef(list);
  return useMemo(() => {
    const was = before.current;
    if (list.length !== was.length || list.some((one, place) => one !== was[place])) before.current = list;
    return before.current;
  }, [list]);
}

/** Functions that stay the same while what they do changes. React Flow looks at all nodes again for each function that it is given anew. */
export function useSteady<T extends Record<string, (...words: never[]) => unknown>>(work: T): T {
  const now = useRef(work);
  useLayoutEffect(() => {
    now.current = work;
  });
  return useMemo(() => Object.fromEntries(Object.keys(now.current).map((name) => [name, (...words: never[]) => now.current[name]?.(...words)])) as T, []);
}

/** How large a handle is, as its style has it. */
const HANDLE = 11;

/** Where edges begin and end. It is told, because React Flow draws each node whose handles it has to measure, and waits with a fit until it has. */
const handlesOf = (width: number, height: number, end: boolean): NonNullable<Node["handles"]> => {
  const at = (x: number) => ({ x: x - HANDLE / 2, y: (height - HANDLE) / 2, width: HANDLE, height: HANDLE });
  return [{ type: "target", position: Position.Left, ...at(0) }, ...(end ? [] : [{ type: "source" as const, position: Position.Right, ...at(width) }])];
};

type State = Pick<EditCardData, "problems" | "current" | "target"> & { end: boolean };

/** A node as it is drawn; the one that was there before, if it is the same. */
export function cardOf(before: Node | undefined, id: string, { width, height }: { width: number; height: number }, written: ModelNode, position: Point, { problems, current, target, end }: State): Node {
  const was = before?.data as EditCardData | undefined;
  const same = before && was && before.width === width && before.height === height && before.position.x === position.x && before.position.y === position.y && was.id === written.id && was.title === written.title && was.problems === problems && was.current === current && was.target === target;
  if (same && (was.actions === written.actions || equal(was.actions, written.actions))) return before;
  const many = written.actions.length === 1 ? "1 action" : `${written.actions.length} actions`;
  const data: EditCardData = { id: written.id, title: written.title, actions: written.actions, problems, current, target };
  return { id, type: "edit", position, width, height, measured: { width, height }, handles: handlesOf(width, height, end), data, draggable: !end, selectable: !end, focusable: !end, ariaLabel: `${data.title}, ${many}${problems > 0 ? `, ${problems} problems` : ""}` };
}
