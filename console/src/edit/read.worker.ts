import { textOf } from "./begin";
import { parsed } from "./document";
import { type Layout, layoutOf } from "./parts";

/** A text to be read, or a document to be written; `same` is what the text is thought to mean, as JSON. */
export type Job = { text: string; same?: string } | { document: unknown };

export type Answer = { text: string } & ({ error: string } | { agrees: true } | { value: unknown; layout: Layout | undefined });

// Thousands of nodes take long: whoever types does not wait for them.
self.onmessage = ({ data }: MessageEvent<{ id: number; job: Job }>) => self.postMessage({ id: data.id, answer: answerTo(data.job) });

function answerTo(job: Job): Answer {
  const text = "text" in job ? job.text : textOf(job.document);
  const document = parsed(text);
  const [error] = document.errors;
  if (error) return { text, error: error.message };
  const value: unknown = document.toJS();
  if ("same" in job && JSON.stringify(value) === job.same) return { text, agrees: true };
  return { text, value, layout: layoutOf(document, text) };
}
