// Reads mails with postal-mime: file names as arguments, one JSON object a line on standard output.
"use strict";
const { createHash } = require("node:crypto");
const { readFileSync } = require("node:fs");
const PostalMime = require("postal-mime").default ?? require("postal-mime");

const lines = (text) => text.replaceAll("\r\n", "\n").replace(/\n+$/, "");
const addresses = (field) => [field ?? []].flat().map((one) => [one.name, one.address]);

async function attached(part) {
  const one = { name: part.filename ?? null, type: part.mimeType };
  const content = Buffer.from(part.content);
  if (one.type === "message/rfc822") return { ...one, mail: await read(content) };
  return { ...one, sha256: createHash("sha256").update(content).digest("hex") };
}

async function read(raw) {
  const mail = await PostalMime.parse(raw, { forceRfc822Attachments: true });
  return {
    subject: mail.subject,
    from: addresses(mail.from),
    to: addresses(mail.to),
    cc: addresses(mail.cc),
    messageId: mail.messageId ?? "",
    inReplyTo: mail.inReplyTo ?? "",
    references: (mail.references ?? "").split(/\s+/).filter(Boolean),
    date: mail.date ? Date.parse(mail.date) / 1000 : null,
    text: mail.text === undefined ? null : lines(mail.text),
    html: mail.html === undefined ? null : lines(mail.html),
    attachments: await Promise.all(mail.attachments.map(attached)),
  };
}

(async () => {
  for (const file of process.argv.slice(2)) {
    process.stdout.write(JSON.stringify(await read(readFileSync(file))) + "\n");
  }
})();
