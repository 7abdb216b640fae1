// What people look at: how mail does, what a version changes, what uses what, how a run went. And a reply that survives the end of a session.
import { BASE, browser, check, CLIENT_ID, CLIENT_SECRET, eventually, looks, noise, page, shot, signIn, tell, token, wait } from "./harness.mjs";

const bearer = await token(CLIENT_ID, CLIENT_SECRET);
/** A request by the API, as somebody else makes it. */
const api = async (method, path, body, type = "application/json") => {
  const response = await fetch(`${BASE}/api/v2${path}`, { method, headers: { authorization: `Bearer ${bearer}`, ...(body && { "content-type": type }) }, ...(body && { body: type === "application/json" ? JSON.stringify(body) : body }) });
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`);
  return await response.json();
};
const send = async (to, subject, rest = "Content-Type: text/plain\r\n\r\nhello\r\n") => {
  const mail = `From: Ada <ada@example.org>\r\nTo: ${to}\r\nSubject: ${subject}\r\nMessage-ID: <${crypto.randomUUID()}@example.org>\r\nMIME-Version: 1.0\r\n${rest}`;
  return (await api("POST", `/interactions?from=ada@example.org&to=${to}&wait=true`, mail, "message/rfc822")).id;
};
const flowId = async (name) => (await api("GET", "/flows?pageSize=100")).entities.find((flow) => flow.name === name).id;

// A flow with loops, a draft of the router, and a picture within a mail.
const orders = Array.from({ length: 12 }, (_, place) => `'A-${place + 1}'`).join(", ");
const loops = await api("POST", "/flows", {
  name: "Order Check",
  type: "email",
  nodes: [
    { id: "words", name: "Look at each order", actions: [{ type: "forEach", name: "Each order", items: `\${[${orders}]}`, as: "order", actions: [{ type: "log", message: "order ${order}" }] }], next: [{ to: "done" }] },
    { id: "done", actions: [{ type: "transferToQueue", queue: "General" }] },
  ],
});
await api("POST", "/routing/email/domains/example.com/routes", { pattern: "orders", flow: { id: loops.id } });
const router = await flowId("Inbound Email Router");
const document = await api("GET", `/flows/${router}/versions/1/configuration`);
document.nodes = document.nodes.filter((node) => node.id !== "press");
const classify = document.nodes.find((node) => node.id === "classify");
classify.next = classify.next.filter((branch) => branch.to !== "press").map((branch) => (branch.to === "billing" ? { ...branch, when: "${topic == 'billing' && !urgent}" } : branch));
classify.next.unshift({ when: "${topic == 'billing'}", to: "urgent" });
document.nodes.push({ id: "urgent", name: "Urgent money", actions: [{ type: "transferToQueue", queue: "Billing", priority: 20 }] });
await api("PUT", `/flows/${router}?draft=true`, document);
const picture = "iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR4nGPgqsiDIwbiOACAAw8BLW0X9QAAAABJRU5ErkJggg==";
const chart = await send(
  "care@example.com",
  "A chart of my refund",
  [
    "Content-Type: multipart/related; boundary=b", "", "--b", "Content-Type: text/html", "", '<p>My chart</p><img alt="chart" src="cid:chart%40example"><img alt="evil" src="cid:evil">',
    "--b", "Content-Type: image/png; name=chart.png", "Content-ID: <chart@example>", "Content-Transfer-Encoding: base64", "", picture,
    "--b", "Content-Type: image/svg+xml; name=evil.svg", "Content-ID: <evil>", "", '<svg xmlns="http://www.w3.org/2000/svg" onload="parent.pwned=1"></svg>', "--b--", "",
  ].join("\r\n"),
);
const looped = await send("orders@example.com", "My orders");

const tile = (name) => page.locator(".number-tile", { hasText: name });
const number = async (name) => Number((await tile(name).locator("strong").textContent()).replaceAll(",", ""));
const grows = (name, to) => wait(async () => (await number(name)) === to, async () => `${name} is ${await number(name)}, not ${to}`);

await tell(async () => {
  await page.goto(`${BASE}/`);
  await signIn(CLIENT_ID, CLIENT_SECRET);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  noise.splice(0);

  // Overview: numbers as they happen, and each leads to its list.
  await page.getByRole("button", { name: "Live", exact: true }).waitFor();
  await page.locator(".plot-canvas canvas").nth(2).waitFor();
  await looks("overview");
  const mail = await number("Mail");
  await send("care@example.com", "One more");
  await grows("Mail", mail + 1);
  check("a number grows as mail comes, without asking again and again", true);
  await page.getByRole("button", { name: "Live", exact: true }).click();
  await page.getByRole("button", { name: "Paused" }).waitFor();
  await send("care@example.com", "And another");
  await page.waitForTimeout(2000);
  check("what is held still stays", (await number("Mail")) === mail + 1, await number("Mail"));
  await page.getByRole("button", { name: "Paused" }).click();
  await grows("Mail", mail + 2);
  check("and goes on with what it missed", true);
  const plot = page.getByRole("region", { name: "Mail a minute" });
  await plot.getByRole("button", { name: "Table" }).focus();
  await page.keyboard.press("Enter");
  await plot.getByRole("row").nth(1).waitFor();
  await plot.getByRole("row").nth(1).getByRole("link").focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Interactions" }).waitFor();
  await page.getByRole("row").nth(1).waitFor();
  await eventually("a minute leads to its mail, by keyboard alone", () => /since=.*until=/.test(page.url()), () => page.url());
  await page.goBack();
  await page.getByRole("button", { name: "24 hours" }).click();
  await page.getByRole("region", { name: "Mail in 15 minutes" }).waitFor();
  await eventually("a period is in the address", () => page.url().endsWith("minutes=1440"), () => page.url());
  await page.getByRole("region", { name: /^Decisions/ }).getByRole("link", { name: /^Billing/ }).click();
  await page.waitForURL(/queue=.*since=/);
  check("a queue's decisions lead to them", true);

  // Flows: how they do, and what a draft changes.
  await page.getByRole("navigation").getByRole("link", { name: "Flows" }).click();
  const row = page.getByRole("row", { name: /Inbound Email Router/ });
  await row.getByRole("link", { name: /^\d+$/ }).first().waitFor();
  await eventually("a flow says how many runs it had, and what changed last", async () => /published version 1|saved version 2/.test(await row.textContent()), () => row.textContent());
  await looks("flows");
  await page.getByRole("button", { name: "With drafts" }).click();
  await wait(async () => (await page.getByRole("row").count()) === 2);
  await page.getByRole("link", { name: "draft 2" }).click();
  await page.locator(".card.change-added").waitFor();
  await eventually("a draft leads to what it changes", () => page.url().endsWith(`/flows/${router}/diff?from=1&to=2`), () => page.url());
  const shown = async () => await Promise.all(["added", "removed", "changed"].map((change) => page.locator(`.card.change-${change}`).count()));
  await eventually("the graph shows what was added, removed and changed", async () => (await shown()).join() === "1,1,1", shown);
  const words = () => page.locator(".edge-label.change-added, .edge-label.change-removed, .edge-label.change-changed").allTextContents();
  await eventually("edges too, in words", async () => (await words()).some((text) => text.startsWith("+ ")), words);
  await looks("diff");
  await page.keyboard.press("j");
  await page.waitForURL(/look=1/);
  await page.keyboard.press("j");
  await page.waitForURL(/look=2/);
  await eventually("differences are stepped through by keyboard, and the graph follows", async () => (await page.locator(".card.current").count()) === 1 && (await page.locator(".differences .picked").count()) === 1);
  await page.locator(".react-flow__node", { hasText: "Urgent money" }).click();
  await eventually("a node leads to its differences", async () => (await page.locator(".differences .picked").textContent()).includes("Urgent money"), () => page.locator(".differences .picked").textContent());
  await page.getByRole("button", { name: "Swap the versions" }).click();
  await page.waitForURL(/from=2&to=1/);
  await page.locator(".card.change-removed", { hasText: "Urgent money" }).waitFor();
  check("the other way round, what was added is removed", true);

  // The map.
  await page.getByRole("navigation").getByRole("link", { name: "Map" }).click();
  await page.locator(".object").nth(5).waitFor();
  await looks("map");
  await page.getByLabel("Find an object").fill("urgency");
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Urgency Check" }).waitFor();
  const reached = page.getByRole("region", { name: "A change reaches" });
  await eventually("the map says what a change reaches, all the way", async () => {
    const told = await reached.textContent();
    return ["Email Classifier", "Inbound Email Router", "care@example.com"].every((name) => told.includes(name));
  }, () => reached.textContent());
  await eventually("and lights it", async () => (await page.locator(".object.impact").count()) >= 3 && (await page.locator(".object.focus").count()) === 1);
  await looks("map-focus");
  await page.getByRole("button", { name: "Related only" }).click();
  await page.locator(".object.off").first().waitFor({ state: "detached" });
  await reached.getByRole("button", { name: /Email Classifier/ }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Email Classifier" }).waitFor();
  await eventually("one goes from object to object by keyboard", () => new URL(page.url()).searchParams.get("focus").startsWith("flow:"), () => page.url());
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: /^Queues/ }).click();
  await page.locator(".object[title='queue Billing']").waitFor({ state: "detached" });
  await eventually("kinds can be left out, by a link", () => page.url().includes("without=queue"), () => page.url());

  // A run with a loop.
  await page.goto(`${BASE}/interactions/${looped}`);
  const turns = page.getByRole("listbox", { name: /^Turns of Each order/ });
  await turns.waitFor();
  await eventually("a loop is a strip of its turns", async () => (await turns.getByRole("option").count()) === 12, () => turns.textContent());
  await turns.focus();
  await page.keyboard.press("End");
  await page.getByText("turn 12 of 12").waitFor();
  await page.keyboard.press("ArrowLeft");
  await page.getByText("turn 11 of 12").waitFor();
  await looks("loop");
  await page.getByLabel("Search the steps").fill("order A-7");
  await page.keyboard.press("Enter");
  await page.getByText("turn 7 of 12").waitFor();
  const step = () => page.getByRole("option", { selected: true }).last().textContent();
  await eventually("steps are found by their words", async () => (await step()).includes("order A-7"), step);

  // Pictures of the mail's own.
  await page.goto(`${BASE}/interactions/${chart}/mail`);
  const frame = page.frameLocator("iframe[title='The mail']");
  await frame.locator("img[src^='data:image/png']").waitFor();
  // It is read after it is there, and what is told of the others is drawn after it.
  await eventually("a picture of the mail's own is shown", async () => (await frame.getByAltText("chart").evaluate((one) => one.naturalWidth)) === 4);
  await page.getByText("1 picture of the mail not shown").waitFor();
  check("and nothing that is no picture", (await frame.getByAltText("evil").getAttribute("src")) === null);
  await shot("mail-picture");

  // The session ends while somebody writes.
  await page.getByRole("navigation").getByRole("link", { name: "Queues" }).click();
  await page.getByRole("link", { name: "Billing", exact: true }).click();
  await page.getByRole("button", { name: "Claim the next" }).click();
  await page.getByRole("button", { name: "Reply" }).click();
  await page.getByLabel("Reply", { exact: true }).last().fill("Your refund is on its way.");
  const where = page.url();
  await page.evaluate(() => fetch("/api/v2/console/sessions/me", { method: "DELETE", headers: { "waypost-console": "1" } }));
  await page.keyboard.press("Control+Enter");
  await page.getByLabel("Client id").waitFor();
  noise.splice(0);
  await signIn(CLIENT_ID, CLIENT_SECRET);
  await page.getByRole("region", { name: "Your work" }).waitFor();
  await eventually("a reply survives the end of the session", async () => page.url() === where && (await page.locator("textarea").inputValue()) === "Your refund is on its way.", () => page.url());
  await page.locator("textarea").focus();
  await page.keyboard.press("Control+Enter");
  await page.getByText("The reply is on its way.").waitFor();
  check("and goes out", true);
  check("nothing of it is kept", await page.evaluate(() => Object.keys(sessionStorage).every((key) => !key.includes("draft"))));
  // Another tab is live as well, and both of them end with the session.
  const other = await browser.newPage();
  await other.goto(`${BASE}/interactions`);
  await other.getByRole("button", { name: "Live", exact: true }).waitFor();
  await page.evaluate(() => fetch("/api/v2/console/sessions/me", { method: "DELETE", headers: { "waypost-console": "1" } }));
  await other.getByLabel("Client id").waitFor();
  check("a stream ends with its session, and leads to signing in", true);
  await other.close();
});
