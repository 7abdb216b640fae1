import { type ReactNode, useEffect, useState } from "react";
import { ApiError } from "../../api/client";
import "./Fault.css";

/** Why something is not shown, and what names the request in the server's log. */
export function Fault({ error, retry, children }: { error: Error; retry?: () => void; children?: ReactNode }) {
  const of = error instanceof ApiError ? error : undefined;
  return (
    <div className="fault" role="alert">
      <strong>{of?.status === 404 || of?.status === 410 ? "Not found" : "This can't be shown"}</strong>
      <p>{error.message}</p>
      {of?.contextId && (
        <p className="muted">
          request <code>{of.contextId}</code>
        </p>
      )}
      {retry && (
        <span className="row">
          <button className="button" onClick={retry}>
            Try again
          </button>
          {children}
        </span>
      )}
    </div>
  );
}

/** How long to wait before saying that it takes long, in milliseconds. */
const LONG = 5000;

export function Loading() {
  const [long, setLong] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLong(true), LONG);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p className="loading" role="status">
      {long ? "The server takes long to answer. Still waiting…" : "Loading…"}
    </p>
  );
}
