// The first minutes of someone new, in the browser alone: a flow from a template, tried on a mail, changed, compared, replayed, published, rolled back.
// Two who edit the same flow.
import { BASE, check, CLIENT_ID, CLIENT_SECRET, DRAFTS, eventually, glance, holdBack, looks, noise, other, page, press, shot, signIn, still, tell, undo, wait } from "./harness.mjs";

const main = () => page.getByRole("main");
const button = (name) => page.getByRole("button", { name, exact: true });
const heading = async (name) => await page.getByRole("heading", { level: 1, name }).waitFor();
const node = (id) => page.locator(`.react-flow__node[data-id="flow/${id}"]`);
const saved = async (version = "\\d+") => await page.getByText(new RegExp(`^Saved as version ${version}$`)).waitFor();
const yaml = async () => (await page.locator(".editing-yaml .cm-content").innerText()).replaceAll("\u200b", "");
/** The text of a field with expressions is replaced as people do it. */
const write = async (field, text) => {
  await field.click();
  await page.keyboard.press("ControlOrMeta+A");
  await page.keyboard.type(text);
  await page.keyboard.press("Escape");
};
const expression = (name) => page.locator(".editing-form").getByRole("textbox", { name, exact: true });
const meanwhile = await other();
const mail = (subject, nth) => `From: Ana Sousa <ana@customer.example>\r\nTo: desk@example.com\r\nSubject: ${subject}\r\nMessage-ID: <editor-${nth}@customer.example>\r\n\r\nHello\r\n`;

await tell(async () => {
  await page.goto(`${BASE}/flows`);
  await signIn(CLIENT_ID, CLIENT_SECRET);
  await heading("Flows");
  noise.splice(0);

  // A flow from a template.
  await main().getByRole("link", { name: "New flow" }).click();
  await heading("New flow");
  await looks("flow-new");
  await page.getByRole("radio", { name: /^Triage/ }).check();
  await page.getByLabel("Name", { exact: true }).fill("Front desk");
  await button("Create the flow").click();
  await heading("Edit");
  await node("topic").waitFor();
  const id = new URL(page.url()).pathname.split("/")[2];
  await page.getByText("Problems").waitFor();
  await page.locator(".problem-list").getByText("None").waitFor();
  await looks("editor");
  check("a flow is made from a template, and nothing is wrong with it", true);

  // A test mail.
  await button("Try it").first().click();
  const letter = page.getByLabel("The mail, header and body");
  await letter.fill(mail("My invoice 17", 0).replaceAll("\r", ""));
  await page.locator(".trial-mail").getByRole("button", { name: "Try it" }).click();
  await page.getByText("Decided: queue Billing").waitFor();
  await page.locator(".run-canvas .decision").waitFor();
  await looks("editor-try");
  check("a test mail is routed", true);

  // The same as a case of a test file, with examples in the place of personal details.
  await button("Save as a test…").click();
  const saving = page.getByRole("region", { name: "Save as a test" });
  await saving.getByText("Decided the same: queue Billing").waitFor();
  const preview = () => saving.getByRole("region", { name: "The case" }).innerText();
  const shows = async (wanted, not = /^\b$/) => wanted.test(await preview()) && !not.test(await preview());
  await eventually("names and addresses are replaced by examples", () => shows(/Alex Miller <person1@customer\.example>/, /Sousa|ana@/), preview);
  await saving.getByRole("checkbox", { name: /ana@customer\.example/ }).uncheck();
  await saving.getByText("Decided the same: queue Billing").waitFor();
  await eventually("what is to stay stays", () => shows(/Alex Miller <ana@customer\.example>/), preview);
  await saving.getByLabel("Also replace").fill("invoice");
  await button("Add").click();
  await saving.getByText(/Decided differently: queue \w+ instead of queue Billing/).waitFor();
  await saving.getByText("The decision depends on invoice").waitFor();
  await looks("editor-case");
  await saving.getByRole("button", { name: "Keep it" }).click();
  await saving.getByText("Decided the same: queue Billing").waitFor();
  await eventually("it says which detail the decision depends on", () => shows(/My invoice 17/), preview);
  const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Save tried.test.yaml" }).click()]);
  check("the case is saved", download.suggestedFilename() === "tried.test.yaml");

  // Publish it, lead mail to it.
  await button("Publish…").click();
  await heading("Publish version 1");
  await page.getByText("Nothing breaks").waitFor();
  await glance("publish-new");
  await button("Publish version 1").click();
  await heading("Front desk");
  await meanwhile("POST", "/routing/email/domains/example.com/routes", { pattern: "desk", flow: { id } });
  for (const [nth, subject] of ["My invoice 17", "A refund, please", "Opening hours"].entries()) await meanwhile("POST", "/interactions?to=desk@example.com&wait=true", mail(subject, nth + 1), "message/rfc822");
  check("it is published", true);

  // Change it: on the graph, by its form, with completion; the YAML follows, and its comments stay.
  await main().getByRole("link", { name: "Edit", exact: true }).click();
  await heading("Edit");
  await node("topic").click();
  await page.getByRole("complementary", { name: "Node topic" }).waitFor();
  const newest = () => meanwhile("GET", `/flows/${id}/latestconfiguration`);
  const places = () => page.locator(".react-flow__node").evaluateAll((all) => all.map((one) => `${one.getAttribute("data-id")} ${one.style.transform}`).sort());
  const before = await places();
  await button("Both").click();
  await page.locator(".editing-yaml .cm-content").waitFor();
  const comments = async () => (await yaml()).includes("# Change the words to those that your customers use.");
  await eventually("the YAML has the template's comments", comments, yaml);
  const when = page.locator(".branches").getByRole("textbox", { name: "When" }).first();
  await when.click();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.type(" || interaction.email.from.dom");
  const offered = page.locator(".cm-tooltip-autocomplete:not(.cm-tooltip-autocomplete-disabled) [aria-selected=true]").getByText("domain", { exact: true });
  await offered.waitFor();
  await shot("editor-completion");
  // A key that comes right after the list opened is not meant for it, and does nothing in a field. The list opens anew when more is known of the flow.
  await page.waitForTimeout(150);
  await wait(async () => (await when.innerText()).includes("from.domain") || (await press((await offered.isVisible()) ? "Enter" : "Control+Space")), () => when.innerText());
  await page.keyboard.type(" == 'bank.example'");
  await eventually("members are completed, and graph, form and YAML are in step", async () => (await yaml()).includes("interaction.email.from.domain == 'bank.example'}\", to: billing }"), yaml);
  check("comments are kept", (await yaml()).includes("# What a machine wrote"));
  // Of a draft that is typed slowly there may be several versions.
  await wait(async () => JSON.stringify(await newest()).includes("domain == 'bank.example'}"));
  await saved();
  await page.locator('.canvas .edge-label[title*="bank.example"]').first().waitFor({ state: "attached" });
  check("nodes stay where they are", JSON.stringify(await places()) === JSON.stringify(before));
  await looks("editor-both");

  // What is wrong is said as one types, at its node, its field and its line. Beside the YAML the graph has room for a part of it: all of it is asked for.
  await button("Fit View").click();
  await still();
  await node("general").click();
  await page.locator(".action-open").first().click();
  await write(expression("Queue"), "Generl");
  await page.locator(".problem-list li", { hasText: /there is no queue `?Generl`?/ }).first().waitFor();
  check("a mistake is found as one types, and what was meant is suggested", true);
  await node("general").locator("em").waitFor();
  await page.locator(".action-form .form-problem").first().waitFor();
  await page.locator(".editing-yaml .cm-lintRange-error").first().waitFor();
  await looks("editor-problem");
  await write(expression("Queue"), "Support");
  await page.locator(".problem-list").getByText("None").waitFor();
  check("and is gone when it is mended", true);
  // The browser tells of every refused request.
  noise.splice(0);

  // Undo goes through graph, forms and YAML alike.
  const general = async () => (await yaml()).includes("queue: General");
  await button("Undo").click();
  await undo(general, yaml);
  while (await button("Redo").isEnabled()) await button("Redo").click();
  await wait(async () => !(await general()), yaml);
  check("undo and redo cover what forms did", true);

  // YAML that can't be read holds the graph still; what is mended goes on.
  await page.locator(".editing-yaml .cm-content").click();
  await page.keyboard.press("ControlOrMeta+Home");
  await page.keyboard.type("[");
  await page.getByText("The YAML can't be read:").waitFor();
  await glance("editor-broken");
  await page.keyboard.press("Backspace");
  await page.getByText("The YAML can't be read:").waitFor({ state: "detached" });
  await node("general").waitFor();
  check("YAML that can't be read is said, and loses nothing", true);

  // A node dragged, one connected by mouse.
  await button("Graph").click();
  await page.waitForFunction(() => document.querySelector('.react-flow__node[data-id="flow/drop"]')?.getBoundingClientRect().x > document.querySelector(".canvas").getBoundingClientRect().x);
  const link = async (from, to) => {
    await still();
    const handle = await node(from).locator(".react-flow__handle-right").boundingBox();
    const target = await node(to).boundingBox();
    await page.mouse.move(handle.x + 5, handle.y + 5);
    await page.mouse.down();
    await page.mouse.move(target.x + 4, target.y + target.height / 2, { steps: 8 });
    await page.mouse.up();
  };
  await link("billing", "support");
  await page.locator(".canvas-says", { hasText: "Not connected: transferToQueue ends billing" }).waitFor();
  await node("billing").click();
  await page.getByRole("complementary", { name: "Node billing" }).waitFor();
  check("nothing is led on from where the run ends", (await page.locator(".branches li").count()) === 0);
  await link("machine", "support");
  await page.getByRole("complementary", { name: "Node machine" }).waitFor();
  await eventually("nodes are connected by mouse", async () => (await page.locator(".branches li").count()) === 3);
  await page.keyboard.press("ControlOrMeta+Z");
  await still();
  const box = await node("drop").boundingBox();
  await page.mouse.move(box.x + 30, box.y + 12);
  await page.mouse.down();
  await page.mouse.move(box.x + 60, box.y + 90, { steps: 6 });
  await page.mouse.up();
  const after = () => node("drop").boundingBox();
  await eventually("a node is dragged", async () => (await after()).y > box.y + 30, async () => [box, await after()]);
  const place = () => node("drop").evaluate((one) => one.style.transform.match(/-?[\d.]+/g).map(Number));
  const put = await place();
  await page.reload();
  await node("drop").waitFor();
  const isPut = ([x, y]) => Math.hypot(x - put[0], y - put[1]) < 0.01;
  await eventually("where it was put is kept", async () => isPut(await place()), async () => [put, await place()]);

  // What would differ.
  await saved();
  await button("Publish…").click();
  await page.getByRole("heading", { level: 1, name: /^Publish version/ }).waitFor();
  await page.getByText("Nothing breaks").waitFor();
  await page.locator(".diff-canvas .card").first().waitFor();
  await button("Replay").click();
  await page.getByText(/3 mails: 1 would be decided differently, 2 the same/).waitFor();
  await page.locator(".replay-changes button").first().click();
  await page.locator(".replay .both-runs .steps").nth(1).waitFor();
  // A mail that shows it.
  await page.getByLabel("How long to search").selectOption("30");
  await button("Search").click();
  await page.getByText(/^Found after [\d,]+ mails? in/).waitFor();
  await page.locator(".witness .both-runs .steps").nth(1).waitFor();
  const witness = await page.getByRole("region", { name: "The mail", exact: true }).innerText();
  const [eml] = await Promise.all([page.waitForEvent("download"), page.getByRole("link", { name: "Save as .eml" }).click()]);
  check("a mail is found that shows the difference, with both runs, and can be saved", /^From: /m.test(witness) && /^front-desk-\d+-witness\.eml$/.test(eml.suggestedFilename()), witness);
  const tried = async (version) => (await meanwhile("POST", `/flows/${id}/try?version=${version}`, witness.replaceAll("\n", "\r\n"), "message/rfc822")).decision;
  const decisions = [await tried("published"), await tried("newest")].map(({ kind, queue, priority }) => JSON.stringify([kind, queue?.name, priority]));
  check("and the server decides it so", decisions[0] !== decisions[1], decisions);
  await looks("publish");
  await eventually("before it is published, it says which decisions would change, with both runs", async () => /Opening hours/.test(await page.locator(".replay-changes").innerText()), () => page.locator(".replay-changes").innerText());
  await page.getByLabel("Note", { exact: true }).fill("the bank's mail is billing's");
  await page.getByRole("button", { name: /^Publish version/ }).click();
  await heading("Front desk");

  // Back to what was.
  await page.getByLabel("Version", { exact: true }).selectOption("1");
  await page.getByRole("link", { name: "Roll back to it" }).click();
  await page.getByRole("heading", { level: 1, name: "Roll back to version 1" }).waitFor();
  await page.getByText("Nothing breaks").waitFor();
  await page.getByRole("button", { name: "Publish version 1" }).click();
  await heading("Front desk");
  const flow = await meanwhile("GET", `/flows/${id}`);
  check("it is published, and rolled back", flow.publishedVersion.version === 1);

  // Another name: what leads to the flow goes on.
  await button("Rename").click();
  const described = page.getByRole("form", { name: "Name and description" });
  await described.getByText(/desk@example\.com uses this flow by its id/).waitFor();
  await described.getByLabel("Name").fill("Reception");
  await described.getByLabel("Description").fill("Sorts what comes to the front desk.");
  await looks("flow-rename");
  await meanwhile("PUT", `/flows/${id}`, { description: "theirs" });
  await described.getByRole("button", { name: "Save", exact: true }).click();
  await described.getByText("They changed: Description.").waitFor();
  await glance("flow-rename-conflict");
  // The browser tells of every refused request.
  noise.splice(0);
  await described.getByRole("button", { name: "Overwrite with mine" }).click();
  await heading("Reception");
  const renamed = await meanwhile("GET", `/flows/${id}`);
  check("a flow is renamed without a new version, and nobody's change is overwritten unasked", renamed.name === "Reception" && /front desk/.test(renamed.description) && renamed.savedVersion.version === flow.savedVersion.version, renamed);
  const routed = await meanwhile("POST", "/interactions?to=desk@example.com&wait=true", mail("My invoice 18", 18), "message/rfc822");
  check("its route leads to it as before", /Billing/.test(JSON.stringify(routed)), routed);

  // Two who edit the same.
  await main().getByRole("link", { name: "Edit", exact: true }).click();
  await heading("Edit");
  await node("topic").waitFor();
  const newer = flow.savedVersion.version;
  await page.getByText(`You are editing version ${newer}, the newest: it was live before.`).waitFor();
  await looks("editor-not-live");
  await button("Edit version 1 instead").click();
  await saved(newer + 1);
  const contents = async (version) => JSON.stringify((await meanwhile("GET", `/flows/${id}/versions/${version}/configuration`)).nodes);
  check("after a rollback it is said that the newest version is not live, and the live one can be gone on with", (await contents(newer + 1)) === (await contents(1)) && (await contents(newer)) !== (await contents(1)));
  check("with its comments", (await meanwhile("GET", `/flows/${id}/versions/${newer + 1}/text`)).includes("# Change the words to those that your customers use."));
  const document = await meanwhile("GET", `/flows/${id}/latestconfiguration`);
  document.nodes[2].actions.unshift({ type: "log", message: "theirs" });
  await node("topic").click();
  /** Somebody else saves a version while something is typed, and before it is sent. */
  const both = async (mine, theirs) => {
    const letGo = await holdBack(DRAFTS);
    await page.locator('.node-form > [data-path$=".name"] input').fill(mine);
    await meanwhile("POST", `/flows/${id}/versions`, theirs);
    await letGo();
  };
  await both("mine", document);
  await page.getByText("Someone else changed this flow while you were editing").waitFor();
  await page.getByText("Your changes and theirs fit together.").waitFor();
  await glance("editor-merge");
  // The browser tells of every refused request.
  noise.splice(0);
  await button("Bring both together").click();
  await saved();
  const topic = (one) => one.nodes.find((each) => each.id === "topic");
  const together = await newest();
  check("what two changed in different places is brought together", topic(together).name === "mine" && together.nodes[2].actions[0].message === "theirs", together);

  // The same part changed by both is chosen.
  topic(together).name = "theirs again";
  together.nodes[2].actions[0].message = "theirs, too";
  await both("mine again", together);
  await page.getByText("One part was changed by both of you").waitFor();
  check("nothing is brought together unasked", await button("Bring both together").isDisabled());
  await page.getByRole("group", { name: "nodes[topic].name" }).getByRole("radio", { name: /^Theirs/ }).check();
  await looks("editor-conflict");
  noise.splice(0);
  await button("Bring both together").click();
  await saved();
  const chosen = await newest();
  check("what both changed is as it was chosen, the rest is taken", topic(chosen).name === "theirs again" && chosen.nodes[2].actions[0].message === "theirs, too", chosen);

  // One of them is taken: the other is not lost.
  chosen.nodes[2].actions[0].message = "theirs at last";
  await both("mine at last", chosen);
  await page.getByText("Someone else changed this flow while you were editing").waitFor();
  noise.splice(0);
  await button("Go on with theirs").click();
  await page.waitForFunction(() => [...document.querySelectorAll("input")].every((one) => one.value !== "mine at last"));
  await page.keyboard.press("ControlOrMeta+Z");
  await page.waitForFunction(() => [...document.querySelectorAll("input")].some((one) => one.value === "mine at last"));
  // What is undone to was not meant for theirs: it is not saved over it unasked.
  await page.getByText("Someone else changed this flow while you were editing").waitFor();
  check("what was undone to before theirs is not saved over theirs unasked", (await newest()).nodes[2].actions[0].message === "theirs at last");
  noise.splice(0);
  await button("Save mine over theirs").click();
  await saved();
  const versions = await meanwhile("GET", `/flows/${id}/versions`);
  check("neither of two who edit the same loses anything", versions.entities.length >= 4);

  // Who changed nothing sees the other's version, and can't undo it.
  await page.reload();
  await node("topic").waitFor();
  await saved();
  const calm = await newest();
  topic(calm).name = "theirs alone";
  await meanwhile("POST", `/flows/${id}/versions`, calm);
  await node("topic").getByText("theirs alone").waitFor();
  check("somebody else's change is not mine to undo", await button("Undo").isDisabled());

  // A part that can't be fetched fails alone, and is fetched again.
  const assets = "**/assets/*Yaml*";
  await page.route(assets, (route) => route.abort());
  await page.reload();
  await node("topic").waitFor();
  await button("Both").click();
  await page.getByText("This part can't be loaded").waitFor();
  check("without the YAML's editor the graph goes on", await node("topic").isVisible());
  await glance("editor-part");
  await page.unroute(assets);
  noise.splice(0);
  await button("Try again").click();
  await page.locator(".editing-yaml .cm-content").waitFor();
  check("a part that could not be fetched is fetched again", true);
  noise.splice(0);

  // Renamed by somebody else while one edits; left before it is saved; changed by somebody else while nobody edits.
  const flowNow = await meanwhile("GET", `/flows/${id}`);
  await meanwhile("PUT", `/flows/${id}`, { name: "Welcome", description: flowNow.description });
  await node("topic").click();
  const naming = page.locator('.node-form > [data-path$=".name"] input');
  await naming.fill("after the rename");
  await wait(async () => (await yaml()).includes("name: Welcome"), yaml);
  await saved();
  check("a draft follows a flow that somebody else renames", topic(await newest()).name === "after the rename");
  await naming.fill("left at once");
  await page.getByRole("link", { name: "Flows", exact: true }).first().click();
  await heading("Flows");
  await eventually("who leaves before it is saved has it saved", async () => topic(await newest()).name === "left at once", async () => topic(await newest()));
  const since = await newest();
  topic(since).name = "theirs, in between";
  await meanwhile("POST", `/flows/${id}/versions`, since);
  await page.goto(`${BASE}/flows/${id}/edit?view=both`);
  await node("topic").getByText("theirs, in between").waitFor();
  await page.locator(".editing-yaml .cm-content").waitFor();
  await eventually("comments stay when somebody else saves while nobody edits", comments, yaml);
  noise.splice(0);

  // What was entered to publish stays, and only what was looked at is published.
  await button("Publish…").click();
  await page.getByText("Nothing breaks").waitFor();
  await page.getByLabel("Note", { exact: true }).fill("a note of mine");
  topic(since).name = "theirs, while I publish";
  await meanwhile("POST", `/flows/${id}/versions`, since);
  await page.getByText(/^Someone saved version \d+ meanwhile/).waitFor();
  check("what was not looked at is not published", await page.getByRole("button", { name: /^Publish version/ }).isDisabled());
  await glance("publish-meanwhile");
  await page.getByRole("button", { name: /^Look at version/ }).click();
  await page.getByText(/^Someone saved version \d+ meanwhile/).waitFor({ state: "detached" });
  check("and what was entered stays", (await page.getByLabel("Note", { exact: true }).inputValue()) === "a note of mine");
});
