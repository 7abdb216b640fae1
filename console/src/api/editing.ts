import { queryOptions } from "@tanstack/react-query";
import { ApiError, call, query, request, type Schemas } from "./client";
import type { Flow, FlowDocument } from "./queries";

/** A flow to be edited: its newest version, and the revision that a change is meant for. */
export interface Editable {
  flow: Flow;
  etag: string;
  version: number;
  document: FlowDocument;
}

export async function loadFlow(id: string, signal?: AbortSignal): Promise<Editable> {
  const response = await request(`/flows/${id}`, { signal });
  const flow = (await response.json()) as Flow;
  const version = flow.savedVersion?.version ?? 0;
  const document = version > 0 ? await call<FlowDocument>(`/flows/${id}/versions/${version}/configuration`, { signal }) : ({ name: flow.name, type: flow.type, nodes: [] } as unknown as FlowDocument);
  return { flow, etag: response.headers.get("etag") ?? "", version, document };
}

export interface SavedDraft {
  etag: string;
  version: number;
  /** What was found in it, warnings among it. */
  problems: Schemas["Problem"][];
}

/** Keeps a document as a draft: nothing that runs changes. */
export async function saveDraft(id: string, document: unknown, etag: string): Promise<SavedDraft> {
  const response = await request(`/flows/${id}?draft=true`, { method: "PUT", body: document, ifMatch: etag });
  const flow = (await response.json()) as Flow;
  const version = flow.savedVersion?.version ?? 0;
  // The draft is kept, whether or not what was found in it can be read.
  const saved = await call<Schemas["FlowVersion"]>(`/flows/${id}/versions/${version}`).catch(() => undefined);
  return { etag: response.headers.get("etag") ?? "", version, problems: saved?.validation ?? [] };
}

export const createDraft = (document: unknown) => call<Flow>("/flows?draft=true", { method: "POST", body: document });

/** What a change set would do; nothing is done. What refuses it are problems, of the document or of its callers. */
export async function problemsOf(flows: Schemas["ChangeSetFlow"][], signal?: AbortSignal): Promise<Schemas["Problem"][]> {
  try {
    await call("/changesets", { method: "POST", body: { flows, dryRun: true }, signal });
    return [];
  } catch (error) {
    if (error instanceof ApiError && [400, 409].includes(error.status)) return error.problems;
    throw error;
  }
}

export const publish = (flows: Schemas["ChangeSetFlow"][], note: string) => call<Schemas["ChangeSetDone"]>("/changesets", { method: "POST", body: { flows, ...(note.trim() && { note: note.trim() }) } });

export const tryFlow = (id: string, message: string, document: unknown) => call<Schemas["Tried"]>(`/flows/${id}/try`, { method: "POST", body: { message, document } });

/** A recorded mail as it came in. */
export const rawMail = async (id: string) => await (await request(`/interactions/${id}/message`)).text();

export const startReplay = (flows: Schemas["ChangeSetFlow"][], count: number) => call<Schemas["Replay"]>("/replays", { method: "POST", body: { flows, count } });

export const replay = (id: string | undefined) =>
  queryOptions({
    queryKey: ["replay", id],
    queryFn: ({ signal }) => call<Schemas["Replay"]>(`/replays/${id}`, { signal }),
    enabled: id !== undefined,
    refetchInterval: ({ state }) => (state.data && ["done", "failed"].includes(state.data.state) ? false : 700),
  });

export const replayTraces = (id: string, interaction: string) =>
  queryOptions({
    queryKey: ["replay", id, interaction],
    queryFn: ({ signal }) => call<Schemas["ReplayTraces"]>(`/replays/${id}/changes/${interaction}`, { signal }),
    staleTime: Infinity,
  });

export const recentMail = (flowId: string | undefined) =>
  queryOptions({
    queryKey: ["recent-mail", flowId],
    queryFn: ({ signal }) => call<Schemas["InteractionChunk"]>(`/interactions${query({ flowId, pageSize: 50 })}`, { signal }),
  });
