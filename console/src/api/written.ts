import { ApiError, call, request } from "./client";

/** A flow's text as somebody wrote it, and the revision of it that a change is meant for. */
export interface Written {
  text: string;
  /** Absent as far as the server has none. */
  etag?: string;
  /** Whether the server is to get it although it says the same. */
  pending?: true;
  /** The version that it is of, where that is an older one: the first text of a newer version is made from it. */
  of?: number;
}

const path = (id: string, version: number | "newest") => `/flows/${id}/versions/${version}/text`;

/** The text of a version, with its comments; undefined if nobody has sent one. */
export async function loadText(id: string, version: number, signal?: AbortSignal): Promise<Written | undefined> {
  return (await load(path(id, version), signal))?.written;
}

/** The newest text of a version and those before it, and whose it is: programs that save a flow send none, and its comments are to stay. */
export async function loadNewestText(id: string, version: number, signal?: AbortSignal): Promise<{ version: number; written: Written } | undefined> {
  if (version < 1) return undefined;
  const found = await load(`${path(id, version)}?earlier=true`, signal);
  return found && { version: Number(/\/versions\/(\d+)\//.exec(found.place)?.[1] ?? version), written: found.written };
}

async function load(path: string, signal?: AbortSignal): Promise<{ written: Written; place: string } | undefined> {
  try {
    const response = await request(path, { signal });
    const etag = response.headers.get("etag");
    return { written: { text: await response.text(), ...(etag && { etag }) }, place: response.headers.get("content-location") ?? "" };
  } catch (error) {
    if (error instanceof ApiError && error.status === 404) return undefined;
    throw error;
  }
}

/**
 * Sends the text of the newest version, in the place of the one with this `ETag`, or as its first; answers its own. An older version gets none: nobody
 * who goes on with the newest would see it.
 */
export async function saveText(id: string, text: string, etag: string | undefined): Promise<Written> {
  const response = await request(path(id, "newest"), { method: "PUT", type: "application/yaml", body: text, ...(etag ? { ifMatch: etag } : { headers: { "if-none-match": "*" } }) });
  const made = response.headers.get("etag");
  return { text, ...(made && { etag: made }) };
}

/** Places by the ids of nodes. */
export type Positions = Readonly<Record<string, { x: number; y: number }>>;

/** Where a flow's nodes are drawn, as far as somebody put them somewhere. */
export const loadPositions = async (id: string, signal?: AbortSignal) => (await call<{ positions: Positions }>(`/flows/${id}/positions`, { signal })).positions;

/** What a request may have that outlasts its page, in characters. */
const OUTLASTS = 60_000;

/** Puts nodes somewhere, or forgets where they are. Others stay. */
export async function movePositions(id: string, positions: Readonly<Record<string, Positions[string] | null>>): Promise<void> {
  const body = JSON.stringify({ positions });
  await request(`/flows/${id}/positions`, { method: "PATCH", type: "application/json", body, keepalive: body.length < OUTLASTS });
}
