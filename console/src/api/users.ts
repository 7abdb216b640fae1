import type { Schemas } from "./client";

/** What stands for whichever object a flow decides for at run time. */
const ANY = "00000000-0000-0000-0000-000000000000";

/** Something that uses an object. */
export interface User {
  node: Schemas["Graph"]["nodes"][number];
  uses: Schemas["Graph"]["edges"];
  /** Whether it uses it only if it decides so at run time: that keeps nobody from deleting the object. */
  perhaps: boolean;
}

/** What uses an object, each with where it does. */
export function usersOf({ nodes = [], edges = [] }: Partial<Schemas["Graph"]>, id: string): User[] {
  return nodes.flatMap((node) => {
    const uses = edges.filter((edge) => edge.from === node.id);
    return node.id === id || uses.length === 0 ? [] : [{ node, uses, perhaps: uses.every((edge) => edge.to === ANY) }];
  });
}
