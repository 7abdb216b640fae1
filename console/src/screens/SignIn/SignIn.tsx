import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useLocation } from "wouter";
import { keepClaim } from "../../api/claim";
import { dropDrafts } from "../../api/draft";
import { call, query, type Schemas } from "../../api/client";
import { session as sessionQuery, signInWays, type Session } from "../../api/queries";
import "./SignIn.css";

/** The secret of a link, in the fragment that browsers keep to themselves. */
function linkIn(fragment: string): string | undefined {
  return /^#link=([0-9a-f]+)$/.exec(fragment)?.[1];
}

/** `ended`: somebody was signed in here until now. */
export function SignIn({ next, session, ended }: { next: string; session: Session | null; ended: boolean }) {
  const queries = useQueryClient();
  const [, go] = useLocation();
  const [id, setId] = useState("");
  const [secret, setSecret] = useState("");
  const [link, setLink] = useState<string>();
  const begin = useMutation({
    meta: { signsIn: true },
    mutationFn: (body: Schemas["SessionRequest"]) => call<Session>("/console/sessions", { method: "POST", body }),
    onSuccess: (begun) => {
      dropDrafts(begun.clientId);
      // What somebody else may see is forgotten.
      queries.removeQueries({ predicate: ({ queryKey }) => queryKey[0] !== sessionQuery.queryKey[0] });
      if (session && session.clientId !== begun.clientId) keepClaim(undefined);
      queries.setQueryData(sessionQuery.queryKey, begun);
      go(next, { replace: true });
    },
  });
  const { data: ways } = useQuery(signInWays);
  // Who a link is for is asked before it is followed: nobody is signed in as somebody else by an address that they were sent.
  const preview = useMutation({
    meta: { signsIn: true },
    mutationFn: (link: string) => call<Session>("/console/links/preview", { method: "POST", body: { link } }),
  });
  const { mutate: ask } = preview;
  const followed = useRef(false);
  useEffect(() => {
    document.title = "Sign in · Waypost";
    const follow = () => {
      const found = linkIn(window.location.hash);
      if (!found) return;
      followed.current = true;
      // A link works once: it is of no use in the history.
      window.history.replaceState(null, "", "/sign-in");
      setLink(found);
      ask(found);
    };
    follow();
    // A link that is opened where one is signing in already changes the fragment alone.
    window.addEventListener("hashchange", follow);
    return () => window.removeEventListener("hashchange", follow);
  }, [ask]);
  useEffect(() => {
    if (session && !followed.current) go(next, { replace: true });
  }, [session, go, next]);
  return (
    <main className="sign-in">
      <form
        className="panel"
        onSubmit={(event) => {
          event.preventDefault();
          begin.mutate({ clientId: id.trim(), clientSecret: secret });
        }}
      >
        <div className="sign-in-brand">
          <img src="/icon.svg" alt="" width="36" height="36" />
          <h1>Waypost</h1>
        </div>
        {link && preview.isPending ? (
          <p role="status">Reading the link…</p>
        ) : link && preview.data && !begin.error ? (
          <>
            <p>
              This link signs you in as <strong className="sign-in-client">{preview.data.clientId}</strong>
              {session && session.clientId !== preview.data.clientId && <> instead of <strong>{session.clientId}</strong></>}.
            </p>
            <button type="button" className="button primary" autoFocus disabled={begin.isPending} onClick={() => begin.mutate({ link })}>
              Sign in as {preview.data.clientId}
            </button>
            <button type="button" className="button quiet" onClick={() => (session ? go(next, { replace: true }) : setLink(undefined))}>
              Do not use it
            </button>
            <p className="muted">Its scopes: {preview.data.scopes.join(", ")}.</p>
          </>
        ) : (
          <>
            {ended && <p role="status">Your session has ended. Sign in to go on where you were.</p>}
            {ways?.oidc && (
              <>
                <a className="button primary" href={ways.oidc.path + query({ next })}>
                  Sign in with {ways.oidc.name}
                </a>
                <p className="muted sign-in-or">or as a client</p>
              </>
            )}
            <label className="field">
              Client id
              <input value={id} onChange={(event) => setId(event.target.value)} autoComplete="username" required autoFocus={!ways?.oidc} spellCheck={false} />
            </label>
            <label className="field">
              Client secret
              <input type="password" value={secret} onChange={(event) => setSecret(event.target.value)} autoComplete="current-password" required />
            </label>
            {(begin.error ?? preview.error) && (
              <p role="alert" className="sign-in-problem">
                {(begin.error ?? preview.error)?.message}
              </p>
            )}
            <button className={ways?.oidc ? "button" : "button primary"} disabled={begin.isPending}>
              Sign in
            </button>
            <p className="muted">
              On the server's machine, <code>waypost console link</code> prints a link that signs you in.
            </p>
          </>
        )}
      </form>
    </main>
  );
}
