// Flows come and go: a shared one is made beside an email one, neither goes while the other or a route needs it, an answer is lost. By mouse and by keys.
import { BASE, check, CLIENT_ID, CLIENT_SECRET, eventually, focused, glance, looks, noise, other, page, press, signIn, tabTo, tell, toasts } from "./harness.mjs";

const api = await other();
const main = () => page.getByRole("main");
const button = (name) => page.getByRole("button", { name, exact: true });
const heading = async (name) => await page.getByRole("heading", { level: 1, name, exact: true }).waitFor();
const node = (id) => page.locator(`.react-flow__node[data-id="flow/${id}"]`);
const dialog = page.getByRole("alertdialog");
const idOf = () => new URL(page.url()).pathname.split("/")[2];
const flows = async () => (await api("GET", "/flows?pageSize=500")).entities;

await tell(async () => {
  await page.goto(`${BASE}/flows/new`);
  await signIn(CLIENT_ID, CLIENT_SECRET);
  await heading("New flow");
  noise.splice(0);

  // A shared flow, from a template.
  await page.getByRole("radio", { name: /^Shared flow/ }).check();
  const named = () => page.getByLabel("Name", { exact: true }).inputValue();
  await eventually("templates are those of the type", async () => !(await page.getByRole("radio", { name: /^Triage/ }).isVisible()) && (await named()) === "Urgency", named);
  await looks("flow-new-shared");
  await button("Create the flow").click();
  await heading("Edit");
  await node("look").waitFor();
  await page.locator(".problem-list").getByText("None").waitFor();
  const shared = idOf();
  check("a shared flow is made from a template, and nothing is wrong with it", (await api("GET", `/flows/${shared}`)).type.toLowerCase() === "shared");
  await button("Publish…").click();
  await page.getByText("Nothing breaks").waitFor();
  await button("Publish version 1").click();
  await heading("Urgency");
  await page.locator(".page-head").getByText("shared", { exact: true }).waitFor();

  // What calls it, and what leads to that.
  const caller = await api("POST", "/flows", { name: "Caller", type: "email", nodes: [{ id: "ask", actions: [{ type: "runFlow", flow: "Urgency", inputMapping: [{ name: "text", value: "hello" }] }, { type: "disconnect" }] }] });
  await api("POST", "/routing/email/domains/example.com/routes", { pattern: "caller", flow: { id: caller.id } });
  await page.goto(`${BASE}/flows/${shared}`);
  await button("Delete").click();
  await dialog.getByRole("link", { name: "Caller" }).waitFor();
  await looks("flow-delete");
  await button("Delete it").click();
  await dialog.getByRole("alert").getByRole("link", { name: "Caller" }).waitFor();
  check("a flow that another calls stays, and the other is named", (await flows()).some((one) => one.id === shared) && !(await button("Delete it").isVisible()));
  await glance("flow-in-use");
  // The browser tells of every refused request.
  noise.splice(0);
  await dialog.getByRole("alert").getByRole("link", { name: "Caller" }).click();
  await heading("Caller");
  await button("Delete").click();
  const route = dialog.getByRole("link", { name: "caller@example.com" });
  await route.waitFor();
  check("the route that leads to a flow is named", /^\/domains\/example\.com\/routes\//.test(await route.getAttribute("href")));
  await button("Cancel").click();
  await dialog.waitFor({ state: "detached" });

  // The route goes, then by keys the flow.
  const { entities } = await api("GET", "/routing/email/domains/example.com/routes");
  await api("DELETE", `/routing/email/domains/example.com/routes/${entities.find((one) => one.pattern === "caller").id}`);
  await page.reload();
  await heading("Caller");
  await tabTo("Delete");
  await press("Enter");
  await dialog.getByText("Nothing uses it.").waitFor();
  await tabTo("Delete it");
  await toasts("Caller deleted", () => press("Enter"));
  await heading("Flows");
  await main().getByRole("link", { name: "Urgency", exact: true }).waitFor();
  await main().getByRole("link", { name: "Caller", exact: true }).waitFor({ state: "detached" });
  check("a flow is deleted by keyboard", !(await flows()).some((one) => one.id === caller.id));
  await page.goto(`${BASE}/flows/${caller.id}`);
  await heading("Caller");
  await page.locator(".page-head").getByText("deleted", { exact: true }).waitFor();
  check("what it was can still be read, and is nobody's to change", !(await button("Delete").isVisible()) && !(await main().getByRole("link", { name: "Edit", exact: true }).isVisible()));

  // An empty shared flow, by keys; the answer is lost, and it is asked for again.
  await page.goto(`${BASE}/flows/new`);
  await heading("New flow");
  await tabTo("email");
  await press("ArrowDown");
  await focused(page.getByRole("radio", { name: /^Shared flow/ }));
  await tabTo("urgency");
  await press("ArrowDown");
  await eventually("an empty flow has no name to begin with", async () => (await named()) === "", named);
  await tabTo("flow-name");
  await page.keyboard.type("By keys");
  const making = "**/api/v2/flows?draft=true";
  await page.route(making, async (route) => {
    await route.fetch();
    await route.abort();
  });
  await press("Enter");
  await page.getByText("The server does not answer.").waitFor();
  await page.unroute(making);
  await tabTo("Create the flow");
  await press("Enter");
  await heading("Edit");
  await page.getByText("Saved as version 1", { exact: true }).waitFor();
  const made = (await flows()).filter((one) => one.name === "By keys");
  check("a flow whose answer was lost is made once", made.length === 1 && made[0].id === idOf() && made[0].type.toLowerCase() === "shared", made);
  noise.splice(0);
});
