import type { components } from "./schema";

export type Schemas = components["schemas"];

const BASE = "/api/v2";

/** A refusal, or no answer at all (status 0). */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly contextId: string | undefined,
    /** After how many seconds it may be tried again, if the server says so. */
    readonly retryAfter: number | undefined,
    /** Every problem, of a refusal that has some. */
    readonly problems: Schemas["Problem"][] = [],
  ) {
    super(message);
  }
}

export interface CallOptions {
  method?: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  body?: unknown;
  /** The media type of a body that is sent as it is; without one the body is JSON. */
  type?: string;
  /** The `ETag` that a change is meant for. */
  ifMatch?: string | undefined;
  signal?: AbortSignal | undefined;
  /** An `Idempotency-Key`. */
  key?: string;
  headers?: Record<string, string>;
  /** Whether it outlasts the page. */
  keepalive?: boolean;
}

/** The answer itself, for what is not JSON. */
export async function request(path: string, options: CallOptions = {}): Promise<Response> {
  const { method = "GET", body, type, ifMatch, signal, key } = options;
  // A session's cookie counts beside this header only, and no other site can make a browser send it.
  const headers: Record<string, string> = { ...options.headers, "waypost-console": "1" };
  if (body !== undefined) headers["content-type"] = type ?? "application/json";
  if (ifMatch) headers["if-match"] = ifMatch;
  if (key) headers["idempotency-key"] = key;
  const init: RequestInit = { method, headers, credentials: "same-origin" };
  if (body !== undefined) init.body = type ? (body as BodyInit) : JSON.stringify(body);
  if (signal) init.signal = signal;
  if (options.keepalive) init.keepalive = true;
  let response: Response;
  try {
    response = await fetch(BASE + path, init);
  } catch (error) {
    if (signal?.aborted) throw error;
    throw unanswered();
  }
  if (response.ok) return response;
  throw await refusal(response);
}

export async function call<T>(path: string, options: CallOptions = {}): Promise<T> {
  const response = await request(path, options);
  return (response.status === 204 ? undefined : await bodyOf(response)) as T;
}

const unanswered = () => new ApiError(0, "no.answer", "The server does not answer.", undefined, undefined);

/** The JSON of an answer. One that was cut is none: what was asked for may be done, or not. */
export async function bodyOf(response: Response): Promise<unknown> {
  const text = await response.text().catch((error: unknown) => {
    throw error instanceof DOMException && error.name === "AbortError" ? error : unanswered();
  });
  return JSON.parse(text);
}

async function refusal(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => ({}))) as Partial<Schemas["ErrorBody"]>;
  const retryAfter = Number(response.headers.get("retry-after")) || undefined;
  const message = body.message ?? `The server answered ${response.status}.`;
  return new ApiError(response.status, body.code ?? "", message, body.contextId, retryAfter, body.errors);
}

/** Whether an error says that what was asked for is no longer there. */
export const isGone = (error: unknown): error is ApiError => error instanceof ApiError && (error.status === 404 || error.status === 410);

/** Of what is deleted a second time, that it is no longer there is what was wanted: the answer to the first may have been lost. */
export const unlessGone = (error: unknown) => {
  if (!isGone(error)) throw error;
};

/** Whether an error may be gone without anybody's doing: the server is away, or busy. */
export const passes = (error: Error) => error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);

/** Whether a server has no such endpoint: it is older than its console. */
export const isAbsent = (error: unknown) => error instanceof ApiError && (error.status === 404 || error.status === 501);

/** A query string, with what is empty left out. */
export function query(parameters: Record<string, string | number | undefined>): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(parameters)) {
    if (value !== undefined && value !== "") search.set(name, String(value));
  }
  const text = search.toString();
  return text && `?${text}`;
}
