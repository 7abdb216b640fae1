import { BaseEdge, EdgeLabelRenderer, type EdgeProps, getBezierPath } from "@xyflow/react";
import type { Change } from "../../graph/compare";
import { SIGNS } from "./cards";

const MOST = 20;

/** An edge with its condition. Whether it held is said in words as well as by colour. */
export function LabelledEdge({ id, sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition, markerEnd, data }: EdgeProps) {
  const [path] = getBezierPath({ sourceX, sourceY, targetX, targetY, sourcePosition, targetPosition });
  const { label, look, lane, change, before } = data as { label?: string; look: string; lane: number; change?: Change; before?: string };
  // Before the target: edges that leave one node have parted there.
  const [x, y] = [targetX - 20, targetY + lane * 20];
  const short = label && label.length > MOST ? `${label.slice(0, MOST - 1)}…` : label;
  return (
    <>
      <BaseEdge id={id} path={path} {...(markerEnd && { markerEnd })} />
      {short && (
        <EdgeLabelRenderer>
          <div className={["edge-label", look, change && `change-${change}`].filter(Boolean).join(" ")} title={before ? `${label}\nbefore: ${before}` : label} style={{ transform: `translate(-100%, -50%) translate(${x}px, ${y}px)` }}>
            {look === "refused" && <span className="verdict">no</span>}
            {(look === "lit" || look === "ahead") && <span className="verdict">yes</span>}
            {change && <span className="sign">{SIGNS[change]} </span>}
            {short}
          </div>
        </EdgeLabelRenderer>
      )}
    </>
  );
}
