import { queryOptions } from "@tanstack/react-query";
import { ApiError, bodyOf, call, query, request, type Schemas, unlessGone } from "./client";
import type { Flow, FlowDocument } from "./queries";
import { loadNewestText, loadPositions, type Positions, type Written } from "./written";

/** A flow to be edited: its newest version, and the revision that a change is meant for. */
export interface Editable {
  flow: Flow;
  etag: string;
  version: number;
  document: FlowDocument;
  /** Its text, as far as somebody wrote one. */
  written?: Written;
  /** Else the text of the newest version before it that has one. */
  earlier?: string;
  /** Where the server has its nodes. */
  places?: Positions;
}

/** Members that are the flow's own, whatever its versions say. */
export const ownOf = ({ flow, document }: Editable) => ({ name: flow.name, type: flow.type, description: flow.description, deprecated: (document as { deprecated?: unknown }).deprecated });

export const loadDocument = (id: string, version: number, signal?: AbortSignal) => call<FlowDocument>(`/flows/${id}/versions/${version}/configuration`, { signal });

export async function loadFlow(id: string, signal?: AbortSignal): Promise<Editable> {
  const response = await request(`/flows/${id}`, { signal });
  const flow = (await bodyOf(response)) as Flow;
  return await loadVersion({ flow, etag: response.headers.get("etag") ?? "" }, flow.savedVersion?.version ?? 0, signal);
}

/** A version of a flow; 0 is a flow that was never saved. */
async function loadVersion({ flow, etag }: Pick<Editable, "flow" | "etag">, version: number, signal?: AbortSignal): Promise<Editable> {
  const document = version > 0 ? await loadDocument(flow.id, version, signal) : ({ name: flow.name, type: flow.type, nodes: [] } as unknown as FlowDocument);
  return { flow, etag, version, document };
}

/** The same, with what people have written into the text of its newest version, and where they have put its nodes. */
export async function loadWritten(id: string, signal?: AbortSignal): Promise<Editable> {
  const [from, places] = await Promise.all([loadFlow(id, signal), loadPositions(id, signal)]);
  return { ...(await withText(from, signal)), places };
}

/** Another version of a flow, with what people have written into its text. */
export const loadAnother = async (from: Editable, version: number): Promise<Editable> => withText(await loadVersion(from, version));

async function withText(from: Editable, signal?: AbortSignal): Promise<Editable> {
  const newest = await loadNewestText(from.flow.id, from.version, signal);
  if (!newest) return from;
  return { ...from, ...(newest.version === from.version ? { written: newest.written } : { earlier: newest.written.text }) };
}

/** What a flow is called, and the revision that a change of it is meant for. */
export async function loadDescription(id: string, signal?: AbortSignal): Promise<{ flow: Flow; etag: string }> {
  const response = await request(`/flows/${id}`, { signal });
  return { flow: (await bodyOf(response)) as Flow, etag: response.headers.get("etag") ?? "" };
}

/** The same, as long as it is shown: what others do is seen. */
export const flowRevision = (id: string) => queryOptions({ queryKey: ["flow", id, "revision"], queryFn: ({ signal }) => loadDescription(id, signal) });

/** Gives a flow another name and description: no version is made, and callers, who hold its id, go on. */
export const describe = (id: string, body: { name: string; description: string }, etag: string, note: string) => call<Flow>(`/flows/${id}${query({ note: note.trim() })}`, { method: "PUT", body, ifMatch: etag });

/** A document as requests have it. Only files of a folder need `kind`, which says that they are flows. */
function plain<T>(document: T): T {
  if (typeof document !== "object" || document === null || !("kind" in document)) return document;
  const { kind: _, ...rest } = document;
  return rest as T;
}

export interface SavedDraft {
  etag: string;
  version: number;
  /** What was found in it, warnings among it. */
  problems: Schemas["Problem"][];
}

/** Keeps a document as a draft: nothing that runs changes. */
export async function saveDraft(id: string, document: unknown, etag: string): Promise<SavedDraft> {
  const response = await request(`/flows/${id}?draft=true`, { method: "PUT", body: plain(document), ifMatch: etag });
  const flow = (await bodyOf(response)) as Flow;
  const { version = 0, validation = [] } = flow.savedVersion ?? {};
  return { etag: response.headers.get("etag") ?? "", version, problems: validation };
}

/** Deletes a flow that nothing uses. */
export async function deleteFlow(id: string, etag: string): Promise<void> {
  await call(`/flows/${id}`, { method: "DELETE", ifMatch: etag }).catch(unlessGone);
}

export const createDraft = (document: unknown) => call<Flow>("/flows?draft=true", { method: "POST", body: document });

/** What a change set would do; nothing is done. What refuses it are problems, of the document or of its callers. */
export async function problemsOf(flows: Schemas["ChangeSetFlow"][], signal?: AbortSignal): Promise<Schemas["Problem"][]> {
  try {
    await call("/changesets", { method: "POST", body: { flows: flows.map((one) => ({ ...one, ...(one.document !== undefined && { document: plain(one.document) }) })), dryRun: true }, signal });
    return [];
  } catch (error) {
    if (error instanceof ApiError && [400, 409].includes(error.status)) return error.problems;
    throw error;
  }
}

export const publish = (flows: Schemas["ChangeSetFlow"][], note: string) => call<Schemas["ChangeSetDone"]>("/changesets", { method: "POST", body: { flows, ...(note.trim() && { note: note.trim() }) } });

export interface Attempt {
  message: string | Uint8Array;
  document: unknown;
  /** What data actions answer. */
  answers: Schemas["GivenAnswer"][];
  /** When the mail counts as accepted: now unless told. */
  receivedAt?: string;
}

/** Tries a document on a mail. */
export const tryFlow = (id: string, { message, document, answers, receivedAt }: Attempt, signal?: AbortSignal) =>
  call<Schemas["Tried"]>(`/flows/${id}/try`, {
    method: "POST",
    body: { ...(typeof message === "string" ? { message: message.replace(/\r?\n/g, "\r\n") } : { messageBase64: base64(message) }), document: plain(document), ...(answers.length > 0 && { answers }), ...(receivedAt && { receivedAt }) },
    signal,
  });

/** A recorded mail as it came in: its bytes, which need not be UTF-8. */
export const rawMail = async (id: string) => new Uint8Array(await (await request(`/interactions/${id}/message`)).arrayBuffer());

function base64(bytes: Uint8Array): string {
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x2000) text += String.fromCharCode(...bytes.subarray(at, at + 0x2000));
  return btoa(text);
}

export const startReplay = (flows: Schemas["ChangeSetFlow"][], count: number) => call<Schemas["Replay"]>("/replays", { method: "POST", body: { flows, count } });

/** A mail that the flows would decide differently; the server stops its search when the request is given up. */
export const findWitness = (flows: Schemas["ChangeSetFlow"][], seconds: number, signal: AbortSignal) => call<Schemas["WitnessSearch"]>("/changesets/witness", { method: "POST", body: { flows, seconds }, signal });

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
