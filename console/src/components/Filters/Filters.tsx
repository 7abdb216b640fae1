import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { useSearchParams } from "wouter";
import { flows, queues, type InteractionFilter } from "../../api/queries";
import { useMay } from "../../app/session";
import "./Filters.css";

const TEXTS = ["subject", "from", "to", "messageId"] as const;
const NAMES = ["state", "decision", "queue", "flowId", ...TEXTS, "since", "until"] as const;

/** The filter that an address says. */
export function filterOf(search: URLSearchParams): InteractionFilter {
  return Object.fromEntries(NAMES.flatMap((name) => (search.get(name) ? [[name, search.get(name)]] : [])));
}

const PERIODS = { "": "Any time", "PT1H": "Last hour", "PT24H": "Last day", "P7D": "Last week" };
const HOURS: Record<string, number> = { PT1H: 1, PT24H: 24, P7D: 168 };

/** The filters of the list of interactions. Each choice is in the address: it can be linked to, and gone back from. */
export function Filters() {
  const [search, setSearch] = useSearchParams();
  const [more, setMore] = useState(() => TEXTS.slice(1).some((name) => search.has(name)));
  const [seesFlows, seesQueues] = [useMay("flow:read"), useMay("routing:read")];
  const allFlows = useQuery({ ...flows, enabled: seesFlows });
  const allQueues = useQuery({ ...queues, enabled: seesQueues });
  const put = (name: string, value: string, replace = false) =>
    setSearch(
      (before) => {
        const after = new URLSearchParams(before);
        if (value) after.set(name, value);
        else after.delete(name);
        return after;
      },
      { replace },
    );
  const choice = (name: string, label: string, options: [string, string][]) => (
    <select className="input" aria-label={label} value={search.get(name) ?? ""} onChange={(event) => put(name, event.target.value)}>
      <option value="">{label}: any</option>
      {options.map(([value, text]) => (
        <option key={value} value={value}>
          {text}
        </option>
      ))}
    </select>
  );
  const text = (name: string, label: string) => <TextFilter key={name} label={label} value={search.get(name) ?? ""} onChange={(value) => put(name, value, true)} />;
  const since = search.get("since");
  return (
    <form role="search" aria-label="Filter interactions" className="filters" onSubmit={(event) => event.preventDefault()}>
      {text("subject", "Subject contains")}
      {choice("state", "State", ["received", "running", "decided", "waiting", "claimed", "completed"].map((one) => [one, one]))}
      {choice("decision", "Decision", [["queue", "queue"], ["forward", "forward"], ["disconnect", "dropped"], ["unrouted", "unrouted"]])}
      {seesQueues && choice("queue", "Queue", (allQueues.data ?? []).map((one) => [one.id, one.name]))}
      {seesFlows && choice("flowId", "Flow", (allFlows.data ?? []).map((one) => [one.id, one.name]))}
      <select
        className="input"
        aria-label="Received"
        value={since ? "kept" : ""}
        onChange={(event) => {
          const hours = HOURS[event.target.value];
          put("since", hours ? new Date(Date.now() - hours * 3_600_000).toISOString() : "");
        }}
      >
        {since && <option value="kept">since {new Date(since).toLocaleString()}</option>}
        {Object.entries(PERIODS).map(([value, label]) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
      <button type="button" className="button quiet" aria-expanded={more} onClick={() => setMore(!more)}>
        {more ? "Fewer" : "More"}
      </button>
      {NAMES.some((name) => search.has(name)) && (
        <button type="button" className="button quiet" onClick={() => setSearch({})}>
          Clear
        </button>
      )}
      {more && (
        <div className="more-filters">
          {text("from", "Sender")}
          {text("to", "Recipient")}
          {text("messageId", "Message-ID")}
        </div>
      )}
    </form>
  );
}

const PAUSE = 300;

/** Text that is asked for once its typing pauses. */
function TextFilter({ label, value, onChange }: { label: string; value: string; onChange: (value: string) => void }) {
  const [typed, setTyped] = useState(value);
  const waiting = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => setTyped(value), [value]);
  useEffect(() => () => clearTimeout(waiting.current), []);
  return (
    <input
      type="search"
      className="input"
      placeholder={label}
      aria-label={label}
      value={typed}
      onChange={(event) => {
        const next = event.target.value;
        setTyped(next);
        clearTimeout(waiting.current);
        waiting.current = setTimeout(() => onChange(next.trim()), PAUSE);
      }}
    />
  );
}
