import { createContext, useContext } from "react";
import type { Named, Scope } from "../../edit/scope";
import { concerns, type Problem } from "./paths";

/** What fields of a flow know of it. */
export interface FlowFacts {
  scope: Scope;
  /** Objects of a kind. */
  names: (kind: string) => Named[];
  /** Ids of its nodes. */
  nodes: string[];
  /** The YAML of a value. */
  source: (path: string) => string | undefined;
}

interface FormState {
  /** What the server said of the body as it was last sent. */
  problems: Problem[];
  /** Whether the object is there already: some members can't be changed then. */
  exists: boolean;
  /** Tells of text that can't be sent, such as JSON that isn't. */
  onBroken: (path: string, broken: boolean) => void;
  /** The flow that the form is about. */
  flow?: FlowFacts;
}

export const FormContext = createContext<FormState>({ problems: [], exists: false, onBroken: () => {} });

export const useForm = () => useContext(FormContext);

/** What the server said of a member: with all below it, or of itself alone. */
export function useProblems(path: string, below: boolean): Problem[] {
  const { problems } = useForm();
  return problems.filter((one) => (below ? concerns(one, path) : one.path === path));
}
