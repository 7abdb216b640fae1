// An editor that is interrupted: answers that never come, a session that ends, a flow that somebody deletes, a tab that is closed.
import { BASE, browser, check, CLIENT_ID, CLIENT_SECRET, DRAFTS, eventually, glance, holdBack, noise, other, page, signIn, tell, wait } from "./harness.mjs";

const api = await other();
const heading = async (name, on = page) => await on.getByRole("heading", { level: 1, name }).waitFor();
const button = (name) => page.getByRole("button", { name, exact: true });
const node = (id) => page.locator(`.react-flow__node[data-id="flow/${id}"]`);
const naming = page.locator('.node-form > [data-path$=".name"] input');
const conflict = page.getByText("Someone else changed this flow while you were editing");
const saved = async (version) => await page.getByText(`Saved as version ${version}`, { exact: true }).waitFor();
const yaml = async () => (await page.locator(".editing-yaml .cm-content").innerText()).replaceAll("\u200b", "");
/** Writes a line after the one that has a text, in one go: the line that is half there is saved nowhere. */
const write = async (after, line, on = page) => {
  await on.locator(".editing-yaml .cm-line").filter({ hasText: after }).first().click();
  await on.keyboard.press("End");
  await on.keyboard.press("Enter");
  await on.keyboard.press("Home");
  await on.keyboard.insertText(line);
};

await tell(async () => {
  await page.goto(`${BASE}/flows/new`);
  await signIn(CLIENT_ID, CLIENT_SECRET);
  await page.getByRole("radio", { name: /^Triage/ }).check();
  await page.getByLabel("Name", { exact: true }).fill("Interrupted");
  await button("Create the flow").click();
  await node("topic").waitFor();
  const id = new URL(page.url()).pathname.split("/")[2];
  const open = async () => {
    await page.goto(`${BASE}/flows/${id}/edit?view=both`);
    await page.locator(".editing-yaml .cm-content").waitFor();
    await node("topic").waitFor();
  };
  // What is picked is brought into view in the YAML, which is written into before.
  const pick = async () => {
    await node("topic").click();
    await naming.waitFor();
  };
  const newest = () => api("GET", `/flows/${id}/latestconfiguration`);
  const topic = (one) => one.nodes.find((each) => each.id === "topic");
  const version = async () => (await api("GET", `/flows/${id}`)).savedVersion.version;
  // A version that nobody has written a text of yet has none.
  const text = async (version) => await api("GET", `/flows/${id}/versions/${version}/text`).catch(() => "");
  noise.splice(0);

  // The server takes a draft, and its answer is lost. `lost` says how often that has happened.
  let lost = 0;
  const loseOne = async () => {
    lost = 0;
    const lose = async (route) => {
      await route.fetch();
      lost += 1;
      await route.abort();
    };
    await page.route(DRAFTS, lose, { times: 1 });
  };
  await open();
  await write("name: Interrupted", "# A comment that goes with it.");
  await pick();
  await loseOne();
  await naming.fill("taken");
  await wait(() => lost === 1);
  await saved(2);
  check("a draft whose answer was lost is one's own", topic(await newest()).name === "taken" && !(await conflict.isVisible()));
  await eventually("its comments get there", async () => (await text(2)).includes("\n# A comment that goes with it.\n"), () => text(2));
  noise.splice(0);

  // Typed on before that is known.
  await loseOne();
  await naming.fill("taken, too");
  await wait(() => lost === 1);
  await naming.fill("typed since");
  await saved(4);
  check("what was typed since is a draft after it", topic(await newest()).name === "typed since" && (await version()) === 4 && !(await conflict.isVisible()), await newest());
  noise.splice(0);

  // The page is loaded again before that is known, and what was typed since is in it.
  await loseOne();
  await naming.fill("taken before a reload");
  await wait(() => lost === 1);
  await page.route(DRAFTS, (route) => route.abort());
  await naming.fill("typed before a reload");
  await page.reload();
  await page.unroute(DRAFTS);
  await node("topic").waitFor();
  await saved(6);
  check("so it is after a reload", topic(await newest()).name === "typed before a reload" && (await version()) === 6 && !(await conflict.isVisible()), await newest());
  noise.splice(0);

  // Somebody else saves after it.
  await open();
  await pick();
  await loseOne();
  await naming.fill("taken before theirs");
  await wait(() => lost === 1);
  const theirs = await newest();
  theirs.nodes[2].actions.unshift({ type: "log", message: "theirs" });
  await api("POST", `/flows/${id}/versions`, theirs);
  await wait(async () => (await yaml()).includes("message: theirs"));
  check("somebody else's version after it comes in as usual", topic(await newest()).name === "taken before theirs" && !(await conflict.isVisible()) && /name: taken before theirs/.test(await yaml()), await yaml());
  noise.splice(0);

  // A comment is typed while another text is under way: nothing else is typed after it.
  await open();
  const texts = "**/api/v2/flows/*/versions/*/text";
  const sending = () => page.waitForRequest((request) => request.method() === "PUT" && /\/text$/.test(request.url()));
  // Long enough for what is typed meanwhile to become due.
  const due = () => page.waitForTimeout(3_500);
  const first = sending();
  let letGo = await holdBack(texts, "PUT");
  await write("name: Interrupted", "# The first.");
  await first;
  await write("# The first.", "# The second.");
  await due();
  await letGo();
  const under = await version();
  await eventually("a comment that is typed while another is sent is sent after it", async () => (await text(under)).includes("# The second."), () => text(under));
  await saved(under);
  // So is a value.
  const third = sending();
  letGo = await holdBack(texts, "PUT");
  await write("# The second.", "# The third.");
  await third;
  await pick();
  await naming.fill("typed under way");
  await due();
  await letGo();
  const sent = under + 1;
  await saved(sent);
  check("a value that is typed while a comment is sent is saved after it", topic(await newest()).name === "typed under way" && (await text(sent)).includes("# The third."), await text(sent));
  noise.splice(0);

  // The session ends while something is typed: whoever signs in again goes on.
  // The editor alone finds that out: what else the page asks for is not answered.
  await page.route("**/api/v2/**", (route) => (/\/changesets$|\?draft=true$/.test(route.request().url()) ? route.continue() : route.abort()));
  await browser.clearCookies();
  await naming.fill("typed after the session ended");
  await page.getByLabel("Client id").waitFor();
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await signIn(CLIENT_ID, CLIENT_SECRET);
  await node("topic").getByText("typed after the session ended").waitFor();
  await saved(sent + 1);
  check("what was typed after the session ended is saved after the next one began", topic(await newest()).name === "typed after the session ended" && new URL(page.url()).search === "?view=both", page.url());
  await pick();
  await naming.fill("and on");
  await saved(sent + 2);
  check("and the editor goes on", topic(await newest()).name === "and on");
  noise.splice(0);

  // A tab is closed right after the last of many keys, in the YAML and in a field.
  await page.goto(`${BASE}/flows`);
  await heading("Flows");
  const kept = () => page.evaluate(() => JSON.stringify(localStorage));
  for (const where of ["the YAML", "a field"]) {
    const tab = await browser.newPage();
    // However long it takes: what the server has by then is not kept.
    await tab.route(/\?draft=true$|\/text$/, (route) => (route.request().method() === "PUT" ? route.abort() : route.continue()));
    await tab.goto(`${BASE}/flows/${id}/edit?view=both`);
    await tab.locator(".editing-yaml .cm-content").waitFor();
    await tab.locator('.react-flow__node[data-id="flow/topic"]').waitFor();
    const before = await kept();
    if (where === "the YAML") await write("name: Interrupted", "# typed", tab);
    else {
      await tab.locator('.react-flow__node[data-id="flow/topic"]').click();
      await tab.locator('.node-form > [data-path$=".name"] input').fill("typed");
    }
    await wait(async () => (await kept()) !== before && (await kept()).includes("typed"));
    await tab.keyboard.type(` and closed in ${where}`);
    await tab.close({ runBeforeUnload: true });
    await wait(() => tab.isClosed());
    await eventually(`what was typed in ${where} is kept when the tab is closed, to the last key`, async () => (await kept()).includes(`typed and closed in ${where}`), kept);
  }
  await open();
  await eventually("and is there when the flow is opened again", async () => /# typed and closed in the YAML/.test(await yaml()) && /name: "?typed and closed in a field/.test(await yaml()), yaml);
  await page.getByText(/^Saved as version \d+$/).waitFor();
  noise.splice(0);

  // A text that can't be read, and one that the server does not take, are given up: also after a reload, which ends undo.
  await wait(async () => topic(await newest()).name === "typed and closed in a field");
  const last = await version();
  await saved(last);
  const stuck = async (after, line, says) => {
    await write(after, line);
    await page.getByText(says).waitFor();
    await wait(async () => (await kept()).includes(line));
    await page.reload();
    await page.getByText(says).waitFor();
  };
  const discard = button(`Discard it for version ${last}`);
  await stuck("name: Interrupted", "[ no YAML", "The YAML can't be read:");
  await glance("editor-discard");
  await discard.click();
  await saved(last);
  await eventually("a text that can't be read is given up", async () => !(await yaml()).includes("[ no YAML") && !(await kept()).includes("[ no YAML"), yaml);
  await button("Undo").click();
  await page.getByText("The YAML can't be read:").waitFor();
  await eventually("and undo brings it back", async () => (await yaml()).includes("[ no YAML"), yaml);
  await discard.click();
  await saved(last);
  await stuck("name: Interrupted", "unknown: member", "The server does not take the text as it is.");
  noise.splice(0);
  await discard.click();
  await saved(last);
  await eventually("so is one that the server does not take", async () => !(await yaml()).includes("unknown: member") && !(await kept()).includes("unknown: member") && !(await discard.isVisible()), yaml);

  // Somebody deletes the flow.
  await pick();
  await page.route(DRAFTS, (route) => route.abort());
  await naming.fill("never saved");
  await wait(async () => (await yaml()).includes("never saved"));
  await api("DELETE", `/flows/${id}`);
  await page.unroute(DRAFTS);
  await page.getByText("Someone deleted this flow.").waitFor();
  await glance("editor-deleted");
  check("it is said that somebody deleted it, and what to do with the text", await button("Create a flow from it").isEnabled());
  await page.reload();
  await heading("Deleted flow");
  const shown = () => page.getByLabel("The text", { exact: true }).inputValue();
  await eventually("after a reload the text is there", async () => /name: "?never saved/.test(await shown()), async () => `${await shown()}\n${await kept()}`);
  await glance("flow-deleted");
  await page.getByLabel("Name of the new flow").fill("Not deleted");
  await button("Create a flow from it").click();
  await heading("Edit");
  await node("topic").getByText("never saved").waitFor();
  const again = new URL(page.url()).pathname.split("/")[2];
  const made = () => api("GET", `/flows/${again}/versions/1/text`).catch(String);
  await eventually("and becomes another flow, comments and all", async () => again !== id && /name: Not deleted/.test(await made()) && /# Change the words to those/.test(await made()), made);
  noise.splice(0);
  await page.goto(`${BASE}/flows/${id}/edit`);
  await page.getByText("Not found", { exact: true }).waitFor();
  check("it is kept no longer", !(await page.getByLabel("The text", { exact: true }).isVisible()));
  noise.splice(0);

  // It is renamed, the answer is lost, and it is saved once more.
  await page.goto(`${BASE}/flows/${again}`);
  await button("Rename").click();
  const described = page.getByRole("form", { name: "Name and description" });
  await described.getByLabel("Name").fill("Renamed");
  await page.route(`**/api/v2/flows/${again}`, async (route) => {
    if (route.request().method() !== "PUT") return await route.continue();
    await route.fetch();
    await route.abort();
  });
  await described.getByRole("button", { name: "Save", exact: true }).click();
  await described.getByText("The server does not answer.").waitFor();
  await page.unrouteAll({ behavior: "ignoreErrors" });
  await described.getByRole("button", { name: "Save", exact: true }).click();
  await described.waitFor({ state: "detached" });
  await heading("Renamed");
  check("a name whose answer was lost is one's own", (await api("GET", `/flows/${again}`)).name === "Renamed");
  noise.splice(0);

  // It is deleted while nobody types, then a comment alone is typed.
  await page.goto(`${BASE}/flows/${again}/edit`);
  await page.getByText(/^Saved as version \d+$/).waitFor();
  await button("YAML").click();
  await page.locator(".cm-content").first().click();
  await api("DELETE", `/flows/${again}`);
  await page.getByText("What you see is its last version.").waitFor();
  check("that somebody deleted a flow is seen before anything is typed", await button("Create a flow from it").isEnabled());
  await page.keyboard.press("Control+Home");
  await page.keyboard.type("# too late\n");
  await page.getByText("Your text is kept in this browser.").waitFor();
  await eventually("so it is when a comment alone was typed", async () => /# too late\\+nname: /.test(await kept()), kept);
  // While its first character alone is there, the flow's name is a comment: the button waits for the line's end.
  await button("Create a flow from it").click();
  await page.waitForURL((url) => !url.pathname.includes(again));
  const late = new URL(page.url()).pathname.split("/")[2];
  const commented = () => api("GET", `/flows/${late}/versions/1/text`).catch(String);
  await eventually("and becomes another flow with it", async () => (await commented()).startsWith("# too late\n"), commented);
  noise.splice(0);
});
