// A flow made, changed, tried, published, rolled back and renamed by keyboard alone.
import { BASE, check, choose, CLIENT_ID, CLIENT_SECRET, eventually, focused, noise, other, page, press, signIn, tabTo, tell, wait } from "./harness.mjs";

const heading = async (name) => await page.getByRole("heading", { level: 1, name }).waitFor();
const node = (id) => page.locator(`.react-flow__node[data-id="flow/${id}"]`);
/** The node that has the focus. */
const at = () => page.evaluate(() => document.activeElement?.getAttribute("data-id"));
const says = () => page.locator(".canvas [aria-live]").innerText();
const api = await other();

await tell(async () => {
  await page.goto(`${BASE}/flows`);
  await signIn(CLIENT_ID, CLIENT_SECRET);
  await heading("Flows");
  noise.splice(0);

  await tabTo("New flow");
  await press("Enter");
  await heading("New flow");
  await tabTo("flow-name");
  await press("ControlOrMeta+A");
  await page.keyboard.type("By keys");
  await tabTo("Create the flow");
  await press("Enter");
  await heading("Edit");
  await page.locator(".react-flow__node").first().waitFor();
  const first = await page.locator(".react-flow__node").first().getAttribute("data-id");
  await tabTo(first);
  await press("ArrowRight");
  await eventually("arrows go from node to node", async () => ![null, first].includes(await at()), at);
  await press("a");
  await focused(node("node-1"));
  await eventually("a node is added by keyboard, and said", async () => (await says()).includes("added"), says);
  await press("Enter");
  // Not on Remove, which a second Enter would press.
  await page.waitForFunction(() => document.activeElement?.closest(".node-form"));
  await tabTo("Action to add");
  await choose("setPriority");
  await tabTo("Add action");
  await press("Enter");
  await focused(page.locator(".action-open").first());
  await tabTo("Priority");
  await page.keyboard.type("7");
  // The first may close what is offered to be typed.
  await wait(async () => (await at()) === "flow/node-1" || (await press("Escape")), at);
  check("Escape leads back to the node", true);
  const id = new URL(page.url()).pathname.split("/")[2];
  const written = async () => (await api("GET", `/flows/${id}/latestconfiguration`)).nodes.find((one) => one.id === "node-1")?.actions;
  // Of a draft that is typed slowly there may be several versions.
  await wait(async () => (await written())?.[0]?.priority === 7, async () => JSON.stringify(await written()));
  await page.getByText(/^Saved as version \d+$/).waitFor();
  await page.locator(".problem-list").getByText("None").waitFor();
  await press("c", "Enter");
  await page.locator(".canvas [aria-live]", { hasText: "node-1 would lead to itself" }).waitFor();
  check("no node is led to itself", true);
  await press("ArrowLeft");
  await wait(async () => (await at()) !== "flow/node-1", at);
  await press("Enter");
  await page.locator(".canvas [aria-live]", { hasText: "node-1 leads to" }).waitFor();
  check("nodes are connected by keyboard, and it is said", true);
  await press("ControlOrMeta+Z");
  await press("t");
  const made = await page.evaluate(() => location.search);
  // A node takes keys of its own: the screen's are for elsewhere.
  check("keys of the screen do nothing on the graph", made === "", made);
  await tabTo(page.getByRole("group", { name: "View" }).getByRole("button", { name: "Try it" }));
  await press("Enter");
  await tabTo("The mail, header and body");
  await tabTo(page.locator(".trial-mail").getByRole("button", { name: "Try it" }));
  await press("Enter");
  await page.getByText("Decided: queue General priority 7").waitFor();
  await tabTo("Save as a test…");
  await press("Enter");
  await page.getByText(/^Decided the same: queue General/).waitFor();
  check("a mail is tried and made a test by keyboard", true);
  // The browser tells of every refused request.
  noise.splice(0);
  await page.reload();
  await page.locator(".trial-mail").waitFor();
  await tabTo("Publish…");
  await press("Enter");
  await page.getByRole("heading", { level: 1, name: /^Publish version/ }).waitFor();
  await page.getByText("Nothing breaks").waitFor();
  await tabTo("Note");
  await page.keyboard.type("by keys");
  await press("Enter");
  await heading("By keys");
  check("it is published by keyboard", true);
  await page.getByLabel("Version", { exact: true }).waitFor();
  await tabTo("Version");
  await choose("1");
  await tabTo("Roll back to it");
  await press("Enter");
  await page.getByRole("heading", { level: 1, name: "Roll back to version 1" }).waitFor();
  await page.getByText("Nothing breaks").waitFor();
  await tabTo("How long to search");
  await choose("30");
  await tabTo("Search");
  await press("Enter");
  await page.getByText(/^Found after/).waitFor();
  await tabTo("Publish version 1");
  await press("Enter");
  await heading("By keys");
  check("and rolled back", true);
  await tabTo("Rename");
  await press("Enter");
  await focused(page.getByRole("form", { name: "Name and description" }).getByLabel("Name"));
  await press("ControlOrMeta+A");
  await page.keyboard.type("Renamed by keys");
  await press("Enter");
  await heading("Renamed by keys");
  check("and renamed", true);
});
