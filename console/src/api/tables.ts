import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { bodyOf, call, query, request, type Schemas } from "./client";
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
}

/** Rows by key, those from `from` on. */
export const rows = (id: string, version: number | undefined, from: string) =>
  infiniteQueryOptions({
    queryKey: ["tableRows", id, version ?? 0, from],
    queryFn: async ({ pageParam, signal }): Promise<RowPage> => {
      const page = await call<{ entities: Record<string, unknown>[]; total: number }>(`${path(id)}/rows${query({ showbrief: "false", pageSize: PAGE, after: pageParam, version })}`, { signal });
      return { rows: page.entities, total: page.total };
    },
    initialPageParam: from,
    getNextPageParam: (last) => (last.rows.length === PAGE ? keyOf(last.rows[PAGE - 1] ?? {}) : undefined),
  });

/** One row by its key, and the revision of the rows that it was read from. */
export async function row(id: string, key: string): Promise<{ row: Record<string, unknown>; etag: string | undefined }> {
  const response = await request(`${path(id)}/rows/${encodeURIComponent(key)}${query({ showbrief: "false" })}`);
  return { row: (await bodyOf(response)) as Record<string, unknown>, etag: response.headers.get("etag") ?? undefined };
}

export const tableVersions = (id: string) => queryOptions({ queryKey: ["tableVersions", id], queryFn: ({ signal }) => all<TableVersion>(`${path(id)}/versions`, signal) });

/** Makes a row: its key must be free. */
export const makeRow = (id: string, row: Record<string, unknown>) => call(`${path(id)}/rows`, { method: "POST", body: row });

/** Replaces a row, if no row changed since it was read. */
export const putRow = (id: string, key: string, row: Record<string, unknown>, etag: string | undefined) =>
  call(`${path(id)}/rows/${encodeURIComponent(key)}`, { method: "PUT", body: row, ifMatch: etag });

export const removeRow = (id: string, key: string) => call(`${path(id)}/rows/${encodeURIComponent(key)}`, { method: "DELETE" });

/** Replaces all rows by those of a CSV file. */
export const importRows = (id: string, file: Blob, note: string) =>
  call<Schemas["RowsReplaced"]>(`${path(id)}/rows${query({ note })}`, { method: "PUT", type: "text/csv", body: file });
