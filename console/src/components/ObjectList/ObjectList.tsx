import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Link } from "wouter";
import type { Kind } from "../../api/kinds";
import { type Entity, objects, screenOf } from "../../api/objects";
import { useMay } from "../../app/session";
import { useTitle } from "../../app/useTitle";
import { Fault, Loading } from "../Fault/Fault";
import "./ObjectList.css";

export interface Column<T> {
  head: string;
  cell: (one: T) => ReactNode;
  /** Left out where there is little room. */
  wide?: boolean;
  number?: boolean;
}

interface Props<T extends Entity> {
  kind: Kind;
  parent?: string;
  columns: Column<T>[];
  /** What to do where there is none. */
  empty: ReactNode;
  nameOf?: (one: T) => string;
  heading?: "h1" | "h2";
}

const textOf = (one: Entity) => one.name ?? one.id;

/** All objects of a kind: found by name, each a link, and another can be made. */
export function ObjectList<T extends Entity>({ kind, parent, columns, empty, nameOf = textOf, heading: Heading = "h1" }: Props<T>) {
  const list = useQuery(objects<T>(kind, parent));
  const writes = useMay(kind.write);
  useTitle(Heading === "h1" ? kind.many : undefined);
  const [name, setName] = useState("");
  const found = (list.data ?? []).filter((one) => nameOf(one).toLowerCase().includes(name.toLowerCase()));
  const many = (list.data?.length ?? 0) > 8 || name !== "";
  return (
    <>
      <div className="page-head">
        <Heading>{kind.many}</Heading>
        <span className="end object-list-end">
          {many && <input className="input" type="search" placeholder="Name" aria-label={`${kind.many}: name contains`} value={name} onChange={(event) => setName(event.target.value)} />}
          {writes && (
            <Link href={`${screenOf(kind, parent)}/new`} className="button primary">
              New {kind.one}
            </Link>
          )}
        </span>
      </div>
      <p className="muted">{kind.about}</p>
      <section className="panel">
        {list.error ? (
          <Fault error={list.error} retry={() => void list.refetch()} />
        ) : list.isPending ? (
          <Loading />
        ) : found.length === 0 ? (
          <div className="empty">{name ? `No ${kind.one} has that in its name.` : empty}</div>
        ) : (
          <table className="table object-list">
            <thead>
              <tr>
                <th>{kind.one[0]?.toUpperCase() + kind.one.slice(1)}</th>
                {columns.map((column) => (
                  <th key={column.head} className={classOf(column)}>
                    {column.head}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {found.map((one) => (
                <tr key={one.id}>
                  <td>
                    <Link href={screenOf(kind, parent, one.id)} className="main">
                      {nameOf(one)}
                    </Link>
                  </td>
                  {columns.map((column) => (
                    <td key={column.head} className={classOf(column)}>
                      {column.cell(one)}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        )}
      </section>
    </>
  );
}

const classOf = <T,>({ wide, number }: Column<T>) => [wide && "wide-only", number && "number"].filter(Boolean).join(" ") || undefined;
