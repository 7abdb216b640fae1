import { expect, test } from "vitest";
import { caseOf, sameDecision } from "./case";
import { readMail, writeMail } from "./mail";
import { alsoReplace, detailsOf, exampleOf, replacer, withExamples } from "./personal";

const MAIL = `From: "Sousa, Ana" <ana.sousa@acme.com>
To: Care <care@bank.example>, Bob Stone <bob@acme.com>
Subject: Order AB-48213, call me
Message-ID: <17.x@mail.acme.com>
In-Reply-To: <care-1@bank.example>

Hello Bob,

on 2026-11-30 I wrote to care@bank.example about order AB-48213 (AB-48213!).
My phone is +49 (170) 123 45 67, my account DE89 3704 0044 0532 0130 00, 14 days.
See acme.com or write to Ana.Sousa@ACME.com.

Ana Sousa
`;

test("what tells of a person is found, once, with an example", () => {
  const { mail } = readMail(MAIL);
  const details = detailsOf(mail, "interaction.email.to[0].address == 'care@bank.example' && domain == 'acme.com'");
  expect(details.map((one) => [one.kind, one.found, exampleOf(one, details)])).toEqual([
    ["name", "Sousa, Ana", "Alex Miller"],
    ["name", "Care", "Sam"],
    ["name", "Bob Stone", "Robin Baker"],
    ["messageId", "<17.x@mail.acme.com>", "<message-1@example.com>"],
    ["messageId", "<care-1@bank.example>", "<message-2@example.com>"],
    ["address", "ana.sousa@acme.com", "person1@company1.example"],
    ["domain", "acme.com", "company1.example"],
    ["address", "care@bank.example", "person2@bank.example"],
    ["address", "bob@acme.com", "person3@company1.example"],
    ["number", "DE89 3704 0044 0532 0130 00", "DE12 3456 7891 2345 6789 12"],
    ["number", "AB-48213", "AB-22345"],
    ["phone", "+49 (170) 123 45 67", "+12 (345) 678 91 23"],
  ]);
  // What the flow says is usually no person's: it is not chosen unasked.
  expect(details.filter((one) => one.inFlow).map((one) => one.found)).toEqual(["Care", "acme.com", "care@bank.example"]);
});

test("what data actions answer tells of persons, too", () => {
  const details = detailsOf({ from: "", text: "" }, "", ["ana@kunde.example", "48213777"]);
  expect(details.map((one) => [one.kind, one.found])).toEqual([["address", "ana@kunde.example"], ["number", "48213777"]]);
});

test("nothing is replaced by itself, nor two things by the same", () => {
  const text = "Call 12345678 or 87654321, write to person1@bank.example and person2@bank.example, of company1.example@x.com";
  const mail = { from: "Alex Miller <person1@bank.example>, Alex Miller <Ana@company1.org>", text };
  const details = detailsOf(mail, "").filter((one) => one.kind !== "domain");
  const examples = details.map((one) => exampleOf(one, []));
  for (const [place, one] of details.entries()) expect(examples[place]?.toLowerCase(), one.found).not.toBe(one.found.toLowerCase());
  expect(new Set(examples).size).toBe(examples.length);
  expect(details.map((one) => [one.found, one.example])).toContainEqual(["12345678", "22345678"]);
  expect(alsoReplace("Example 1", 0).example).toBe("example 2");
});

test("examples are the same everywhere, and nothing else changes", () => {
  const { mail } = readMail(MAIL);
  const details = detailsOf(mail, "");
  const made = withExamples(mail, details.filter((one) => one.found !== "Care" && one.found !== "care@bank.example"));
  expect(made).toEqual({
    from: '"Alex Miller" <person1@company1.example>',
    to: "Care <care@bank.example>, Robin Baker <person3@company1.example>",
    subject: "Order AB-22345, call me",
    messageId: "<message-1@example.com>",
    headers: { "In-Reply-To": "<message-2@example.com>" },
    text: `Hello Robin,

on 2026-11-30 I wrote to care@bank.example about order AB-22345 (AB-22345!).
My phone is +12 (345) 678 91 23, my account DE12 3456 7891 2345 6789 12, 14 days.
See company1.example or write to person1@company1.example.

Miller Alex
`,
  });
  expect(withExamples(mail, [])).toEqual(mail);
  // An address keeps its domain where that stays, and the domain of one that stays is replaced.
  const only = (...kinds: string[]) => withExamples(mail, details.filter((one) => kinds.includes(one.kind))).from;
  expect([only("address"), only("domain")]).toEqual(['"Sousa, Ana" <person1@acme.com>', '"Sousa, Ana" <ana.sousa@company1.example>']);
  expect(withExamples({ from: "a@b.example", text: "about Project Zeus" }, [alsoReplace("Project Zeus", 0)]).text).toBe("about example 1");
});

const FOUND: [name: string, mail: Partial<Parameters<typeof detailsOf>[0]>, found: [kind: string, found: string][]][] = [
  ["a number after a date", { text: "2026-01-05 0301234567" }, [["phone", "0301234567"]]],
  ["a name that a reply quotes", { text: "> From: Dieter Bohlen <dieter@bohlen.example>\nschrieb Karl Schulz <karl@schulz.example>" }, [["name", "Dieter Bohlen"], ["name", "Karl Schulz"], ["address", "dieter@bohlen.example"], ["address", "karl@schulz.example"]]],
  ["what links lead to", { html: '<a href="mailto:secret.person@hidden.example">x</a><a href=tel:+34911223344>y</a><a href="https://x.example/?u=9988776655">z</a>' }, [["address", "secret.person@hidden.example"], ["phone", "+34911223344"], ["number", "9988776655"]]],
  ["titles, comments, entities", { html: '<p title="pedro@lopez.example">ana&#64;lopez.example</p><!-- 77665544 -->' }, [["address", "ana@lopez.example"], ["address", "pedro@lopez.example"], ["number", "77665544"]]],
  ["fields of lists", { headers: { "List-Unsubscribe": "<mailto:unsub-ana@list.example>, <https://k.example/u?e=ana.sousa%40k.example>", "List-Id": "<anas-list.kunde.org>" } }, [["domain", "anas-list.kunde.org"], ["address", "unsub-ana@list.example"], ["address", "ana.sousa@k.example"]]],
];
test.each(FOUND)("found: %s", (_, mail, found) => {
  expect(detailsOf({ from: "", ...mail }, "").map((one) => [one.kind, one.found])).toEqual(found);
});

test("what was chosen is replaced however it is written", () => {
  const mail = { from: "José García <jose@garcia.example>", subject: "JOSÉ GARCÍA, josé", html: '<p>Jos&eacute; Garc&iacute;a &amp; <a href="mailto:jose%40garcia.example">jose&#64;garcia.example</a></p>', text: "a=jose=40garcia.example" };
  const made = withExamples(mail, detailsOf(mail, ""));
  expect(made).toEqual({ from: "Alex Miller <person1@garcia.example>", subject: "Alex Miller, Alex", html: '<p>Alex Miller &amp; <a href="mailto:person1%40garcia.example">person1@garcia.example</a></p>', text: "a=person1=40garcia.example" });
});

test("an address that stays keeps the name in it", () => {
  const mail = { from: "Ana Sousa <ana@customer.example>", text: "ana@customer.example, Ana" };
  expect(withExamples(mail, detailsOf(mail, "").filter(({ kind }) => kind === "name"))).toEqual({ from: "Alex Miller <ana@customer.example>", text: "ana@customer.example, Alex" });
});

test("a flow says what it compares with, in whole words", () => {
  const says = (flow: string) => detailsOf({ from: "Tex <tex@b.example>" }, flow)[0]?.inFlow;
  expect([says('{"message":"text"}'), says("${contains(subject, 'text')}"), says('{"when":"${tex == 1}"}'), says("${name == 'tex'}"), says('{"when":"${name == \\"Tex\\"}"}')]).toEqual([false, false, false, true, true]);
});

const DIGITS: [text: string, found: string[]][] = [
  ["1234", []],
  ["12345", ["12345"]],
  ["30.11.2026 and 2026-11-30 and 11:45:30", []],
  ["0171/1234567", ["0171/1234567"]],
  ["4111 1111 1111 1111", ["4111 1111 1111 1111"]],
  ["order no. 20261130-0007.", ["20261130-0007"]],
  ["version 1.2.3", []],
  ["x12345y and 12345@b.example", []],
  ["CASE00012345", ["CASE00012345"]],
];
test.each(DIGITS)("numbers: %s", (text, found) => {
  expect(detailsOf({ from: "a@b.example", text }, "").flatMap((one) => (["number", "phone"].includes(one.kind) ? [one.found] : []))).toEqual(found);
});

test("many numbers have an example each", () => {
  const text = Array.from({ length: 40 }, (_, nth) => `${20_000 + nth}`).join("\n");
  const details = detailsOf({ from: "", text }, "");
  expect(new Set(details.map((one) => one.example)).size).toBe(40);
});

const MAILS: [name: string, raw: string, mail: object, left: string[]][] = [
  ["plain", "From: a@b.example\nSubject: Hi\n\nHello\n\nthere\n", { from: "a@b.example", subject: "Hi", text: "Hello\n\nthere\n" }, []],
  ["folded and encoded", "From: =?utf-8?q?Zo=C3=AB_?=\r\n =?utf-8?b?S8O2aG4=?= <a@b.example>\r\nSubject: one\r\n two\r\n\r\nx", { from: "Zoë Köhn <a@b.example>", subject: "one two", text: "x" }, []],
  ["quoted-printable", "From: a@b.example\nContent-Type: text/plain; charset=iso-8859-1\nContent-Transfer-Encoding: quoted-printable\n\ngr=FC=DFe =\nan alle\n", { from: "a@b.example", text: "grüße an alle\n" }, []],
  [
    "several parts",
    'From: a@b.example\nContent-Type: multipart/mixed; boundary="o"\n\nx\n--o\nContent-Type: multipart/alternative; boundary=i\n\n--i\nContent-Type: text/plain\nContent-Transfer-Encoding: base64\n\nSGVsbG8K\n--i\nContent-Type: text/html\n\n<p>Hello</p>\n--i--\n--o\nContent-Type: application/pdf; name="bill.pdf"\nContent-Disposition: attachment\n\nx\n--o--\n',
    { from: "a@b.example", text: "Hello\n", html: "<p>Hello</p>" },
    ["bill.pdf"],
  ],
  ["an automatic reply", "From: a@b.example\nAuto-Submitted: auto-replied\n\n", { from: "a@b.example", text: "", headers: { "Auto-Submitted": "auto-replied" } }, []],
];
test.each(MAILS)("a mail is read: %s", (_, raw, mail, left) => {
  const read = readMail(raw);
  expect(read).toEqual({ mail, left });
  expect(readMail(writeMail(read.mail)).mail).toEqual(mail);
});

test("a case says the mail, when, and what came of it", () => {
  const tried = { decision: { kind: "queue", priority: 5, queue: { id: "1", name: "Billing" } }, attributes: { order: "AB-22345" } };
  expect(caseOf("Front desk", { from: "a@b.example", subject: "Hi", text: "x\n" }, "2026-11-30T08:00:00Z", [{ dataAction: "Find customer", output: { tier: "gold" } }], tried as never)).toBe(`tests:
  - name: a mail about Hi
    flow: Front desk
    at: 2026-11-30T08:00:00Z
    mail:
      from: a@b.example
      subject: Hi
      text: |
        x
    answers:
      - dataAction: Find customer
        output:
          tier: gold
    expect:
      decision: queue
      queue: Billing
      priority: 5
      attributes:
        order: AB-22345
`);
});

test("a decision is the same although an attribute has an example", () => {
  const tried = (queue: string, order: string) => ({ decision: { kind: "queue", queue: { id: queue, name: queue } }, attributes: { order } }) as never;
  const replace = replacer(detailsOf({ from: "", text: "12345" }, ""));
  const example = replace("12345");
  expect([sameDecision(tried("A", "12345"), tried("A", example), replace), sameDecision(tried("A", "12345"), tried("B", example), replace), sameDecision(tried("A", "12345"), tried("A", ""), replace)]).toEqual([true, false, false]);
});
