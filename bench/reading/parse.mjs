// Reads mails with mailparser: names on standard input, one JSON object a line on standard output.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";

// The packages are installed in the work folder, which is the current one.
const { simpleParser } = createRequire(process.cwd() + "/")("mailparser");
const options = { skipHtmlToText: true, skipTextToHtml: true, skipTextLinks: true, skipImageLinks: true };

for await (const file of createInterface({ input: process.stdin })) {
  let line = { file };
  try {
    const mail = await simpleParser(readFileSync(file), options);
    line = {
      file,
      subject: mail.subject ?? "",
      from: mail.from?.value?.[0]?.address ?? "",
      text: mail.text ?? "",
      html: mail.html || "",
      attachments: mail.attachments.length,
    };
  } catch (error) {
    line.error = String(error);
  }
  process.stdout.write(JSON.stringify(line) + "\n");
}
