import { queryOptions } from "@tanstack/react-query";
import { request, type Schemas } from "./client";

/** Pictures that a browser draws without running anything. SVG is none: it is a document with scripts. */
const DRAWN = new Set(["image/png", "image/gif", "image/jpeg", "image/webp", "image/bmp"]);

/** A picture has at most this many bytes, and a mail's pictures together. */
const [MOST_EACH, MOST_TOGETHER] = [4 * 1024 * 1024, 12 * 1024 * 1024];

/** The ids by which a mail's HTML refers to its own parts (RFC 2392), each once. */
export function referredIds(html: string): string[] {
  const found = [...html.matchAll(/\bsrc\s*=\s*(?:"\s*cid:([^"]+)"|'\s*cid:([^']+)'|cid:([^\s>]+))/gi)];
  return [...new Set(found.map(([, one, other, bare]) => bareId(one ?? other ?? bare ?? "")))];
}

/** An id as a part's header has it: an address may be written with escapes. */
export function bareId(reference: string): string {
  try {
    return decodeURIComponent(reference.trim());
  } catch {
    return reference.trim();
  }
}

/** The parts that a mail's HTML shows as pictures, as far as they are small enough and nothing but pictures. */
export function shownPictures(html: string, attachments: Schemas["Attachment"][]): Schemas["Attachment"][] {
  let left = MOST_TOGETHER;
  return referredIds(html).flatMap((id) => {
    const part = attachments.find((one) => one.contentId === id);
    if (!part || !DRAWN.has(part.contentType) || part.size > MOST_EACH || part.size > left) return [];
    left -= part.size;
    return [part];
  });
}

/** A part of a mail as a `data:` URL of a picture's type, whatever is in it. */
export const picture = (interactionId: string, { number, contentType }: Pick<Schemas["Attachment"], "number" | "contentType">) =>
  queryOptions({
    queryKey: ["picture", interactionId, number],
    queryFn: async ({ signal }) => {
      if (!DRAWN.has(contentType)) throw new Error(`${contentType} is no picture`);
      const response = await request(`/interactions/${interactionId}/attachments/${number}`, { signal });
      return dataUrl(new Blob([await response.arrayBuffer()], { type: contentType }));
    },
    staleTime: Infinity,
    gcTime: 60_000,
  });

function dataUrl(blob: Blob): Promise<string> {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(String(reader.result));
    reader.onerror = () => failed(reader.error ?? new Error("the picture can't be read"));
    reader.readAsDataURL(blob);
  });
}
