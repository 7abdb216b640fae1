import { createContext, useContext } from "react";
import type { Session } from "../api/queries";
import { allows, type Scope } from "../api/scopes";

export const SessionContext = createContext<Session | null>(null);

/** Who is signed in. Screens are shown to nobody else. */
export function useSession(): Session {
  const session = useContext(SessionContext);
  if (!session) throw new Error("no session");
  return session;
}

/** Whether the session grants a scope: what it doesn't is not offered. */
export function useMay(scope: Scope): boolean {
  return allows(useSession(), scope);
}
