import { Handle, type NodeProps, Position } from "@xyflow/react";
import { Link } from "wouter";
import type { ActionLine } from "../../graph/model";
import { shownLines } from "./sheets";

export interface NodeCardData {
  sheet: string;
  id: string;
  title: string;
  actions: ActionLine[];
  look: "plain" | "lit" | "ahead" | "off";
  current: boolean;
  failed: boolean;
  /** The action of the step that is looked at. */
  action?: number;
}

export interface SheetData {
  name: string;
  version: number;
  href?: string;
}

export function NodeCard({ data }: NodeProps) {
  const { id, title, actions, look, current, failed, action } = data as unknown as NodeCardData;
  const { lines, more } = shownLines(actions);
  const end = id.startsWith(":");
  return (
    <div className={["card", look, current && "current", failed && "failed", end && "end"].filter(Boolean).join(" ")}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Handle type="target" id="called" position={Position.Top} isConnectable={false} />
      <div className="card-title">
        <span title={title === id ? undefined : `${title} (${id})`}>{title}</span>
      </div>
      {lines.length > 0 && (
        <ol>
          {lines.map((line, index) => (
            <li key={index} className={index === action ? "now" : undefined}>
              <b>{line.type}</b> {line.about}
            </li>
          ))}
          {more > 0 && <li className="more">{more} more</li>}
        </ol>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} />
      <Handle type="source" id="call" position={Position.Bottom} isConnectable={false} />
    </div>
  );
}

export function SheetCard({ data }: NodeProps) {
  const { name, version, href } = data as unknown as SheetData;
  return (
    <div className="sheet">
      <div className="sheet-title">
        {href ? <Link href={href}>{name}</Link> : name} <span>version {version}</span>
      </div>
    </div>
  );
}

export function DecisionCard({ data }: NodeProps) {
  const { title, bad } = data as unknown as { title: string; bad: boolean };
  return (
    <div className={bad ? "decision bad" : "decision"}>
      <span>Decision</span>
      <strong>{title}</strong>
    </div>
  );
}
