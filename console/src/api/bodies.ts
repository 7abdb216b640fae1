/** A queue, a mailbox and the like, by name; without one it is gone. */
export interface Named {
  id: string;
  name?: string;
}

/** Decisions of a minute. */
export interface Minute {
  at: string;
  accepted: number;
  duplicates: number;
  decided: { queue: number; forward: number; disconnect: number; unrouted: number };
  /** Runs that ended with an error. */
  failed: number;
  /** Time from acceptance to decision, in milliseconds; absent where nothing was decided. */
  decision?: { p50Ms: number; p95Ms: number };
}

/** The answer of `/overview`. */
export interface Overview {
  since: string;
  until: string;
  series: Minute[];
  totals: Omit<Minute, "at">;
  byQueue: { queue: Named; total: number; decided: number[] }[];
  queues?: { queue: Named; waiting: number; oldestWaitingAt?: string; serviceLevel?: string; overServiceLevel?: number }[];
  undecided: { waiting: number; oldestAt?: string };
  unrouted: number;
  deliveries: Record<string, number>;
  mailboxes?: { mailbox: Named; status: string; alarm?: boolean; lastLookAt?: string; lastMailAt?: string; lastError?: string; failingSince?: string }[];
  withheld?: string[];
}

/** How a flow does, of `/flows/health`. */
export interface FlowHealth {
  id: string;
  /** Runs within the last day, and those of them that failed; absent without the scope `email:read`. */
  runs?: number;
  failed?: number;
  since?: string;
  lastChange?: { kind: string; version?: number; label?: string; at: string; by?: string; note?: string };
  draft?: boolean;
  publishedVersion?: number;
  savedVersion?: number;
}

/** An object on the map of everything. */
export interface MapNode {
  key: string;
  kind: string;
  id?: string;
  name: string;
  type?: string;
  version?: number;
  draft?: boolean;
  deprecated?: string;
}

/** The answer of `/map`: edges lead from what uses to what is used. */
export interface WorldMap {
  nodes: MapNode[];
  edges: { from: string; to: string; kind: string; version?: number; path?: string; selector?: string }[];
  withheld?: string[];
}
