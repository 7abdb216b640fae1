import type { TraceEvent } from "../api/queries";
import { expression } from "../graph/model";
import { versionWords } from "./read";

/** An event in words. */
export interface Told {
  /** What happened. */
  title: string;
  /** More of it: an expression, a value. */
  detail?: string;
  tone: "flow" | "node" | "action" | "plain" | "branch" | "good" | "bad";
}

export function describe(event: TraceEvent): Told {
  switch (event.event) {
    case "automatic":
      return { title: "written by a machine", detail: event.reason, tone: "plain" };
    case "kind":
      return { title: `kind of mail: ${event.kind}`, detail: event.reason, tone: "plain" };
    case "unread":
      return { title: "not read in full", detail: event.what, tone: "bad" };
    case "found":
      return { title: `${event.what}: ${event.result}`, ...(event.reason && { detail: event.reason }), tone: "plain" };
    case "returned":
      return { title: "a reply, back to the earlier queue", detail: event.reason, tone: "plain" };
    case "input":
      return { title: `input ${event.name}`, detail: shown(event.value) || (event.source ? expression(event.source) : "its default"), tone: "plain" };
    case "flow":
      return { title: event.name, detail: versionWords(event.version), tone: "flow" };
    case "conditions":
      return { title: event.holds ? "conditions hold" : "conditions do not hold", ...when(event.when), tone: event.holds ? "plain" : "bad" };
    case "node":
      return { title: event.id, tone: "node" };
    case "action":
      return { title: event.name || event.type, ...(event.name && { detail: event.type }), tone: "action" };
    case "set":
      return { title: `${event.name} =`, detail: shown(event.value), tone: "plain" };
    case "log":
      return { title: `log ${event.level}`, detail: shown(event.message), tone: "plain" };
    case "effect":
      return { title: `will send a ${event.kind}`, detail: [listed(event.to), event.webhook, shown(event.subject)].filter(Boolean).join(" · "), tone: "plain" };
    case "effectsDropped":
      return { title: `nothing is sent: ${event.count} dropped`, tone: "bad" };
    case "turn":
      return { title: `turn ${event.number + 1}`, tone: "plain" };
    case "loopEnd":
      return { title: `loop over after ${event.turns} turns`, tone: "plain" };
    case "lookup": {
      const { kind, request, answer, failed, withheld, tookMs } = event;
      const answered = withheld ? `withheld: needs ${withheld}` : failed ? failed : shown(answer);
      const title = tookMs == null ? (kind ?? "lookup") : `${kind}, ${duration(tookMs)}`;
      return { title, detail: [shown(request), answered].filter(Boolean).join(" → "), tone: failed ? "bad" : "plain" };
    }
    case "notFound":
      return { title: "not found", detail: `on to ${event.to}`, tone: "branch" };
    case "failure":
      return { title: "the call failed", detail: `on to ${event.to}`, tone: "branch" };
    case "timedOut":
      return { title: "no answer in time", detail: `on to ${event.to}`, tone: "branch" };
    case "branch":
      return event.to == null
        ? { title: "no branch holds: the flow ends", ...when(event.failed?.at(-1)), tone: "branch" }
        : { title: `→ ${event.to}`, detail: event.when ? expression(event.when) : "otherwise", tone: "branch" };
    case "leave":
      return { title: "back to the caller", tone: "plain" };
    case "output":
      return { title: `${event.name} =`, detail: event.withheld ? `withheld: needs ${event.withheld}` : shown(event.value) || expression(event.source), tone: "plain" };
    case "transfer":
      return { title: "goes on in another flow", tone: "branch" };
    case "error":
      return { title: event.error.code, detail: event.error.message, tone: "bad" };
    case "caught":
      return { title: `caught by the ${event.by}`, detail: `on to ${event.to}`, tone: "branch" };
    case "decision":
      return { title: decided(event), ...(event.error ? { detail: event.error.message } : {}), tone: event.error ? "bad" : "good" };
    default:
      return { title: (event as { event?: string }).event ?? "something this console does not know", tone: "plain" };
  }
}

function decided(event: Extract<TraceEvent, { event: "decision" }>): string {
  if (event.kind === "queue") return `queue ${event.queue?.name ?? ""}, priority ${event.priority}`;
  if (event.kind === "forward") return `forward to ${listed(event.addresses) || "nobody"}`;
  if (event.kind === "disconnect") return `disconnect${event.reason ? `: ${event.reason}` : ""}`;
  return event.kind;
}

/** A list as a trace shows it: of a long one there is an object that counts the rest. */
const listed = (list: unknown) => (Array.isArray(list) ? list.map((one) => shown(one)).join(", ") : "");

const when = (text: string | null | undefined) => (text ? { detail: expression(text) } : {});

/** A time that a run waited, from milliseconds. */
export const duration = (ms: number) => (ms < 1_000 ? `${ms} ms` : `${(ms / 1_000).toLocaleString("en", { maximumFractionDigits: 1 })} s`);

/** A value of a trace as text; empty where the trace keeps none. */
export function shown(value: unknown): string {
  if (value === undefined) return "";
  if (typeof value === "string") return value;
  if (value !== null && typeof value === "object" && "$clipped" in value) {
    const { $clipped, $length } = value as { $clipped: string; $length?: number };
    return `${$clipped}… (${$length?.toLocaleString("en") ?? "more"} characters)`;
  }
  return JSON.stringify(value);
}
