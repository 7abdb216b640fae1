import { infiniteQueryOptions, type QueryClient, queryOptions } from "@tanstack/react-query";
import { ApiError, call, query, request, type Schemas } from "./client";

export type Session = Schemas["Session"];
export type Interaction = Schemas["Interaction"];
export type Flow = Schemas["Flow"];
export type FlowVersion = Schemas["FlowVersion"];
export type Queue = Schemas["Queue"];
export type Run = Schemas["Run"];
export type RunTrace = Omit<Schemas["RunTrace"], "events"> & { events: TraceEvent[] };
/** The schema leaves the tag out where an event has a type of its own. */
export type TraceEvent =
  | Extract<Schemas["TraceEvent"], { event: string }>
  | ({ event: "effect" } & Schemas["TraceEffect"])
  | ({ event: "decision" } & Schemas["TraceDecision"])
  | { event: "lookup"; kind?: string; request?: unknown; tookMs?: number; answer?: unknown; failed?: string; withheld?: string };
export type Delivery = Schemas["Delivery"];
export type FlowDocument = Schemas["FlowDocument"];
export type Summary = Schemas["Summary"];
export type Overview = Schemas["Overview"];
export type Minute = Schemas["OverviewMinute"];
export type FlowHealth = Schemas["FlowHealth"];
export type WorldMap = Schemas["Map"];
export type MapNode = Schemas["MapNode"];

interface Page<T> {
  entities: T[];
  total?: number;
}

export const session = queryOptions({
  queryKey: ["session"],
  queryFn: async ({ signal }): Promise<Session | null> => {
    try {
      return await call<Session>("/console/sessions/me", { signal });
    } catch (error) {
      if (error instanceof ApiError && error.status === 401) return null;
      throw error;
    }
  },
  staleTime: Infinity,
});

/** A session that ended meanwhile: sign in, and go on at the same place. */
export const signedOut = (client: QueryClient, error: unknown) => {
  if (error instanceof ApiError && error.status === 401) client.setQueryData(session.queryKey, null);
};

/** What there is beside a client's secret. It changes with the server's configuration alone. */
export const signInWays = queryOptions({
  queryKey: ["sign-in-ways"],
  queryFn: ({ signal }) => call<Schemas["SignInWays"]>("/console/sign-in", { signal }),
  staleTime: Infinity,
  meta: { signsIn: true },
});

export interface InteractionFilter {
  state?: string;
  decision?: string;
  queue?: string;
  flowId?: string;
  from?: string;
  to?: string;
  subject?: string;
  messageId?: string;
  thread?: string;
  since?: string;
  until?: string;
}

export const interactions = (filter: InteractionFilter) =>
  infiniteQueryOptions({
    queryKey: ["interactions", filter],
    queryFn: ({ pageParam, signal }) =>
      call<Schemas["InteractionChunk"]>(`/interactions${query({ ...filter, pageSize: 50, cursor: pageParam })}`, { signal }),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });

export const interaction = (id: string) =>
  queryOptions({
    queryKey: ["interaction", id],
    queryFn: ({ signal }) => call<Interaction>(`/interactions/${id}`, { signal }),
  });

export const trace = (id: string, runs: number) =>
  queryOptions({
    queryKey: ["trace", id, runs],
    queryFn: ({ signal }) => call<Schemas["Trace"]>(`/interactions/${id}/trace`, { signal }),
  });

export const deliveries = (interactionId: string) =>
  queryOptions({
    queryKey: ["deliveries", interactionId],
    queryFn: ({ signal }) => call<Schemas["DeliveryChunk"]>(`/deliveries${query({ interactionId, pageSize: 500 })}`, { signal }),
  });

export const mail = (id: string) =>
  queryOptions({
    queryKey: ["mail", id],
    queryFn: ({ signal }) => call<Schemas["EmailMessage"]>(`/conversations/emails/${id}/messages/${id}`, { signal }),
    staleTime: Infinity,
  });

export const attachments = (id: string) =>
  queryOptions({
    queryKey: ["attachments", id],
    queryFn: ({ signal }) => call<Schemas["Attachments"]>(`/interactions/${id}/attachments`, { signal }),
    staleTime: Infinity,
  });

/** The message's header fields as they were received. The body, however large, is not read. */
export const headers = (id: string) =>
  queryOptions({
    queryKey: ["headers", id],
    queryFn: async ({ signal }) => {
      const stop = new AbortController();
      signal.addEventListener("abort", () => stop.abort());
      const response = await request(`/interactions/${id}/message`, { signal: stop.signal });
      return await headOf(response, () => stop.abort());
    },
    staleTime: Infinity,
  });

const MOST_HEAD = 256 * 1024;

async function headOf(response: Response, stop: () => void): Promise<string> {
  const reader = response.body?.getReader();
  // Octets that are no UTF-8 are shown as replacement characters.
  const decoder = new TextDecoder();
  let text = "";
  while (reader && text.length < MOST_HEAD) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    const end = /\r?\n\r?\n/.exec(text);
    if (end) {
      stop();
      return text.slice(0, end.index);
    }
  }
  stop();
  return text.slice(0, MOST_HEAD);
}

export const flows = queryOptions({
  queryKey: ["flows"],
  queryFn: ({ signal }) => all<Flow>("/flows", signal),
});

export const flow = (id: string) =>
  queryOptions({ queryKey: ["flow", id], queryFn: ({ signal }) => call<Flow>(`/flows/${id}?deleted=true`, { signal }) });

export const versions = (id: string) =>
  queryOptions({
    queryKey: ["versions", id],
    queryFn: ({ signal }) => all<FlowVersion>(`/flows/${id}/versions`, signal, { deleted: "true" }),
  });

export const flowDocument = (id: string, version: number) =>
  queryOptions({
    queryKey: ["document", id, version],
    queryFn: ({ signal }) => call<FlowDocument>(`/flows/${id}/versions/${version}/configuration?deleted=true`, { signal }),
    // A version never changes.
    staleTime: Infinity,
  });

export const flowDiff = (id: string, from: number, to: number) =>
  queryOptions({
    queryKey: ["diff", id, from, to],
    queryFn: ({ signal }) => call<Schemas["FlowDiff"]>(`/flows/${id}/diff${query({ from, to })}`, { signal }),
    staleTime: Infinity,
  });

export const related = (id: string, which: "uses" | "usedby") =>
  queryOptions({
    queryKey: [which, id],
    queryFn: ({ signal }) => call<Schemas["Graph"]>(`/flows/${id}/${which}`, { signal }),
  });

/** All that a flow uses, and what that uses. */
export const usesInAll = (id: string) =>
  queryOptions({
    queryKey: ["uses", id, "transitive"],
    queryFn: ({ signal }) => call<Schemas["Graph"]>(`/flows/${id}/uses?transitive=true`, { signal }),
  });

export const queues = queryOptions({
  queryKey: ["queues"],
  queryFn: ({ signal }) => all<Queue>("/routing/queues", signal),
});

export const summary = queryOptions({
  queryKey: ["summary"],
  queryFn: ({ signal }) => call<Summary>("/interactions/summary", { signal }),
});

export const overview = (minutes: number) =>
  queryOptions({
    queryKey: ["overview", minutes],
    queryFn: ({ signal }) => call<Overview>(`/overview${query({ minutes })}`, { signal }),
    placeholderData: (before) => before,
  });

export const flowHealth = queryOptions({
  queryKey: ["flowHealth"],
  queryFn: ({ signal }) => all<FlowHealth>("/flows/health", signal),
});

export const map = queryOptions({
  queryKey: ["map"],
  queryFn: ({ signal }) => call<WorldMap>("/map", { signal }),
});

/** All pages of a list: there are not many flows and queues to a page of 500. */
export async function all<T>(path: string, signal: AbortSignal, parameters: Record<string, string> = {}): Promise<T[]> {
  const found: T[] = [];
  for (let pageNumber = 1; ; pageNumber++) {
    const page = await call<Page<T>>(`${path}${query({ ...parameters, pageSize: 500, pageNumber })}`, { signal });
    found.push(...page.entities);
    if (page.entities.length < 500) return found;
  }
}
