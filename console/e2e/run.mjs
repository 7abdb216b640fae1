// What people do with the console, in a real browser against a real server. Prints `ok …` for each check; ends with 1 at the first that fails.
import { createServer } from "node:net";
import { readFileSync } from "node:fs";
import { BASE, browser, check, CLIENT_ID, CLIENT_SECRET, elsewhere, eventually, focused, LINK, looks, noise, other, page, READER_ID, READER_SECRET, shot, signIn, signOut, tell, token, wait } from "./harness.mjs";

// Whatever a hostile mail reaches ends here, connections without a request included.
let [reached, requested] = [0, 0];
const trap = createServer((socket) => {
  reached++;
  socket.on("error", () => {});
  socket.once("data", () => {
    requested++;
    socket.destroy();
  });
});
await new Promise((done) => trap.listen(0, "127.0.0.1", done));
const TRAP = `http://127.0.0.1:${trap.address().port}`;

async function send(subject, html) {
  const boundary = "b0undary";
  const mail = [
    "From: Mallory <mallory@evil.example>", "To: care@example.com", `Subject: ${subject}`, `Message-ID: <${Date.now()}.${Math.random()}@evil.example>`, "MIME-Version: 1.0",
    `Content-Type: multipart/mixed; boundary=${boundary}`, "", `--${boundary}`, "Content-Type: text/html; charset=utf-8", "", html,
    `--${boundary}`, 'Content-Type: text/html; name="evil.html"', 'Content-Disposition: attachment; filename="evil.html"', "", "<script>parent.pwned=1</script>", `--${boundary}--`, "",
  ].join("\r\n");
  const response = await fetch(`${BASE}/api/v2/interactions?from=mallory@evil.example&to=care@example.com&wait=true`, {
    method: "POST",
    headers: { authorization: `Bearer ${await token(CLIENT_ID, CLIENT_SECRET)}`, "content-type": "message/rfc822" },
    body: mail,
  });
  if (!response.ok) throw new Error(await response.text());
  return (await response.json()).id;
}

await tell(async () => {
  // Sign in.
  await page.goto(`${BASE}/interactions?decision=forward`);
  await page.getByLabel("Client id").waitFor();
  await looks("sign-in");
  await signIn(CLIENT_ID, "wrong");
  await eventually("a wrong secret is refused in words", async () => (await page.getByRole("alert").textContent()).includes("client id or secret is wrong"), () => page.getByRole("alert").textContent());
  noise.splice(0);
  await signIn(CLIENT_ID, CLIENT_SECRET);
  await page.getByRole("heading", { name: "Interactions" }).waitFor();
  await eventually("signing in leads to where one wanted to go", () => new URL(page.url()).search === "?decision=forward", () => page.url());
  const cookie = (await browser.cookies()).find((one) => one.name === "waypost_session");
  check("no script can read the session", cookie.httpOnly && cookie.sameSite === "Strict" && (await page.evaluate(() => document.cookie)) === "", cookie);
  const bare = await page.evaluate(() => fetch("/api/v2/flows").then((response) => response.status));
  check("the cookie alone is nothing: another site can make a browser send no more", bare === 401, String(bare));
  noise.splice(0);
  await signOut("Sign out");
  await page.goto(LINK);
  await page.getByRole("button", { name: `Sign in as ${CLIENT_ID}` }).waitFor();
  await eventually("a link is gone from the address", () => page.url() === `${BASE}/sign-in`, () => page.url());
  check("a link asks before it signs in", (await page.evaluate(() => fetch("/api/v2/console/sessions/me", { headers: { "waypost-console": "1" } }).then((response) => response.status))) === 401);
  await looks("sign-in-link");
  await page.getByRole("button", { name: `Sign in as ${CLIENT_ID}` }).click();
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await eventually("a link signs in", () => page.url() === `${BASE}/`, () => page.url());
  noise.splice(0);
  await page.goto(LINK);
  await eventually("a link works once", async () => (await page.getByRole("alert").textContent()).includes("works once"), () => page.getByRole("alert").textContent());
  noise.splice(0);
  await page.goto(`${BASE}/`);

  // Overview, list, filters.
  await page.getByRole("heading", { name: "Newest mail" }).waitFor();
  await page.getByRole("cell", { name: "Billing" }).first().waitFor();
  await looks("overview");
  await page.getByRole("navigation").getByRole("link", { name: "Interactions" }).click();
  await page.getByRole("row").nth(7).waitFor();
  await looks("interactions");
  await page.getByLabel("Subject contains").fill("REFUND");
  await page.waitForURL(/subject=REFUND/);
  const rows = () => page.getByRole("row").count();
  await eventually("a search is in the address", async () => (await rows()) === 2, () => page.getByRole("table").textContent());
  await page.reload();
  await eventually("a filter is a link", async () => (await rows()) === 2 && (await page.getByLabel("Subject contains").inputValue()) === "REFUND", () => page.getByRole("table").textContent());
  await page.getByRole("button", { name: "Clear" }).click();
  await page.getByRole("row").nth(7).waitFor();
  await send("It came while you looked", "<p>hello</p>");
  await page.getByRole("link", { name: "It came while you looked" }).waitFor();
  check("what comes in appears by itself", true);

  // One interaction: the run on its flows.
  await page.getByLabel("Subject contains").fill("refund");
  await page.waitForURL(/subject=refund/);
  await wait(async () => (await rows()) === 2);
  await page.getByRole("table").getByRole("link").first().click();
  await page.locator(".card.lit").first().waitFor();
  const titles = () => page.locator(".sheet-title").allTextContents();
  await eventually("the run is drawn through its shared flows", async () => {
    const drawn = await titles();
    return ["Inbound Email Router", "Email Classifier", "Urgency Check"].every((name) => drawn.some((title) => title.startsWith(name)));
  }, titles);
  await eventually("the path is lit, and what was not reached is not", async () => (await page.locator(".card.lit").count()) >= 5 && (await page.locator(".card.off").count()) >= 5);
  await eventually("branches say why", async () => (await page.locator(".edge-label.lit").allTextContents()).some((text) => text.includes("topic == 'billing'")), () => page.locator(".edge-label").allTextContents());
  await eventually("the decision is drawn", async () => (await page.locator(".decision").textContent()).includes("queue Billing"), () => page.locator(".decision").textContent());
  await looks("run");
  const steps = page.getByRole("listbox", { name: "Steps of the run" });
  const selected = () => page.getByRole("option", { selected: true }).getAttribute("id");
  const end = await selected();
  await page.keyboard.press("k");
  await eventually("k steps back wherever the focus is", async () => (await selected()) !== end, selected);
  await steps.focus();
  await page.keyboard.press("Home");
  await wait(async () => (await selected()) === "step-0", selected);
  const total = await page.getByRole("option").count();
  let seen = "";
  for (let step = 1; step < total; step++) {
    await page.keyboard.press("j");
    await wait(async () => (await selected()) === `step-${step}`, selected);
    seen += await page.getByRole("region", { name: "Values" }).textContent();
  }
  await page.keyboard.press("j");
  await eventually("stepping by keyboard shows values", () => /in Email Classifier.*topic.*billing/s.test(seen) && page.url().endsWith(`step=${total}`), () => `${page.url()} ${seen}`);
  await page.keyboard.press("Home");
  await eventually("the canvas follows the step", async () => (await page.locator(".card.ahead").count()) >= 4);
  await page.locator(".react-flow__node", { hasText: "Ask the shared classifier" }).first().click();
  const step = () => page.getByRole("option", { selected: true }).textContent();
  await eventually("a node leads to its step", async () => (await step()).includes("classify"), step);
  await shot("run-step");
  await page.getByRole("tab", { name: "Deliveries" }).click();
  await page.getByRole("cell", { name: "reply" }).waitFor();
  check("deliveries are listed", true);
  await looks("deliveries");
  await page.getByRole("tab", { name: "Headers" }).click();
  await page.getByText("Message-ID", { exact: false }).first().waitFor();
  await page.getByRole("tab", { name: "Details" }).click();
  await page.getByText("Attribute", { exact: false }).first().waitFor();
  await looks("details");

  // A hostile mail.
  const hostile = readFileSync(new URL("hostile.html", import.meta.url), "utf8").replaceAll("TRAP", TRAP);
  const id = await send("You have won", hostile);
  noise.splice(0);
  await page.goto(`${BASE}/interactions/${id}/mail`);
  const frame = page.frameLocator("iframe[title='The mail']");
  await frame.getByText("You have won a prize").waitFor();
  await frame.getByText("Claim it").click({ force: true });
  await eventually("a hostile mail is shown, in its own colours", async () => (await frame.locator("h1").evaluate((one) => getComputedStyle(one).color)) === "rgb(200, 0, 0)");
  await eventually("what it would have fetched is said", async () => /\d+ remote items/.test(await page.getByText("not loaded").textContent()));
  // For what must not happen there is time.
  await page.waitForTimeout(800);
  check("no script of it runs", await page.evaluate(() => window.pwned === undefined && !document.title.includes("pwned")));
  check("it reaches nobody", reached === 0 && elsewhere.length === 0, elsewhere.join(" ") || `${reached} connections`);
  check("it stays in its frame", page.url().endsWith(`/interactions/${id}/mail`) && (await page.locator("iframe").evaluate((one) => one.contentWindow.location.pathname)) === "/mail.html");
  await looks("mail");
  // The mail's page holds by itself, too. No policy stops a browser from connecting ahead: that is left to the cleaning.
  await page.locator("iframe").evaluate((one, html) => {
    one.contentDocument.documentElement.innerHTML = html;
    for (const script of one.contentDocument.querySelectorAll("script")) {
      const again = one.contentDocument.createElement("script");
      again.textContent = script.textContent;
      if (script.hasAttribute("src")) again.setAttribute("src", script.getAttribute("src"));
      script.replaceWith(again);
    }
  }, hostile);
  await page.waitForTimeout(800);
  check("the same without cleaning runs nothing and requests nothing", requested === 0 && (await page.evaluate(() => window.pwned)) === undefined, `${requested} requests`);
  await page.reload();
  const saved = page.waitForEvent("download");
  await page.getByRole("button", { name: /evil.html/ }).click();
  check("an attachment is saved, not shown", (await saved).suggestedFilename() === "evil.html");
  const opened = await page.evaluate((path) => fetch(path, { credentials: "same-origin" }).then((response) => response.status), `/api/v2/interactions/${id}/attachments/0`);
  check("an attachment can't be opened by its address", opened === 401, String(opened));
  noise.splice(0);

  // Flows and queues.
  await page.getByRole("navigation").getByRole("link", { name: "Flows" }).click();
  await page.getByRole("link", { name: "Email Classifier" }).waitFor();
  await looks("flows");
  await page.getByRole("link", { name: "Email Classifier" }).click();
  await page.locator(".card").first().waitFor();
  await page.getByRole("link", { name: "Inbound Email Router" }).waitFor();
  await eventually("a flow is drawn, with who uses it", async () => (await page.locator(".card").count()) === 6, () => page.locator(".card").allTextContents());
  await looks("flow");
  await page.getByRole("navigation").getByRole("link", { name: "Queues" }).click();
  await page.getByRole("link", { name: "Billing" }).waitFor();
  await looks("queues");
  await page.getByRole("link", { name: "Billing" }).click();
  await page.getByRole("row").nth(1).waitFor();
  await eventually("a queue lists what waits in it", async () => (await page.getByRole("table").first().textContent()).length > 40, () => page.getByRole("table").first().textContent());
  await looks("queue");

  // Work a queue, by keyboard alone.
  const api = await other();
  const waits = async () => (await api("GET", "/routing/queues?pageSize=100")).entities.find((one) => one.name === "Billing").waiting;
  const before = await waits();
  const shown = () => page.locator(".page-line strong").first().textContent();
  await wait(async () => (await shown()) === String(before), shown);
  await page.getByRole("button", { name: "Claim the next" }).focus();
  await page.keyboard.press("Enter");
  await page.getByRole("region", { name: "Your work" }).waitFor();
  await page.getByRole("button", { name: "Reply" }).focus();
  await page.keyboard.press("Enter");
  await focused(page.getByLabel("Reply", { exact: true }).last());
  await page.keyboard.type("Your refund is on its way.");
  await looks("work");
  await page.keyboard.press("Control+Enter");
  await page.getByText("The reply is on its way.").waitFor();
  await page.reload();
  await page.getByRole("button", { name: "Complete" }).focus();
  await page.keyboard.press("Enter");
  await focused(page.getByLabel(/^Outcome/));
  await page.keyboard.type("refunded");
  await page.keyboard.press("Enter");
  await page.getByRole("button", { name: "Claim the next" }).waitFor();
  await wait(async () => (await shown()) === String(before - 1), shown);
  check("work is claimed, answered and completed", true);
  await page.getByRole("button", { name: "Claim the next" }).click();
  await page.getByRole("button", { name: "Change queue" }).click();
  await page.getByRole("region", { name: "Your work" }).getByRole("combobox").selectOption({ label: "Support" });
  await page.getByRole("button", { name: "Put it there" }).click();
  await page.getByText("Nothing waits in this queue.").waitFor();
  check("work is put into another queue", true);

  // Scopes, and the way out.
  await page.goto(`${BASE}/nowhere`).catch(() => undefined);
  noise.splice(0);
  await page.goto(`${BASE}/`);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  const second = await browser.newPage();
  await second.goto(`${BASE}/flows`);
  await second.getByRole("link", { name: "Email Classifier" }).waitFor();
  await signOut("Sign out everywhere");
  await second.reload();
  await second.getByLabel("Client id").waitFor();
  check("signing out everywhere ends every session", true);
  await second.close();
  await signIn(READER_ID, READER_SECRET);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  const offered = () => page.getByRole("navigation").getByRole("link").allTextContents();
  await eventually("what the scopes don't allow is not offered", async () => (await offered()).join() === "Overview,Interactions,Deliveries", offered);
  await page.goto(`${BASE}/interactions/${id}`);
  await page.getByText("needs the scope flow:read").waitFor();
  await eventually("a run is listed where it can't be drawn", async () => (await page.getByRole("option").count()) > 5);
  await page.goto(`${BASE}/flows`);
  await page.getByText("does not have the scope").waitFor();
  check("a screen that the scopes don't allow says which is missing", true);
}, () => trap.close());
