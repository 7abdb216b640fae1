import { decoded, told } from "./html";
import type { CaseMail } from "./mail";
import { isParted, urlReplacer, URLS } from "./urls";

/** Something in a mail that tells of a person, and what may stand in its place. */
export interface Detail {
  kind: "name" | "address" | "domain" | "phone" | "number" | "messageId" | "text";
  found: string;
  example: string;
  /** Whether the flow itself says it: what it compares with is usually no person's. */
  inFlow: boolean;
}

export const KINDS: Record<Detail["kind"], string> = { name: "Name", address: "Address", domain: "Domain", phone: "Phone number", number: "Number", messageId: "Message id", text: "Text" };

const FIRST = ["Alex", "Sam", "Robin", "Kim", "Jo", "Chris", "Toni", "Jamie"];
const LAST = ["Miller", "Carter", "Baker", "Fisher", "Turner", "Mason", "Cooper", "Parker"];

const ADDRESS = /[\p{L}\p{N}._%+'-]+@(?:[\p{L}\p{N}-]+\.)+\p{L}{2,}/gu;
const MESSAGE_ID = /<[^<>\s@]+@[^<>\s]+>/g;
const IBAN = /(?<![\p{L}\p{N}])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?(?![\p{L}\p{N}])/gu;
/** Five digits at least: calls, orders, customers, accounts. */
const DIGITS = /(?<![\p{L}\p{N}@.])(?:[A-Z]{1,10}[- ]?)?\+?\(?\d(?:[ \u00a0()/.-]{0,2}\d){4,}(?![\p{L}\p{N}@])/gu;
const DATE = /(?<![\p{L}\p{N}@+(]|\d[-./])(?:\d{4}[-./]\d{1,2}[-./]\d{1,2}|\d{1,2}[-./]\d{1,2}[-./]\d{4})(?!\d)/gu;
/** A name beside an address in a text, as in what a reply quotes: words that begin with a capital. */
const BESIDE = /((?:\p{Lu}[\p{L}'.-]*[ \u00a0]){0,3}\p{Lu}[\p{L}'.-]*)"?\s*[<[](?:mailto:)?[^<>[\]\s]+@/gu;
/** What an expression compares with. In JSON its double quotes are escaped. */
const LITERAL = /'((?:[^'\\]|\\.)*)'|\\"(.*?)\\"/gs;
/** How an `@` is written in addresses of pages, in HTML and in encoded text. */
const AT = ["%40", "&#64;", "&#x40;", "&commat;", "=40"];
/** Kept for examples (RFC 2606, RFC 6761): nobody's. */
const EXAMPLE = /(?:^|\.)(?:example|test|invalid|localhost)$|^example\.(?:com|net|org)$/i;

/** What in a mail, and in other texts of its case, tells of persons, each once, with an example for it. `flow` is the text of the flow that decides it. */
export function detailsOf(mail: CaseMail, flow: string, others: readonly string[] = []): Detail[] {
  const details: Detail[] = [];
  const known = new Set<string>();
  const next = new Map<Detail["kind"], number>();
  const says = [...flow.matchAll(LITERAL)].map(([, one, other]) => one ?? other ?? "").flatMap((one) => [one, one.replaceAll("@", " ")]).join("\n");
  const add = (kind: Detail["kind"], found: string, example: (nth: number) => string) => {
    const key = `${kind} ${found.toLowerCase()}`;
    if (known.has(key)) return;
    known.add(key);
    // What looks like an example already may be somebody's all the same: it becomes another.
    const nth = other(found, next.get(kind) ?? 0, example);
    next.set(kind, nth + 1);
    details.push({ kind, found, example: example(nth), inFlow: wordsOf([found]).test(says) });
  };
  const heads = [mail.from, mail.replyTo, mail.to, mail.cc].flatMap((one) => one ?? []);
  for (const head of heads) for (const name of namesIn(head)) add("name", name, (nth) => nameLike(name, nth));
  const fields = Object.entries(mail.headers ?? {}).flatMap(([name, value]) => (ANSWERED.includes(name) ? [] : [value]));
  const content = withoutEscapes([mail.subject ?? "", mail.text ?? "", told(mail.html ?? ""), ...fields, ...others].join("\n"));
  for (const [, name = ""] of content.matchAll(BESIDE)) add("name", name, (nth) => nameLike(name, nth));
  const ids = [mail.messageId ?? "", mail.headers?.["In-Reply-To"] ?? "", mail.headers?.References ?? ""].join(" ");
  for (const [, list] of (mail.headers?.["List-Id"] ?? "").matchAll(/<([^<>\s@]+\.[^<>\s@]+)>/g)) if (list && !EXAMPLE.test(list)) add("domain", list, (nth) => `company${nth + 1}.example`);
  for (const [id] of ids.matchAll(MESSAGE_ID)) add("messageId", id, (nth) => `<message-${nth + 1}@example.com>`);
  for (const [found] of [...heads, content].join("\n").matchAll(ADDRESS)) {
    const domain = found.slice(found.lastIndexOf("@") + 1);
    add("address", found, (nth) => `person${nth + 1}`);
    if (!EXAMPLE.test(domain)) add("domain", domain, (nth) => `company${nth + 1}.example`);
  }
  const blank = (found: string) => " ".repeat(found.length);
  let rest = content.replace(ADDRESS, blank).replace(DATE, blank);
  const take = (pattern: RegExp, kind: (found: string) => Detail["kind"] | undefined) => {
    rest = rest.replace(pattern, (found) => {
      const is = kind(found);
      if (is) add(is, found, (nth) => digitsLike(found, nth));
      return " ".repeat(found.length);
    });
  };
  take(IBAN, () => "number");
  take(DIGITS, (found) => (/^(?:\+|\(?0)/.test(found) && found.replace(/\D/g, "").length >= 7 ? "phone" : "number"));
  return details;
}

/** Which example is another text than what it stands for, from one on. Of an address it stands before the `@`. */
const other = (found: string, nth: number, example: (nth: number) => string): number => ([found, found.slice(0, Math.max(0, found.lastIndexOf("@")))].some((one) => one.toLowerCase() === example(nth).toLowerCase()) ? nth + 1 : nth);

/** Something that somebody saw in the mail. */
export function alsoReplace(found: string, nth: number): Detail {
  const example = (nth: number) => `example ${nth + 1}`;
  return { kind: "text", found, example: example(other(found, nth, example)), inFlow: false };
}

/** What a detail is shown to become. */
export const exampleOf = (detail: Detail, chosen: readonly Detail[]): string => (detail.kind === "address" ? addressLike(detail, chosen) : detail.example);

/** A mail with examples in the place of the chosen details: the same everywhere. */
export function withExamples(mail: CaseMail, chosen: readonly Detail[]): CaseMail {
  const replace = replacer(chosen);
  const { headers, ...fields } = { ...mail, ...(mail.html !== undefined && chosen.length > 0 && { html: decoded(mail.html) }) };
  const made = Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, replace(value as string)])) as unknown as CaseMail;
  return { ...made, ...(headers && { headers: Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, replace(value)])) }) };
}

/** One pass: an example is not replaced again. */
export function replacer(chosen: readonly Detail[]): (text: string) => string {
  const table = new Map<string, string>();
  const put = (found: string, example: string) => {
    const key = plain(found);
    if (found && !table.has(key)) table.set(key, example);
  };
  for (const one of chosen) {
    const example = exampleOf(one, chosen);
    put(one.found, example);
    if (one.kind === "address") for (const at of AT) put(one.found.replace("@", at), example.replace("@", at));
  }
  // A name's parts stand alone, too: "Dear Ana".
  for (const one of chosen.filter(({ kind }) => kind === "name")) {
    const [parts, examples] = [one.found.split(/[\s,]+/), one.example.split(" ")];
    for (const [place, part] of parts.entries()) if (part.length > 2) put(part, examples[Math.min(place, examples.length - 1)] ?? part);
  }
  if (table.size === 0) return (text) => text;
  // A phone number with a slash is looked for before the parts of a URL.
  const keys = [...table.keys()];
  const parted = keys.filter(isParted);
  const across = parted.length > 0 ? wordsOf(parted) : undefined;
  const pattern = new RegExp([...(across ? [across.source] : []), `(${URLS})`, wordsOf(keys).source].join("|"), "giu");
  const replace = (text: string): string => text.replace(pattern, (found, url?: string) => (url === undefined ? (table.get(plain(found)) ?? found) : inUrl(url)));
  const inUrl = urlReplacer(chosen.map((one) => ({ ...one, example: exampleOf(one, chosen) })), replace, across);
  return replace;
}

/** However it is written: `ANA SOUSA` is the same person. */
const plain = (text: string) => text.toLowerCase().replace(/\s+/g, " ");

/** Texts as whole words, the longest first. What is before an `@` is an address's, which is replaced as a whole or not at all. */
function wordsOf(texts: readonly string[]): RegExp {
  const escaped = [...texts].sort((one, other) => other.length - one.length).map((one) => one.replace(/[\\^$.*+?()[\]{}|/]/g, "\\$&").replace(/\s+/g, "\\s+"));
  return new RegExp(`(?<![\\p{L}\\p{N}])(?:${escaped.join("|")})(?!\\.?[\\p{L}\\p{N}]|@|${AT.join("|")})`, "giu");
}

const withoutEscapes = (text: string) => text.replace(/(?:%[0-9a-f]{2})+/gi, (found) => {
  try {
    return decodeURIComponent(found);
  } catch {
    return found;
  }
});

/** Fields of ids: what looks like an address there is none. */
const ANSWERED = ["In-Reply-To", "References"];

function addressLike(one: Detail, chosen: readonly Detail[]): string {
  const domain = one.found.slice(one.found.lastIndexOf("@") + 1);
  const other = chosen.find(({ kind, found }) => kind === "domain" && found.toLowerCase() === domain.toLowerCase());
  return `${one.example}@${other?.example ?? domain}`;
}

/** Names beside addresses in a header field: `Ana Sousa <ana@customer.example>`. */
function namesIn(head: string): string[] {
  return [...head.matchAll(/(?:^|,)\s*(?:"((?:[^"\\]|\\.)*)"|([^<>",@]+?))\s*<[^<>]*>/g)].flatMap(([, quoted, plain]) => {
    const name = (quoted?.replace(/\\(.)/g, "$1") ?? plain ?? "").trim();
    return name && !name.includes("@") ? [name] : [];
  });
}

function nameLike(name: string, nth: number): string {
  const [first = "", last = ""] = [FIRST[nth % FIRST.length], LAST[nth % LAST.length]];
  const again = nth >= FIRST.length ? ` ${Math.floor(nth / FIRST.length) + 1}` : "";
  return `${/\s/.test(name) ? `${first} ${last}` : first}${again}`;
}

/** Other digits in the same form: an expression that looks for the form still finds it. */
function digitsLike(found: string, nth: number): string {
  let place = 0;
  return found.replace(/\d/g, () => {
    const digit = place === 0 ? nth : place === 1 ? 1 + Math.floor(nth / 9) : place;
    place++;
    return String((digit % 9) + 1);
  });
}
