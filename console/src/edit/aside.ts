import { type Reading, readElsewhere, readWhole, unreadable } from "./edit";
import type { Answer, Job } from "./read.worker";

let worker: Worker | undefined;
let asked = 0;

/** Done by a worker, one after the other. */
function answered(job: Job): Promise<Answer> {
  worker ??= new Worker(new URL("./read.worker.ts", import.meta.url), { type: "module" });
  const answering = worker;
  const id = ++asked;
  return new Promise((done, failed) => {
    const end = (finish: () => void) => {
      answering.removeEventListener("message", take);
      answering.removeEventListener("error", fail);
      finish();
    };
    const take = ({ data }: MessageEvent<{ id: number; answer: Answer }>) => data.id === id && end(() => done(data.answer));
    const fail = (event: ErrorEvent) => end(() => failed(new Error(event.message || "a text can't be read beside the page")));
    answering.addEventListener("message", take);
    answering.addEventListener("error", fail);
    answering.postMessage({ id, job });
  });
}

const remembered = (answer: Answer): Reading | undefined =>
  "error" in answer ? unreadable(answer.text, answer.error) : "agrees" in answer ? undefined : readElsewhere(answer.text, answer.value, answer.layout);

/** A text, read while the page goes on. */
export async function readAside(text: string): Promise<Reading> {
  const answer = await answered({ text }).catch(() => undefined);
  return (answer && remembered(answer)) ?? readWhole(text);
}

/** A document that came without a text of its own, as YAML that has been read. */
export const writeAside = async (document: unknown): Promise<Reading | undefined> => {
  const answer = await answered({ document }).catch(() => undefined);
  return answer && remembered(answer);
};

/** A reading that reading the whole text agrees with: this one, unless it was made of parts wrongly. */
export async function agreed(reading: Reading): Promise<Reading> {
  if (!reading.parts || reading.document) return reading;
  const answer = await answered({ text: reading.text, same: JSON.stringify(reading.value) }).catch(() => undefined);
  if (!answer) return readWhole(reading.text);
  const other = remembered(answer);
  if (other) console.warn("a flow's text means something else as a whole than in its parts");
  return other ?? reading;
}
