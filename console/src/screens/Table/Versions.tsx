import { useQuery } from "@tanstack/react-query";
import { useSearchParams } from "wouter";
import { tableVersions } from "../../api/tables";
import { Age } from "../../components/Age/Age";
import { Fault, Loading } from "../../components/Fault/Fault";

const MOST = 20;

/** What changed the rows, when, by whom. */
export function Versions({ id }: { id: string }) {
  const list = useQuery(tableVersions(id));
  const [, setSearch] = useSearchParams();
  const found = [...(list.data ?? [])].sort((one, other) => other.version - one.version).slice(0, MOST);
  return (
    <section className="panel">
      <header>
        <h2>Versions of the rows</h2>
      </header>
      {list.error ? (
        <Fault error={list.error} />
      ) : list.isPending ? (
        <Loading />
      ) : found.length === 0 ? (
        <div className="empty">Its rows never changed.</div>
      ) : (
        <table className="table">
          <thead>
            <tr>
              <th>Version</th>
              <th>Changes</th>
              <th className="wide-only">Note</th>
              <th className="wide-only">By</th>
              <th className="number">When</th>
            </tr>
          </thead>
          <tbody>
            {found.map((one) => (
              <tr key={one.version}>
                <td>
                  <button className="button quiet" aria-label={`Rows of version ${one.version}`} onClick={() => {
                    setSearch({ version: String(one.version) });
                    document.getElementById("rows")?.scrollIntoView();
                  }}>
                    {one.version}
                  </button>
                </td>
                <td className="muted">
                  +{one.added} ~{one.changed} −{one.removed}
                </td>
                <td className="wide-only">{one.note}</td>
                <td className="wide-only muted">{one.createdBy.name ?? one.createdBy.id}</td>
                <td className="number muted">
                  <Age at={one.dateCreated} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}
