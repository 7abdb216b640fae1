import { ApiError } from "../../api/client";

/** Whether an error says that the flow is no longer there. */
export const isGone = (error: unknown): error is ApiError => error instanceof ApiError && (error.status === 404 || error.status === 410);

/** Whether an error may be gone without anybody's doing: the server is away, or busy. */
export const passes = (error: Error) => error instanceof ApiError && (error.status === 0 || error.status === 429 || error.status >= 500);
