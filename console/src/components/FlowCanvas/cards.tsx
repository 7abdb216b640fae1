import { Handle, type NodeProps, Position } from "@xyflow/react";
import { Link } from "wouter";
import type { Change } from "../../graph/compare";
import type { ActionLine } from "../../graph/model";
import { duration } from "../../run/describe";
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
  action?: string;
  /** How often the run entered it, if more than once. */
  times?: number;
  /** How long the run waited there, in milliseconds, if it did. */
  waited?: number;
  /** What became of it between two versions, and of its lines by their paths. */
  change?: Change;
  lines?: Map<string, Change>;
}

/** Changes are told by a sign as well as by colour. */
export const SIGNS: Record<Change, string> = { added: "+", removed: "−", changed: "~", moved: "↕" };

export interface SheetData {
  name: string;
  /** Which version it is, in words. */
  version: string;
  href?: string;
}

export function NodeCard({ data }: NodeProps) {
  const { id, title, actions, look, current, failed, action, times, waited, change, lines: changes } = data as unknown as NodeCardData;
  const { lines, more } = shownLines(actions);
  const end = id.startsWith(":");
  return (
    <div className={["card", look, current && "current", failed && "failed", end && "end", change && `change-${change}`].filter(Boolean).join(" ")}>
      <Handle type="target" position={Position.Left} isConnectable={false} />
      <Handle type="target" id="called" position={Position.Top} isConnectable={false} />
      <div className="card-title">
        <span title={title === id ? undefined : `${title} (${id})`}>{title}</span>
        {times !== undefined && <em title={`entered ${times} times`}>×{times}</em>}
        {waited !== undefined && <em title="waited for answers from elsewhere">{duration(waited)}</em>}
        {change && !end && (
          <em className="sign">
            {SIGNS[change]} {change}
          </em>
        )}
      </div>
      {lines.length > 0 && (
        <ol>
          {lines.map((line) => (
            <Line key={line.path} line={line} now={line.path === action} change={changes?.get(line.path)} />
          ))}
          {more > 0 && <li className="more">{more} more</li>}
        </ol>
      )}
      <Handle type="source" position={Position.Right} isConnectable={false} />
      <Handle type="source" id="call" position={Position.Bottom} isConnectable={false} />
    </div>
  );
}

function Line({ line, now, change }: { line: ActionLine; now: boolean; change: Change | undefined }) {
  return (
    <li className={[now && "now", change && `change-${change}`].filter(Boolean).join(" ") || undefined}>
      {change && <span className="sign">{SIGNS[change]} </span>}
      <b>{line.type}</b> {line.about}
    </li>
  );
}

export function SheetCard({ data }: NodeProps) {
  const { name, version, href } = data as unknown as SheetData;
  return (
    <div className="sheet">
      <div className="sheet-title">
        {href ? <Link href={href}>{name}</Link> : name} <span>{version}</span>
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
