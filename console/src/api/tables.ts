import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { call, query, request, type Schemas } from "./client";
import { all } from "./queries";

export type Row = Record<string, unknown> & { key: string };
export type TableVersion = Schemas["DataTableVersion"];

const PAGE = 50;
const path = (id: string) => `/flows/datatables/${id}`;

/** The server writes a row's key in either spelling. */
export const keyOf = (row: Record<string, unknown>) => String(row.key ?? row.KEY ?? "");

interface RowPage {
  rows: Record<string, unknown>[];
  total: number;
  /** The revision of the rows, for changes that are meant for it. */
  etag: string | undefined;
}

/** Rows by key, those from `from` on. */
export const rows = (id: string, version: number | undefined, from: string) =>
  infiniteQueryOptions({
    queryKey: ["tableRows", id, version ?? 0, from],
    queryFn: async ({ pageParam, signal }): Promise<RowPage> => {
      const response = await request(`${path(id)}/rows${query({ showbrief: "false", pageSize: PAGE, after: pageParam, version })}`, { signal });
      const page = (await response.json()) as { entities: Record<string, unknown>[]; total: number };
      return { rows: page.entities, total: page.total, etag: response.headers.get("etag") ?? undefined };
    },
    initialPageParam: from,
    getNextPageParam: (last) => (last.rows.length === PAGE ? keyOf(last.rows[PAGE - 1] ?? {}) : undefined),
  });

/** One row by its key; null where there is none. */
export const row = (id: string, key: string) => call<Record<string, unknown>>(`${path(id)}/rows/${encodeURIComponent(key)}${query({ showbrief: "false" })}`);

export const tableVersions = (id: string) => queryOptions({ queryKey: ["tableVersions", id], queryFn: ({ signal }) => all<TableVersion>(`${path(id)}/versions`, signal) });

export async function putRow(id: string, key: string, row: Record<string, unknown>, isNew: boolean): Promise<void> {
  const one = `${path(id)}/rows${isNew ? "" : `/${encodeURIComponent(key)}`}`;
  await call(one, { method: isNew ? "POST" : "PUT", body: row });
}

export const removeRow = (id: string, key: string) => call(`${path(id)}/rows/${encodeURIComponent(key)}`, { method: "DELETE" });

/** Replaces all rows by those of a CSV file. */
export const importRows = (id: string, file: Blob, note: string) =>
  call<Schemas["RowsReplaced"]>(`${path(id)}/rows${query({ note })}`, { method: "PUT", type: "text/csv", body: file });
