/** The id of a graph's node that has the focus: a graph itself answers to the mouse alone. */
export function pressedNode(target: EventTarget): string | undefined {
  const node = target instanceof Element && target.matches(".react-flow__node") ? target : undefined;
  return node?.getAttribute("data-id") ?? undefined;
}
