import { useInfiniteQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import { auditPages, type AuditFilter } from "../../api/audit";
import { useTitle } from "../../app/useTitle";
import { Fault, Loading } from "../../components/Fault/Fault";
import "./Audit.css";
import { Entry } from "./Entry";

const NAMES = ["actor", "entityKind", "entityId", "since", "until"] as const;
const KINDS = ["flow", "queue", "domain", "route", "mailbox", "table", "schedule", "dataAction", "webhook", "secret", "skill", "language", "client", "interaction", "delivery", "correspondent"];

/** Who changed what, newest first. Filters are in the address. */
export default function Audit() {
  useTitle("Audit");
  const [search, setSearch] = useSearchParams();
  const filter: AuditFilter = Object.fromEntries(NAMES.flatMap((name) => (search.get(name) ? [[name, search.get(name)]] : [])));
  const list = useInfiniteQuery({ ...auditPages(filter), placeholderData: (before) => before });
  const found = list.data?.pages.flatMap((page) => page.entities) ?? [];
  const put = (name: string, value: string) =>
    setSearch((before) => {
      const after = new URLSearchParams(before);
      if (value) after.set(name, value);
      else after.delete(name);
      return after;
    });
  const text = (name: (typeof NAMES)[number], label: string) => (
    <input
      key={`${name} ${filter[name] ?? ""}`}
      className="input"
      type="search"
      placeholder={label}
      aria-label={label}
      defaultValue={filter[name] ?? ""}
      onBlur={(event) => event.target.value !== (filter[name] ?? "") && put(name, event.target.value.trim())}
      onKeyDown={(event) => event.key === "Enter" && put(name, event.currentTarget.value.trim())}
    />
  );
  const day = (name: "since" | "until", label: string) => (
    <label className="audit-day">
      {label}
      <input className="input" type="date" value={filter[name]?.slice(0, 10) ?? ""} onChange={(event) => put(name, event.target.value && `${event.target.value}T00:00:00Z`)} />
    </label>
  );
  return (
    <div className="page">
      <div className="page-head">
        <h1>Audit</h1>
      </div>
      <section className="panel">
        <form role="search" aria-label="Filter the audit log" className="audit-filters" onSubmit={(event) => event.preventDefault()}>
          {text("actor", "Who (a client's id)")}
          <select className="input" aria-label="Kind" value={filter.entityKind ?? ""} onChange={(event) => put("entityKind", event.target.value)}>
            <option value="">Kind: any</option>
            {KINDS.map((kind) => (
              <option key={kind}>{kind}</option>
            ))}
          </select>
          {text("entityId", "Id of a thing")}
          {day("since", "from")}
          {day("until", "before")}
          {NAMES.some((name) => filter[name]) && (
            <button type="button" className="button quiet" onClick={() => setSearch({})}>
              Clear
            </button>
          )}
        </form>
        {list.isPending ? (
          <Loading />
        ) : list.error ? (
          <Fault error={list.error} retry={() => void list.refetch()} />
        ) : found.length === 0 ? (
          <div className="empty">Nothing matches.</div>
        ) : (
          <ol className="audit">
            {found.map((one) => (
              <Entry key={one.id} one={one} onFilter={put} />
            ))}
          </ol>
        )}
        {list.hasNextPage && (
          <div className="empty">
            <button className="button" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Show older
            </button>
          </div>
        )}
      </section>
    </div>
  );
}
