/** A reply that is being written. Its key makes it go out once, however often it is sent. */
export interface Draft {
  text: string;
  replyAll: boolean;
  key: string;
}

interface Kept extends Draft {
  /** Who wrote it: nobody else who signs in in this tab gets to see it. */
  clientId: string;
}

const PREFIX = "waypost.draft.";

/** A draft survives a reload and the end of a session, and ends with the tab. */
export function keptDraft(interactionId: string, clientId: string): Draft | undefined {
  const kept = read(PREFIX + interactionId);
  return kept?.clientId === clientId ? { text: kept.text, replyAll: kept.replyAll, key: kept.key } : undefined;
}

export function keepDraft(interactionId: string, clientId: string, draft: Draft | undefined) {
  try {
    if (draft?.text) sessionStorage.setItem(PREFIX + interactionId, JSON.stringify({ ...draft, clientId } satisfies Kept));
    else sessionStorage.removeItem(PREFIX + interactionId);
  } catch {
    // A browser that keeps nothing has it until the page is left.
  }
}

/** Forgets what others than this client wrote. */
export function dropDrafts(clientId: string | undefined) {
  try {
    for (const key of Object.keys(sessionStorage)) {
      if (key.startsWith(PREFIX) && read(key)?.clientId !== clientId) sessionStorage.removeItem(key);
    }
  } catch {
    // Nothing is kept.
  }
}

function read(key: string): Kept | undefined {
  try {
    return (JSON.parse(sessionStorage.getItem(key) ?? "null") as Kept | null) ?? undefined;
  } catch {
    return undefined;
  }
}
