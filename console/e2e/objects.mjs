// What people do to set the server up and to look after it: every kind of object made, changed and deleted by forms, what failed sent again, and a
// queue worked by keys alone.
import { BASE, check, choose, CLIENT_ID, CLIENT_SECRET, eventually, focused, glance, looks, noise, page, press, shot, signIn, tell, toasts, wait } from "./harness.mjs";

const nav = async (name) => {
  await page.getByRole("navigation", { name: "Screens" }).getByRole("link", { name, exact: true }).click();
  await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
};
const link = (name) => page.getByRole("main").getByRole("link", { name, exact: true }).first();
const button = (name) => page.getByRole("button", { name, exact: true });
const field = (name) => page.getByRole("main").getByLabel(name).first();
const heading = async (name) => await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
/** A request by the API, as another person makes it at the same time. */
const meanwhile = (method, path, body) =>
  page.evaluate(
    async ([method, path, body]) => {
      const response = await fetch(`/api/v2${path}`, { method, headers: { "waypost-console": "1", "content-type": "application/json" }, ...(body && { body: JSON.stringify(body) }) });
      return response.status === 204 ? null : await response.json();
    },
    [method, path, body],
  );

await tell(async () => {
  await page.goto(`${BASE}/domains`);
  await signIn(CLIENT_ID, CLIENT_SECRET);
  await heading("Domains");
  noise.splice(0);

  // Domains and routes.
  await glance("domains");
  await link("example.com").click();
  await heading("example.com");
  await link("care@example.com").waitFor();
  await looks("domain");
  await button("Delete").click();
  await button("Delete it").click();
  await page.getByRole("alertdialog").getByRole("link", { name: "care@example.com" }).waitFor();
  await eventually("what stands in the way of deleting is named, and linked to", async () => (await page.getByRole("alertdialog").getByRole("link").count()) >= 2, () => page.getByRole("alertdialog").textContent());
  await glance("in-use");
  // The browser tells of every refused request.
  noise.splice(0);
  await button("Close").click();
  await link("New route").click();
  await heading("New route");
  await page.getByRole("radio", { name: "a queue" }).click();
  await button("Create the route").click();
  await page.locator("[aria-invalid]").first().waitFor();
  await eventually("what is missing is said at its field, all of it", async () => (await page.locator(".form-problem").count()) >= 1 && (await page.evaluate(() => document.activeElement?.getAttribute("aria-invalid"))) === "true");
  await looks("route-form");
  noise.splice(0);
  await field(/^Pattern/).fill("sales");
  await page.getByRole("main").getByRole("combobox").first().selectOption({ label: "General" });
  await field(/^Note/).fill("a new desk");
  await toasts("Route saved", () => button("Create the route").click());
  await heading("sales@example.com");
  await link("Edit").click();
  await field(/^From name/).fill("Example Sales");
  await button("Save").click();
  await heading("sales@example.com");
  await page.getByText("Example Sales").waitFor();
  check("a route is made and changed", true);
  await glance("route");

  // A queue's settings, and two who change them.
  await nav("Queues");
  await link("Billing").click();
  await heading("Billing");
  await link("Settings").click();
  await field(/^Service level/).fill("90 min");
  const queue = new URL(page.url()).pathname.split("/")[2];
  await meanwhile("PUT", `/routing/queues/${queue}`, { name: "Billing", serviceLevel: "PT2H" });
  await button("Save").click();
  await page.getByText("They changed: Service level").waitFor();
  await glance("conflict");
  noise.splice(0);
  await button("Use their version").click();
  await page.waitForFunction(() => [...document.querySelectorAll("input")].some((one) => one.value === "2 h"));
  await field(/^Service level/).fill("90 min");
  await button("Save").click();
  await page.getByText("over the service level of 90 min").waitFor();
  await link("Settings").click();
  await button("Delete").click();
  await button("Delete it").click();
  await page.getByRole("alertdialog").getByRole("link", { name: "Inbound Email Router" }).waitFor();
  await button("Close").click();
  noise.splice(0);
  await page.goBack();
  check("two who change the same do not overwrite each other unasked", true);

  // A table, by keyboard alone.
  await nav("Tables");
  await glance("tables-empty");
  await link("New table").focus();
  await press("Enter");
  await heading("New table");
  await field(/^Name/).focus();
  await page.keyboard.type("Customers");
  const part = (column, name) => page.getByLabel(`Column ${column}: ${name}`);
  await button("Add a column").focus();
  await press("Enter");
  await part(1, "name").focus();
  await page.keyboard.type("tier");
  await press("Tab", "Tab");
  await focused(part(1, "default"));
  await page.keyboard.type("basic");
  await button("Add a column").focus();
  await press("Enter");
  await part(2, "name").focus();
  await page.keyboard.type("seats");
  await press("Tab");
  await focused(part(2, "type"));
  await choose("integer");
  await glance("table-form");
  await button("Create the table").focus();
  await press("Enter");
  await heading("Customers");
  check("a table is made by keyboard alone", true);
  const csv = (text) => page.locator("input[type=file]").setInputFiles({ name: "customers.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await csv("key,tier,seats\nacme.example,gold,many\nb.example,silver,few\n");
  await button("Replace them").click();
  await page.getByRole("alertdialog").getByRole("alert").waitFor();
  await eventually("every bad line of a file is told", async () => (await page.getByRole("alertdialog").getByRole("listitem").count()) === 2, () => page.getByRole("alertdialog").textContent());
  noise.splice(0);
  await button("Cancel").click();
  await csv(`key,tier,seats\n${Array.from({ length: 60 }, (_, n) => `acme${String(n).padStart(2, "0")}.example,gold,${n}`).join("\n")}\n`);
  await toasts("60 added", () => button("Replace them").click());
  await page.getByRole("cell", { name: "acme00.example", exact: true }).waitFor();
  await button("Show more").click();
  await page.getByRole("cell", { name: "acme59.example", exact: true }).waitFor();
  await page.getByRole("searchbox", { name: "Key" }).fill("acme42.example");
  await page.keyboard.press("Enter");
  await page.getByRole("form", { name: "Row acme42.example" }).getByLabel(/^seats/).fill("1000");
  await looks("row-form");
  await meanwhile("PUT", `/flows/datatables/${new URL(page.url()).pathname.split("/")[2]}/rows/acme42.example`, { key: "acme42.example", tier: "gold", seats: 7 });
  await button("Save the row").click();
  await page.getByText("They changed: seats").waitFor();
  await button("Overwrite with mine").click();
  await page.getByRole("cell", { name: "1000" }).waitFor();
  await button("Rows of version 1").click();
  await page.getByText("as of version 1").waitFor();
  await page.getByRole("cell", { name: "42", exact: true }).waitFor();
  check("rows are imported, found, changed, and read as they were", true);
  await glance("table");

  // A schedule, and its week.
  await nav("Schedules");
  await link("New schedule").click();
  await field(/^Name/).fill("Office hours");
  await field(/^Time zone/).fill("Europe/Berlin");
  await button("Add a set of hours").first().click();
  await field(/^Days/).fill("mon-sun");
  await field(/^From/).fill("09:00");
  await field(/^To/).fill("17:00");
  await glance("schedule-form");
  await button("Create the schedule").click();
  await heading("Office hours");
  const days = () => page.getByText("09:00–17:00").count();
  await eventually("a week is drawn as the server evaluates it", async () => (await days()) === 7, days);
  await button("Emergency").click();
  await page.getByLabel("Reason").fill("power cut");
  await button("Switch it on").click();
  await page.getByText("power cut all day").first().waitFor();
  await looks("schedule");
  await button("End the emergency").click();
  await page.getByText("09:00–17:00").first().waitFor();
  check("an emergency is switched on and off", true);

  // A secret, a data action that uses it, and a call.
  await nav("Secrets");
  await link("New secret").click();
  await field(/^Name/).fill("crmToken");
  await field(/^Value/).fill("only the server knows");
  await button("Add a host").click();
  await page.getByRole("textbox", { name: "Host 1" }).fill("127.0.0.1");
  await button("Create the secret").click();
  await heading("crmToken");
  check("a secret's value is not shown again", !(await page.content()).includes("only the server knows"));
  await glance("secret");
  await nav("Data actions");
  await link("New data action").click();
  await field(/^Name/).fill("Get customer");
  await field(/^inputSchema|^Input Schema/i).fill('{"type": "object", "required": ["email"], "properties": {"email": {"type": "string"}}}');
  await field(/^successSchema|^Success Schema/i).fill('{"type": "object", "properties": {"tier": {"type": "string"}}}');
  await field(/^URL/).fill("http://127.0.0.1:9/customers?email=$esc.url(${input.email})");
  await field(/^Method/).selectOption("GET");
  await page.getByRole("group", { name: "Headers" }).getByRole("button", { name: "Add a line" }).click();
  await page.getByLabel("Headers: name 1").fill("Authorization");
  await page.getByLabel("Headers: value 1").fill("Bearer ${credentials.crmToken}");
  await glance("data-action-form");
  await button("Create the data action").click();
  await heading("Get customer");
  await page.getByRole("form", { name: "Test call" }).getByLabel(/^email/).fill("ann@example.org");
  await button("Make the call").click();
  await page.locator(".trial-steps").getByText("failed").waitFor();
  check("a data action is made, and a call says how far it came", true);
  await glance("data-action");
  await nav("Secrets");
  await link("crmToken").click();
  await link("Get customer").waitFor();
  check("what uses a secret is listed", true);

  // A webhook: its secret is shown once.
  await nav("Webhooks");
  await link("New webhook").click();
  await field(/^Name/).fill("CRM");
  await field(/^URL/).fill("http://127.0.0.1:9/hooks");
  await page.getByRole("checkbox", { name: /^interaction.decided/ }).check();
  await glance("webhook-form");
  await button("Create the webhook").click();
  await page.locator(".once-secret").waitFor();
  const first = await page.locator(".once-secret").textContent();
  await button("Done").click();
  await heading("CRM");
  check("a secret is shown once", !(await page.content()).includes(first));
  await button("Rotate secret").click();
  await button("Rotate it").click();
  await page.locator(".once-secret").waitFor();
  check("a rotated secret is another", (await page.locator(".once-secret").textContent()) !== first);
  await glance("once");
  await button("Done").click();
  await looks("webhook");

  // A mailbox that nobody answers for.
  await nav("Mailboxes");
  await link("New mailbox").click();
  await field(/^Name/).fill("Care inbox");
  await field(/^Host/).fill("127.0.0.1");
  await field(/^Port/).fill("9");
  await field(/^User/).fill("care");
  await field(/^Secret/).selectOption("crmToken");
  await field(/^Route/).fill("care@example.com");
  await glance("mailbox-form");
  await button("Create the mailbox").click();
  await heading("Care inbox");
  await button("Test the mailbox").click();
  await page.getByRole("status", { name: "What the test found" }).getByText("failed").waitFor();
  check("a test of a mailbox says what is wrong", true);
  await glance("mailbox");

  // A client.
  await nav("Clients");
  await link("New client").click();
  await field(/^Name/).fill("Dashboard");
  await page.getByRole("checkbox", { name: /^email:read/ }).check();
  await glance("client-form");
  await button("Create the client").click();
  await button("Done").click();
  await heading("Dashboard");
  await button("Disable").click();
  await button("Disable it").click();
  await page.getByText("inactive", { exact: true }).first().waitFor();
  await glance("client");
  await button("Delete").click();
  await button("Delete it").click();
  await heading("Clients");
  await eventually("a client is made, disabled and deleted", async () => (await page.getByRole("link", { name: "Dashboard" }).count()) === 0, () => page.getByRole("main").textContent());
  await glance("clients");

  // Skills.
  await nav("Skills");
  await link("New skill").click();
  await field(/^Name/).fill("refunds-by-phone");
  await button("Create the skill").click();
  await heading("refunds-by-phone");
  await glance("skill");

  // A dead letter is mended and sent again.
  await nav("Deliveries");
  await looks("deliveries-all");
  await page.getByRole("navigation", { name: "States" }).getByRole("link", { name: /^dead letters/ }).click();
  await page.getByRole("cell", { name: /^refuse/ }).first().waitFor();
  await page.getByRole("row", { name: /refuse/ }).getByRole("link").first().click();
  await page.getByText("550").first().waitFor();
  await glance("delivery");
  await button("Edit the content").click();
  const text = await page.getByLabel("Content", { exact: true }).inputValue();
  await page.getByLabel("Content", { exact: true }).fill(`${text}\nPS: this was mended.\n`);
  await toasts("The content is saved", () => button("Save the content").click());
  await page.getByText("PS: this was mended.").waitFor();
  await button("Retry now").click();
  await page.getByText("2", { exact: true }).first().waitFor();
  // An attempt counts from when it begins.
  await page.locator(".page-head").getByText("dead", { exact: true }).waitFor();
  check("a dead letter is mended and tried again", true);
  await nav("Deliveries");
  await page.getByRole("navigation", { name: "States" }).getByRole("link", { name: /^dead letters/ }).click();
  await page.getByRole("cell", { name: /^refuse/ }).first().waitFor();
  await button("Retry all of these").click();
  await toasts(/^[1-9]\d* deliver(?:y is|ies are) due now/, () => button("Retry them").click());
  check("dead letters are retried together", true);

  // Who did what.
  await nav("Audit");
  await page.getByRole("main").getByLabel("Kind").selectOption("route");
  await page.getByText("“a new desk”").waitFor();
  // Until the answer is there, the list is the one of before.
  const entries = page.locator(".audit > li");
  await wait(async () => (await entries.count()) === (await entries.filter({ has: page.getByText("route", { exact: true }) }).count()), () => entries.allTextContents());
  await page.locator(".audit-changes summary").first().click();
  await eventually("the audit log says who changed what, why, and from what to what", async () => (await page.locator(".audit ins").allTextContents()).includes("Example Sales"), () => page.locator(".audit").textContent());
  await looks("audit");

  // Keys.
  await page.locator("body").click({ position: { x: 700, y: 5 } });
  await page.keyboard.press("?");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor();
  await glance("shortcuts");
  await page.keyboard.press("Escape");
  await page.getByRole("dialog", { name: "Keyboard shortcuts" }).waitFor({ state: "detached" });
  await page.keyboard.press("Control+k");
  await page.getByRole("combobox", { name: /^Go to/ }).fill("custom");
  await page.getByRole("option", { name: /^Customers/ }).waitFor();
  await looks("palette");
  await page.keyboard.press("Enter");
  await heading("Customers");
  check("any object is found by its name", true);

  // A queue is worked by keys alone.
  // Two keys are one if they follow each other fast: on a slow machine they are pressed once more.
  await wait(async () => {
    await press("g", "q");
    return await page.evaluate(() => location.pathname === "/queues");
  });
  await heading("Queues");
  await link("Support").focus();
  await press("Enter");
  await heading("Support");
  await page.getByRole("row").nth(1).waitFor();
  await press("n");
  await page.getByRole("region", { name: "Your work" }).waitFor();
  await page.frameLocator("iframe[title='The mail']").locator("body").or(page.locator(".mail-text, pre")).first().waitFor();
  await press("r");
  await focused(page.getByLabel("Reply", { exact: true }).last());
  await page.keyboard.type("We look into it.");
  await press("Control+Enter");
  await page.getByText("The reply is on its way.").waitFor();
  const addresses = page.getByLabel("Addresses");
  await press("f");
  await focused(addresses);
  await page.keyboard.type("desk@example.org");
  await press("Escape");
  await addresses.waitFor({ state: "detached" });
  await press("f");
  await focused(addresses);
  await page.keyboard.type("desk@example.org");
  await press("Enter");
  await page.getByText("It is forwarded.").waitFor();
  const moving = page.getByRole("region", { name: "Your work" }).getByRole("combobox");
  await press("t");
  await focused(moving);
  await press("Escape");
  await moving.waitFor({ state: "detached" });
  await press("c");
  await focused(page.getByLabel(/^Outcome/));
  await page.keyboard.type("solved");
  await press("Enter");
  await heading("Support");
  check("a queue is worked by keys alone", true);
  await shot("queue-worked");
});
