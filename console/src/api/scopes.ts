import type { Session } from "./queries";

export type Scope = "flow:read" | "flow:write" | "routing:read" | "routing:write" | "email:read" | "email:write" | "admin";

/** Whether a session may do something: `admin` is everything, writing includes reading. */
export function allows(session: Pick<Session, "scopes">, scope: Scope): boolean {
  const has = (one: string) => session.scopes.includes(one);
  return has("admin") || has(scope) || (scope.endsWith(":read") && has(scope.replace(":read", ":write")));
}
