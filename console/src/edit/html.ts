const ENTITY = /&(?:#\d+|#x[\da-f]+|[a-z][a-z\d]*);/gi;
/** Attributes that say something to people, or lead somewhere. */
const TELLING = /\s(?:href|src|action|title|alt|content|value|data-[\w-]+)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>]+))/gi;

/** What HTML says of people: its text, its comments, what its links lead to, what is shown when one points at it. */
export function told(html: string): string {
  const bare = html.replace(/<(style|script)\b[^>]*>[\s\S]*?<\/\1\s*>/gi, " ");
  const attributes = [...bare.matchAll(TELLING)].map(([, double, single, none]) => double ?? single ?? none ?? "");
  const comments = [...bare.matchAll(/<!--([\s\S]*?)-->/g)].map(([, comment]) => comment ?? "");
  const text = bare.replace(/<!--[\s\S]*?-->/g, " ").replace(/<[^>]*>/g, " ");
  return [text, ...attributes, ...comments].map((one) => one.replace(ENTITY, meant)).join("\n");
}

/** HTML with letters, digits and what addresses have as they are; what HTML needs stays encoded. */
export const decoded = (html: string): string =>
  html.replace(ENTITY, (entity) => {
    const is = meant(entity);
    return /^[\p{L}\p{M}\p{N}@.+_-]$/u.test(is) ? is : entity;
  });

function meant(entity: string): string {
  const reader = document.createElement("textarea");
  reader.innerHTML = entity;
  return reader.value;
}
