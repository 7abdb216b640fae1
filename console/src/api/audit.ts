import { infiniteQueryOptions } from "@tanstack/react-query";
import { call, query, type Schemas } from "./client";

export type AuditEntry = Schemas["AuditEntry"];

export interface AuditFilter {
  actor?: string;
  entityKind?: string;
  entityId?: string;
  since?: string;
  until?: string;
}

export const auditPages = (filter: AuditFilter) =>
  infiniteQueryOptions({
    queryKey: ["audit", filter],
    queryFn: ({ pageParam, signal }) => call<Schemas["AuditEntryChunk"]>(`/audit${query({ ...filter, pageSize: 50, cursor: pageParam })}`, { signal }),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });
