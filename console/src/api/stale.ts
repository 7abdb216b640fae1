import type { Query } from "@tanstack/react-query";
import type { ServerEvent } from "./events";

/** Says whether a query shows what changed. */
export type Affects = (key: readonly unknown[]) => boolean;

/** What never changes, or is no business of the stream's. */
const FIXED = new Set(["session", "document", "mail", "attachments", "headers", "picture"]);

/** Counts and lists that any interaction or delivery changes. */
const COUNTS = new Set(["interactions", "summary", "overview", "flowHealth"]);

/** Everything that is shown and can change. */
export const everything: Affects = ([first]) => !FIXED.has(String(first));

/** Which queries an event makes old; undefined for what this console does not know. */
export function affectedBy({ name, data }: ServerEvent): Affects | undefined {
  const named = (key: readonly unknown[], id: string | undefined) => id !== undefined && key.includes(id);
  const [subject] = name.split(".");
  switch (subject) {
    case "reset":
      return everything;
    case "interaction":
      return (key) => everything(key) && (COUNTS.has(String(key[0])) || key[0] === "queues" || key[0] === "deliveries" || named(key, data.interactionId));
    case "delivery":
      return (key) => everything(key) && (COUNTS.has(String(key[0])) || key[0] === "deliveries" || named(key, data.interactionId) || named(key, data.deliveryId));
    case "mailbox":
      return (key) => ["mailboxes", "mailbox", "overview"].includes(String(key[0]));
    case "object": {
      const kind = (data.kind ?? "").toLowerCase();
      // `table` is in `tables` and `tableRows`: what is asked too often is right, what is asked too seldom is not.
      const ofKind = (part: unknown) => typeof part === "string" && part.toLowerCase().startsWith(kind);
      const related = new Set(["map", "uses", "usedby", "versions", "diff", "audit"]);
      return (key) => everything(key) && (ofKind(key[0]) || related.has(String(key[0])) || named(key, data.objectId));
    }
    default:
      return undefined;
  }
}

/** Older pages stay as they are while they are read. */
export const isRead = (query: Pick<Query, "state">) => ((query.state.data as { pages?: unknown[] } | undefined)?.pages?.length ?? 0) > 1;
