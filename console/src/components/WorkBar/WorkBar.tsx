import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";
import { act, type Claim, endsClaim, extendClaim, heldClaim, keepClaim, LEASE, newKey, type Work } from "../../api/claim";
import { type Draft, keepDraft, keptDraft } from "../../api/draft";
import { queues } from "../../api/queries";
import { useMay, useSession } from "../../app/session";
import { useKeys } from "../Shortcuts/keys";
import "./WorkBar.css";

type Open = "reply" | "forward" | "transfer" | "complete" | undefined;

/** What can be done with an interaction that this tab claimed; nothing is shown for others. */
export function WorkBar({ interactionId }: { interactionId: string }) {
  const [claim, setClaim] = useState(heldClaim);
  if (claim?.interactionId !== interactionId) return null;
  return (
    <Held
      claim={claim}
      onClaim={(next) => {
        keepClaim(next);
        setClaim(next);
      }}
    />
  );
}

function Held({ claim, onClaim }: { claim: Claim; onClaim: (claim: Claim | undefined) => void }) {
  const { clientId } = useSession();
  // Whoever was signed out while writing goes on where they were.
  const [open, setOpen] = useState<Open>(() => (keptDraft(claim.interactionId, clientId) ? "reply" : undefined));
  const [done, setDone] = useState("");
  const [, go] = useLocation();
  const client = useQueryClient();
  const works = useMutation({
    mutationFn: (work: Work) => act(claim, work),
    onSuccess: (_, work) => {
      void client.invalidateQueries();
      if (work.kind === "reply") keepDraft(claim.interactionId, clientId, undefined);
      setOpen(undefined);
      if (endsClaim(work)) {
        onClaim(undefined);
        go(`/queues/${claim.queueId}`);
      } else {
        setDone(work.kind === "reply" ? "The reply is on its way." : "It is forwarded.");
      }
    },
  });
  const extend = useMutation({ mutationFn: () => extendClaim(claim), onSuccess: onClaim, retry: 4 });
  const { mutate } = extend;
  useEffect(() => {
    const soon = Math.max(1, new Date(claim.expiresAt).getTime() - Date.now() - (LEASE / 2) * 1000);
    const waiting = setTimeout(() => mutate(), soon);
    return () => clearTimeout(waiting);
  }, [claim.expiresAt, mutate]);
  const problem = works.error ?? extend.error;
  const choose = (next: Open) => {
    works.reset();
    setDone("");
    setOpen(open === next ? undefined : next);
  };
  useKeys("Your work", [
    { keys: "r", label: "Reply", run: () => choose("reply") },
    { keys: "f", label: "Forward", run: () => choose("forward") },
    { keys: "t", label: "Change queue", run: () => choose("transfer") },
    { keys: "c", label: "Complete", run: () => choose("complete") },
    { keys: "b", label: "Give back", run: () => works.mutate({ kind: "release" }) },
  ]);
  const button = (name: NonNullable<Open>, label: string) => (
    <button className="button" aria-expanded={open === name} onClick={() => choose(name)}>
      {label}
    </button>
  );
  return (
    <section
      className="panel work"
      aria-label="Your work"
      onKeyDown={(event) => {
        // Back to the mail without sending: a reply is kept as a draft.
        if (event.key === "Escape" && open) choose(open);
      }}
    >
      <div className="work-bar">
        <span className="work-word">You claimed this</span>
        {button("reply", "Reply")}
        {button("forward", "Forward")}
        {button("transfer", "Change queue")}
        {button("complete", "Complete")}
        <button className="button quiet" disabled={works.isPending} onClick={() => works.mutate({ kind: "release" })}>
          Give back
        </button>
        {done && <span role="status" className="work-done">{done}</span>}
      </div>
      {problem && <p role="alert" className="work-problem">{problem.message}</p>}
      {open === "reply" && <Reply interactionId={claim.interactionId} busy={works.isPending} onSend={works.mutate} />}
      {open === "forward" && <Forward busy={works.isPending} onSend={works.mutate} />}
      {open === "transfer" && <Transfer busy={works.isPending} from={claim.queueId} onSend={works.mutate} />}
      {open === "complete" && <Complete busy={works.isPending} onSend={works.mutate} />}
    </section>
  );
}

interface FormProps {
  busy: boolean;
  onSend: (work: Work) => void;
}

function Reply({ busy, onSend, interactionId }: FormProps & { interactionId: string }) {
  const { clientId } = useSession();
  const [draft, setDraft] = useState(() => keptDraft(interactionId, clientId) ?? { text: "", replyAll: false, key: newKey() });
  const { text, replyAll } = draft;
  const change = (next: Partial<Draft>) => {
    const changed = { ...draft, ...next };
    setDraft(changed);
    keepDraft(interactionId, clientId, changed);
  };
  const send = () => onSend({ kind: "reply", ...draft });
  return (
    <form
      className="work-form"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <label className="field">
        Reply
        <textarea
          className="input"
          rows={6}
          value={text}
          autoFocus
          required
          onChange={(event) => change({ text: event.target.value })}
          onKeyDown={(event) => {
            if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && text.trim() && !busy) send();
          }}
        />
      </label>
      <div className="work-end">
        <label>
          <input type="checkbox" checked={replyAll} onChange={(event) => change({ replyAll: event.target.checked })} /> to all who had the mail
        </label>
        <button className="button primary" disabled={busy || !text.trim()}>
          Send reply
        </button>
      </div>
    </form>
  );
}

function Forward({ busy, onSend }: FormProps) {
  const [to, setTo] = useState("");
  const [key] = useState(newKey);
  const addresses = to.split(/[,;\s]+/).filter(Boolean);
  return (
    <form
      className="work-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSend({ kind: "forward", addresses, key });
      }}
    >
      <label className="field">
        Addresses
        <input className="input" value={to} autoFocus required spellCheck={false} onChange={(event) => setTo(event.target.value)} />
      </label>
      <div className="work-end">
        <button className="button primary" disabled={busy || addresses.length === 0}>
          Forward the mail
        </button>
      </div>
    </form>
  );
}

function Transfer({ busy, from, onSend }: FormProps & { from: string }) {
  const list = useQuery({ ...queues, enabled: useMay("routing:read") });
  const others = (list.data ?? []).filter((queue) => queue.id !== from);
  const [to, setTo] = useState("");
  return (
    <form
      className="work-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSend({ kind: "transfer", queueId: to });
      }}
    >
      <label className="field">
        Queue
        <select className="input" value={to} required autoFocus onChange={(event) => setTo(event.target.value)}>
          <option value="">Choose a queue</option>
          {others.map((queue) => (
            <option key={queue.id} value={queue.id}>
              {queue.name}
            </option>
          ))}
        </select>
      </label>
      <div className="work-end">
        <button className="button primary" disabled={busy || !to}>
          Put it there
        </button>
      </div>
    </form>
  );
}

function Complete({ busy, onSend }: FormProps) {
  const [outcome, setOutcome] = useState("");
  return (
    <form
      className="work-form"
      onSubmit={(event) => {
        event.preventDefault();
        onSend({ kind: "complete", outcome: outcome.trim() });
      }}
    >
      <label className="field">
        Outcome, if there is more to say than that it is done
        <input className="input" value={outcome} autoFocus onChange={(event) => setOutcome(event.target.value)} />
      </label>
      <div className="work-end">
        <button className="button primary" disabled={busy}>
          Complete it
        </button>
      </div>
    </form>
  );
}
