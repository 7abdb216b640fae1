/** A mail as a case of a test file says it. */
export interface CaseMail {
  from: string;
  to?: string;
  cc?: string;
  replyTo?: string;
  subject?: string;
  text?: string;
  html?: string;
  headers?: Record<string, string>;
  messageId?: string;
}

/** Header fields that say what kind of mail it is, or what it answers. Others are about the way that it took. */
const TELLING = ["In-Reply-To", "References", "Auto-Submitted", "Precedence", "List-Id", "List-Unsubscribe", "X-Auto-Response-Suppress"];

/** The fields of a raw mail, decoded. What a case has no place for, such as attachments, is named in `left`. */
export function readMail(raw: string): { mail: CaseMail; left: string[] } {
  const part = partOf(raw.replace(/\r\n/g, "\n"));
  const word = (name: string) => words(part.header(name));
  const found: Found = { left: [] };
  gather(part, found);
  const headers = Object.fromEntries(TELLING.flatMap((name) => (part.header(name) ? [[name, words(part.header(name))]] : [])));
  const text = found.text ?? (found.html === undefined ? "" : undefined);
  const mail: CaseMail = {
    from: word("from"),
    ...(word("to") && { to: word("to") }),
    ...(word("cc") && { cc: word("cc") }),
    ...(word("reply-to") && { replyTo: word("reply-to") }),
    ...(word("subject") && { subject: word("subject") }),
    ...(text !== undefined && { text }),
    ...(found.html !== undefined && { html: found.html }),
    ...(Object.keys(headers).length > 0 && { headers }),
    ...(part.header("message-id") && { messageId: part.header("message-id") }),
  };
  return { mail, left: found.left };
}

/** The same as a raw mail, to be tried. */
export function writeMail(mail: CaseMail): string {
  const fields: [string, string | undefined][] = [["From", mail.from], ["To", mail.to], ["Cc", mail.cc], ["Reply-To", mail.replyTo], ["Subject", mail.subject], ["Message-ID", mail.messageId], ...Object.entries(mail.headers ?? {})];
  const head = fields.flatMap(([name, value]) => (value ? [`${name}: ${value.replace(/\s*\n\s*/g, " ")}`] : []));
  const one = (type: string, body: string) => `Content-Type: ${type}; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n${body}`;
  const { text, html } = mail;
  const boundary = "part-of-a-case";
  const body =
    text !== undefined && html !== undefined
      ? `Content-Type: multipart/alternative; boundary=${boundary}\n\n--${boundary}\n${one("text/plain", text)}\n--${boundary}\n${one("text/html", html)}\n--${boundary}--\n`
      : one(html === undefined ? "text/plain" : "text/html", text ?? html ?? "");
  return `${[...head, "MIME-Version: 1.0"].join("\n")}\n${body}`;
}

interface Part {
  header: (name: string) => string;
  body: string;
}

interface Found {
  text?: string;
  html?: string;
  left: string[];
}

function partOf(raw: string): Part {
  const end = raw.startsWith("\n") ? 0 : raw.indexOf("\n\n");
  const head = (end < 0 ? raw : raw.slice(0, end)).replace(/\n[ \t]+/g, " ").split("\n");
  const header = (name: string) => head.find((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))?.slice(name.length + 1).trim() ?? "";
  return { header, body: end < 0 ? "" : raw.slice(end).replace(/^\n{1,2}/, "") };
}

function gather(part: Part, found: Found, depth = 0) {
  const type = part.header("content-type") || "text/plain";
  const parameter = (name: string) => new RegExp(`;\\s*${name}\\s*=\\s*(?:"([^"]*)"|([^;\\s]+))`, "i").exec(type)?.slice(1).find(Boolean);
  const boundary = parameter("boundary");
  if (/^multipart\//i.test(type) && boundary && depth < 8) {
    const inside = part.body.split(new RegExp(`^--${boundary.replace(/[^\w]/g, "\\$&")}(?:--)?[ \\t]*(?:\\n|$)`, "m"));
    for (const one of inside.slice(1, -1).concat(inside.at(-1)?.trim() ? [inside.at(-1) ?? ""] : [])) gather(partOf(one.replace(/\n$/, "")), found, depth + 1);
    return;
  }
  const attached = /^attachment/i.test(part.header("content-disposition"));
  const decoded = () => charset(bytesOf(part), parameter("charset"));
  if (!attached && /^text\/plain/i.test(type) && found.text === undefined) found.text = decoded();
  else if (!attached && /^text\/html/i.test(type) && found.html === undefined) found.html = decoded();
  else found.left.push(parameter("name") ?? /filename="?([^";]+)/i.exec(part.header("content-disposition"))?.[1] ?? type.split(";")[0] ?? "a part");
}

/** The bytes of a part, or its text where it is not encoded. */
function bytesOf(part: Part): Uint8Array | string {
  const encoding = part.header("content-transfer-encoding").toLowerCase();
  if (encoding === "base64") return fromBase64(part.body);
  if (encoding === "quoted-printable") return fromQuoted(part.body.replace(/=[ \t]*\n/g, ""), false);
  return part.body;
}

function fromBase64(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text.replace(/[^A-Za-z0-9+/]/g, "")), (one) => one.charCodeAt(0));
  } catch {
    return new Uint8Array();
  }
}

const fromQuoted = (text: string, inHeader: boolean) => {
  const bytes: number[] = [];
  const plain = new TextEncoder();
  for (const [piece, hex] of text.matchAll(/=([0-9A-Fa-f]{2})|[^=]+|=/g)) {
    if (hex) bytes.push(Number.parseInt(hex, 16));
    else for (const byte of plain.encode(inHeader ? piece.replaceAll("_", " ") : piece)) bytes.push(byte);
  }
  return Uint8Array.from(bytes);
};

function charset(bytes: Uint8Array | string, name: string | undefined): string {
  if (typeof bytes === "string") return bytes;
  try {
    return new TextDecoder(name ?? "utf-8").decode(bytes).replace(/\r\n/g, "\n");
  } catch {
    return new TextDecoder().decode(bytes).replace(/\r\n/g, "\n");
  }
}

/** Encoded words (RFC 2047) as what they say. Between two of them white space means nothing. */
const words = (text: string) =>
  text.replace(/(=\?[^?\s]+\?[bq]\?[^?\s]*\?=)\s+(?==\?)/gi, "$1").replace(/=\?([^?*\s]+)[^?\s]*\?([bq])\?([^?\s]*)\?=/gi, (_, name: string, how: string, content: string) => charset(how.toLowerCase() === "b" ? fromBase64(content) : fromQuoted(content, true), name));
