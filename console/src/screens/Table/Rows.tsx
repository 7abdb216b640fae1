import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { useSearchParams } from "wouter";
import { ApiError } from "../../api/client";
import { keyOf, removeRow, row, rows } from "../../api/tables";
import { useMay } from "../../app/session";
import { Confirm } from "../../components/Confirm/Confirm";
import { shown } from "../../components/Facts/Facts";
import { Fault, Loading } from "../../components/Fault/Fault";
import { columnsOf } from "../../components/Form/Columns";
import { toast } from "../../components/Toasts/toast";
import { Import } from "./Import";
import { RowForm } from "./RowForm";
import "./Table.css";

interface Open {
  key: string;
  row: Record<string, unknown>;
  isNew: boolean;
}

/** The rows of a table, by key; of any version that is kept. */
export function Rows({ id, schema }: { id: string; schema: unknown }) {
  const [search, setSearch] = useSearchParams();
  const version = Number(search.get("version")) || undefined;
  const [sought, setSought] = useState("");
  const [problem, setProblem] = useState("");
  const [open, setOpen] = useState<Open>();
  const list = useInfiniteQuery(rows(id, version, ""));
  const writes = useMay("routing:write") && version === undefined;
  const client = useQueryClient();
  const columns = columnsOf(schema).map((one) => one.name);
  const found = list.data?.pages.flatMap((page) => page.rows) ?? [];
  const total = list.data?.pages[0]?.total ?? 0;
  const changed = (what: string) => {
    setOpen(undefined);
    toast(what);
    void client.invalidateQueries({ queryKey: ["tableRows", id] });
    void client.invalidateQueries({ queryKey: ["tableVersions", id] });
  };
  const seek = async () => {
    setProblem("");
    try {
      setOpen({ key: sought, row: (await row(id, sought)).row, isNew: false });
    } catch (error) {
      setProblem(error instanceof ApiError && error.status === 404 ? `No row has the key ${sought}.` : String(error));
    }
  };
  return (
    <section id="rows" className="panel" aria-label="Rows">
      <header className="rows-head">
        <h2>
          Rows {list.data && <span className="muted">{total.toLocaleString("en")}</span>} {version && <span className="muted">as of version {version}</span>}
        </h2>
        <span className="row">
          {version && (
            <button className="button" onClick={() => setSearch({})}>
              Show the newest
            </button>
          )}
          <form
            role="search"
            className="rows-search"
            onSubmit={(event) => {
              event.preventDefault();
              void seek();
            }}
          >
            <input className="input" type="search" placeholder="Find a key" aria-label="Key" value={sought} onChange={(event) => setSought(event.target.value)} />
          </form>
          {writes && (
            <>
              <button className="button" onClick={() => setOpen({ key: "", row: {}, isNew: true })}>
                New row
              </button>
              <Import id={id} onDone={changed} />
            </>
          )}
        </span>
      </header>
      {problem && (
        <p role="alert" className="rows-problem">
          {problem}
        </p>
      )}
      {open && <RowForm key={`${open.isNew} ${open.key}`} id={id} schema={schema} open={open} reads={!writes} onDone={changed} onClose={() => setOpen(undefined)} />}
      {list.error ? (
        <Fault error={list.error} />
      ) : list.isPending ? (
        <Loading />
      ) : found.length === 0 ? (
        <div className="empty">No rows yet. Import a CSV file whose first line is {["key", ...columns].join(",")}, or make a row.</div>
      ) : (
        <div className="scroll-x" tabIndex={0} role="group" aria-label="Rows of the table">
          <table className="table">
            <thead>
              <tr>
                <th>key</th>
                {columns.map((name) => (
                  <th key={name}>{name}</th>
                ))}
                {writes && <th><span className="visually-hidden">Actions</span></th>}
              </tr>
            </thead>
            <tbody>
              {found.map((one) => {
                const key = keyOf(one);
                return (
                  <tr key={key}>
                    <td className="mono">{key}</td>
                    {columns.map((name) => (
                      <td key={name}>{shown(one[name])}</td>
                    ))}
                    {writes && (
                      <td className="number nowrap">
                        <button className="button quiet" aria-label={`Edit ${key}`} onClick={() => setOpen({ key, row: one, isNew: false })}>
                          Edit
                        </button>
                        <Confirm
                          quiet
                          label={<span aria-label={`Delete ${key}`}>Delete</span>}
                          title={`Delete the row ${key}?`}
                          action="Delete it"
                          run={async () => {
                            await removeRow(id, key);
                            changed(`Row ${key} deleted`);
                          }}
                        >
                          Flows that look it up find nothing from then on. Older versions of the rows keep it.
                        </Confirm>
                      </td>
                    )}
                  </tr>
                );
              })}
            </tbody>
          </table>
        </div>
      )}
      {list.hasNextPage && (
        <div className="empty">
          <button className="button" disabled={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show more
          </button>
        </div>
      )}
    </section>
  );
}
