import { type Editable, loadDocument, ownOf } from "../../api/editing";
import { sameOnServer } from "../../edit/begin";
import type { FlowValue } from "../../edit/flow";
import { undraftedIn, withOwn } from "../../edit/own";
import type { Unanswered } from "../../edit/unanswered";
import { madeFrom } from "./writing";

/** Which of some drafts that were not answered the server took: it is the version that they were meant to become. */
export async function takenOf(unanswered: Unanswered | undefined, newest: Editable): Promise<FlowValue | undefined> {
  if (!unanswered || newest.version <= unanswered.version) return undefined;
  const version = unanswered.version + 1;
  const document = newest.version === version ? newest.document : await loadDocument(newest.flow.id, version);
  return unanswered.documents.find((one) => isSame(one, document as unknown as FlowValue, newest));
}

/** Whether two documents are the same version of a flow: what the flow is called is no version's. */
export function isSame(one: FlowValue, other: FlowValue, of: Editable): boolean {
  const own = (flow: FlowValue) => withOwn(flow, ownOf(of), []);
  return sameOnServer(own(one), own(other));
}

/** What one goes on with after such a draft: the version that it became, as if its answer had come. Undefined if the newest version is not that, nor made after it. */
export async function landed(meant: Editable, unanswered: Unanswered | undefined, newest: Editable): Promise<Editable | undefined> {
  const document = unanswered?.version === meant.version ? await takenOf(unanswered, newest) : undefined;
  if (!document) return undefined;
  const version = meant.version + 1;
  return {
    ...meant,
    flow: newest.flow,
    // Where somebody has saved another since, nothing is to be saved over that.
    etag: newest.version === version ? newest.etag : meant.etag,
    version,
    document: withOwn(document, ownOf(newest), undraftedIn(document, ownOf(meant))) as unknown as Editable["document"],
    written: madeFrom(meant.version, meant.written),
  };
}
