import { sameOnServer } from "./begin";
import type { FlowValue } from "./flow";

/** Drafts that were sent and not answered: the server may have taken one of them, and no more than one. */
export interface Unanswered {
  /** The version that they were meant to follow. */
  version: number;
  documents: FlowValue[];
}

/** How many are remembered: the first is the likeliest to have got there, then the newest. */
const MOST = 4;

/** With one that is about to be sent. What was meant for another version is decided by then. */
export function withSent(before: Unanswered | undefined, version: number, document: FlowValue): Unanswered {
  if (before?.version !== version) return { version, documents: [document] };
  if (before.documents.some((one) => sameOnServer(one, document))) return before;
  const [first = document, ...rest] = [...before.documents, document];
  return { version, documents: [first, ...rest.slice(1 - MOST)] };
}
