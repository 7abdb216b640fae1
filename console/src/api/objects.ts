import { queryOptions } from "@tanstack/react-query";
import { bodyOf, call, query, request, type Schemas, unlessGone } from "./client";
import type { Kind } from "./kinds";
import { all } from "./queries";
import type { FormShape } from "./shape";

/** An object of any kind. */
export type Entity = Record<string, unknown> & { id: string; name?: string };

/** An object, and the revision that a change of it is meant for. */
export interface Tagged {
  value: Entity;
  etag: string | undefined;
}

const below = (path: string, parent: string | undefined) => path.replace(":parent", encodeURIComponent(parent ?? ""));

export const pathOf = (kind: Kind, parent?: string, id?: string) => below(kind.path, parent) + (id === undefined ? "" : `/${encodeURIComponent(id)}`);

export const screenOf = (kind: Kind, parent?: string, id?: string) => below(kind.screen, parent) + (id === undefined ? "" : `/${encodeURIComponent(id)}`);

export const objects = <T = Entity>(kind: Kind, parent?: string) =>
  queryOptions({
    queryKey: [kind.name, "all", parent ?? ""],
    queryFn: ({ signal }) => all<T>(pathOf(kind, parent), signal),
  });

export const object = (kind: Kind, id: string, parent?: string) =>
  queryOptions({
    queryKey: [kind.name, "one", parent ?? "", id],
    queryFn: async ({ signal }): Promise<Tagged> => {
      const response = await request(pathOf(kind, parent, id), { signal });
      return { value: (await bodyOf(response)) as Entity, etag: response.headers.get("etag") ?? undefined };
    },
  });

export const usedBy = (kind: Kind, id: string) =>
  queryOptions({
    queryKey: ["usedby", kind.name, id],
    queryFn: ({ signal }) => call<Schemas["Graph"]>(`${pathOf(kind, undefined, id)}/usedby`, { signal }),
  });

interface Save {
  kind: Kind;
  parent?: string | undefined;
  /** Without one, an object is made. */
  id?: string | undefined;
  body: Record<string, unknown>;
  etag?: string | undefined;
  note: string;
}

export async function save({ kind, parent, id, body, etag, note }: Save): Promise<Entity> {
  const method = id === undefined ? "POST" : kind.patched ? "PATCH" : "PUT";
  // Clients have no notes.
  const why = kind.name === "client" ? "" : query({ note: note.trim() });
  return await call<Entity>(pathOf(kind, parent, id) + why, { method, body, ifMatch: etag });
}

export async function remove(kind: Kind, id: string, parent?: string, etag?: string): Promise<void> {
  await call(pathOf(kind, parent, id), { method: "DELETE", ifMatch: etag }).catch(unlessGone);
}

/** What of an object is sent back to change it: all but what the server sets, also what no form knows. */
export function editable(entity: Entity, shape: FormShape): Record<string, unknown> {
  return Object.fromEntries(Object.entries(entity).filter(([name]) => !shape.managed.includes(name)));
}
