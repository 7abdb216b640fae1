import { getViewportForBounds, type ReactFlowInstance } from "@xyflow/react";

export const FIT = { padding: 0.05, maxZoom: 1 };

/** Below this zoom nothing can be read: the node that is looked at, or the beginning, is shown instead of all. */
const LEGIBLE = 0.4;
const ZOOM = 0.62;
const MARGIN = 14;

/** Shows all of a graph if it can be read then, else a node, or what stands at its beginning. */
export async function begin(flow: ReactFlowInstance, focus: string | undefined, from = { x: 0, y: 0 }, fit = FIT) {
  if (legible(flow, fit)) return void (await flow.fitView(fit));
  // Not all of it first: thousands of nodes would be drawn for a moment.
  await flow.setViewport({ x: MARGIN - from.x * ZOOM, y: MARGIN - from.y * ZOOM, zoom: ZOOM });
  if (focus) show(flow, focus, 0);
}

/** Whether all of a graph can be read while all of it is shown. */
export function legible(flow: ReactFlowInstance, fit = FIT): boolean {
  const { width = 0, height = 0 } = document.querySelector(".canvas .react-flow")?.getBoundingClientRect() ?? {};
  return getViewportForBounds(flow.getNodesBounds(flow.getNodes()), width, height, 0.01, fit.maxZoom, fit.padding).zoom >= LEGIBLE;
}

/** Brings a node into view, if it is outside. */
export function show(flow: ReactFlowInstance, focus: string, duration: number) {
  const node = flow.getInternalNode(focus);
  const canvas = document.querySelector(".canvas .react-flow");
  if (!node || !canvas) return;
  const { x, y, zoom } = flow.getViewport();
  const { width, height } = canvas.getBoundingClientRect();
  const at = node.internals.positionAbsolute;
  const [left, top] = [at.x * zoom + x, at.y * zoom + y];
  const [right, bottom] = [left + (node.measured.width ?? 0) * zoom, top + (node.measured.height ?? 0) * zoom];
  if (left >= 0 && top >= 0 && right <= width && bottom <= height) return;
  void flow.setCenter(at.x + (node.measured.width ?? 0) / 2, at.y + (node.measured.height ?? 0) / 2, { zoom: Math.max(zoom, 0.6), duration });
}
