import { ApiError } from "../api/client";
import { createDraft, loadFlow } from "../api/editing";
import type { Flow } from "../api/queries";
import { saveText } from "../api/written";
import { sameOnServer } from "./begin";
import { valueOf } from "./edit";
import { keepText } from "./kept";
import { slotOf } from "./slot";

/**
 * Makes flows of texts, as drafts. One whose answer was lost may be there all the same: asked for again, it is that one, and no second. What the server
 * does not take of a text now, its comments, it gets from the editor.
 */
export function creator(clientId: string): (text: string) => Promise<Flow> {
  const unanswered: unknown[] = [];
  const create = async (document: unknown): Promise<Flow> => {
    try {
      return await createDraft(document);
    } catch (error) {
      if (!(error instanceof ApiError)) throw error;
      if (error.status === 0 || error.status >= 500) unanswered.push(document);
      const own = error.status === 409 && unanswered.some((one) => sameOnServer(one, document)) ? await holderOf(error, document) : undefined;
      if (!own) throw error;
      return own;
    }
  };
  return async (text) => {
    const flow = await create(valueOf(text));
    const version = flow.savedVersion?.version ?? 1;
    await saveText(flow.id, text, undefined).catch(() => keepText(slotOf(flow.id, clientId), { text, version, saved: true, typed: [] }));
    return flow;
  };
}

/** The flow that has the name already, if it is as the document makes one. */
async function holderOf({ problems }: ApiError, document: unknown): Promise<Flow | undefined> {
  const id = problems.find((one) => one.entityKind === "flow")?.entityId;
  const holder = id ? await loadFlow(id).catch(() => undefined) : undefined;
  return holder?.version === 1 && sameOnServer(document, holder.document) ? holder.flow : undefined;
}
