import { Handle, type NodeProps, Position } from "@xyflow/react";
import type { ActionLine } from "../../graph/model";
import { shownLines } from "../FlowCanvas/sheets";

export interface EditCardData {
  id: string;
  title: string;
  actions: ActionLine[];
  problems: number;
  current: boolean;
  /** Something is being connected to it. */
  target: boolean;
  [more: string]: unknown;
}

/** A node that can be changed: it is dragged by its card, and connected from its right edge. */
export function EditCard({ data }: NodeProps) {
  const { id, title, actions, problems, current, target } = data as EditCardData;
  const { lines, more } = shownLines(actions);
  const end = id.startsWith(":");
  return (
    <div className={["card", "plain", current && "current", problems > 0 && "failed", end && "end", target && "target"].filter(Boolean).join(" ")}>
      <Handle type="target" position={Position.Left} isConnectable={!end} />
      <div className="card-title">
        <span title={title === id ? undefined : `${title} (${id})`}>{title}</span>
        {problems > 0 && <em className="late">{problems === 1 ? "1 problem" : `${problems} problems`}</em>}
      </div>
      {lines.length > 0 && (
        <ol>
          {lines.map((line) => (
            <li key={line.path}>
              <b>{line.type}</b> {line.about}
            </li>
          ))}
          {more > 0 && <li className="more">{more} more</li>}
        </ol>
      )}
      {!end && <Handle type="source" position={Position.Right} title="Drag to another node to lead there" />}
    </div>
  );
}
