import { createDraft } from "../api/editing";
import { saveText } from "../api/written";
import type { Flow } from "../api/queries";
import { valueOf } from "./edit";
import { keepText } from "./kept";
import { slotOf } from "./slot";

/** Makes a flow of a text, as a draft. Its comments are for whoever edits it: what the server does not take now it gets from the editor. */
export async function createFrom(text: string, clientId: string): Promise<Flow> {
  const flow = await createDraft(valueOf(text));
  const version = flow.savedVersion?.version ?? 1;
  await saveText(flow.id, text, undefined).catch(() => keepText(slotOf(flow.id, clientId), { text, version, saved: true, typed: [] }));
  return flow;
}
