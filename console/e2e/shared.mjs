// Two people, each with a browser and a client of their own, on one flow: comments and places of nodes are the flow's, and nobody's are lost silently.
import { chromium } from "playwright-core";
import { BASE, check, CLIENT_ID, CLIENT_SECRET, DRAFTS, eventually, focused, glance, holdBack, noise, other, page, PATIENCE, signIn, still, tell, undo, until, wait } from "./harness.mjs";

const api = await other();
const elsewhere = await chromium.launch({ executablePath: process.env.CHROMIUM, headless: true, args: ["--no-sandbox", "--disable-gpu", "--disable-quic"] });
const bensPage = await elsewhere.newPage({ viewport: { width: 1360, height: 860 } });
bensPage.setDefaultTimeout(PATIENCE);

/** Where texts are sent to. */
const TEXTS = "**/api/v2/flows/*/versions/*/text";

/** What one of them sees and does. */
const person = (page) => {
  const node = (id) => page.locator(`.react-flow__node[data-id="flow/${id}"]`);
  const content = page.locator(".editing-yaml .cm-content");
  const lines = page.locator(".editing-yaml .cm-line");
  return {
    page,
    node,
    yaml: async () => (await content.innerText()).replaceAll("\u200b", ""),
    saved: (version) => page.getByText(`Saved as version ${version}`, { exact: true }).waitFor(),
    has: (text) => lines.filter({ hasText: text }).first().waitFor(),
    /** Writes a line after the one that has a text, in one go: the line that is half there is saved nowhere. */
    write: async (after, line) => {
      await lines.filter({ hasText: after }).first().click();
      await page.keyboard.press("End");
      await page.keyboard.press("Enter");
      await page.keyboard.press("Home");
      await page.keyboard.insertText(line);
    },
    /** Takes a line away. */
    wipe: async (text) => {
      await lines.filter({ hasText: text }).first().click();
      await page.keyboard.press("End");
      await page.keyboard.press("Shift+Home");
      await page.keyboard.press("Backspace");
      await page.keyboard.press("Backspace");
    },
    broken: () => page.getByText("The YAML can't be read:").waitFor(),
    open: async (id) => {
      await page.goto(`${BASE}/flows/${id}/edit?view=both`);
      await content.waitFor();
      await node("topic").waitFor();
    },
    at: async (id) => (await node(id).evaluate((one) => one.style.transform)),
    drag: async (id, right, down) => {
      // Beside the YAML the graph may have room for a part of it: all of it is asked for.
      await page.getByRole("button", { name: "Fit View" }).click();
      await still(page);
      const box = await node(id).boundingBox();
      const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
      check(`${id} is in sight`, await node(id).evaluate((one, [x, y]) => one.contains(document.elementFromPoint(x, y)), [x, y]), box);
      await page.mouse.move(x, y);
      await page.mouse.down();
      await page.mouse.move(x + right, y + down, { steps: 6 });
      await page.mouse.up();
    },
  };
};
const [anna, ben] = [person(page), person(bensPage)];

await tell(
  async () => {
    await page.goto(`${BASE}/flows/new`);
    await signIn(CLIENT_ID, CLIENT_SECRET);
    await page.getByRole("radio", { name: /^Triage/ }).check();
    await page.getByLabel("Name", { exact: true }).fill("Ours");
    await page.getByRole("button", { name: "Create the flow", exact: true }).click();
    await anna.node("topic").waitFor();
    const id = new URL(page.url()).pathname.split("/")[2];
    const client = await api("POST", "/oauth/clients", { name: "Ben", scope: ["flow:write", "routing:read"] });
    await bensPage.goto(`${BASE}/flows`);
    await bensPage.getByLabel("Client id").fill(client.id);
    await bensPage.getByLabel("Client secret").fill(client.secret);
    await bensPage.keyboard.press("Enter");
    await bensPage.getByRole("heading", { level: 1, name: "Flows" }).waitFor();
    noise.splice(0);
    const text = async (version) => await api("GET", `/flows/${id}/versions/${version}/text`);
    const places = async () => (await api("GET", `/flows/${id}/positions`)).positions;
    /** Drags a node and waits for the server to have it elsewhere: where the layout put it may be there already. */
    const move = async (who, node, right, down) => {
      const before = JSON.stringify((await places())[node]);
      await who.drag(node, right, down);
      return until(async () => JSON.stringify((await places())[node]) !== before);
    };

    // Anna writes a comment and moves a node; Ben opens the flow.
    await anna.open(id);
    check("a flow from a template has its comments on the server", (await text(1)).includes("# Change the words to those that your customers use."), await text(1));
    await anna.write("name: Ours", "# Anna: ask before you change this.");
    await wait(async () => (await text(1)).includes("# Anna: ask"));
    await anna.saved(1);
    check("a comment makes no version, and is on the server", (await api("GET", `/flows/${id}`)).savedVersion.version === 1 && (await text(1)).includes("# Anna: ask"), await text(1));
    await eventually("a flow that somebody works on keeps where its nodes are drawn", async () => (await places()).drop !== undefined);
    check("a place is on the server once the node is let go", await move(anna, "drop", 40, 70));
    const moved = await anna.at("drop");
    await ben.open(id);
    await ben.has("# Anna: ask before you change this.");
    await eventually("somebody else sees comments and places", async () => (await ben.at("drop")) === moved, async () => [await ben.at("drop"), moved]);
    await eventually("of nodes that nobody moved, too", async () => (await ben.at("topic")) === (await anna.at("topic")), async () => [await ben.at("topic"), await anna.at("topic")]);

    // Both write comments: in different places, then at the same line.
    await ben.write("nodes:", "# Ben: in order of urgency.");
    await eventually("the other's comment is on the server", async () => (await text(1)).includes("# Ben: in order"), () => text(1));
    await anna.write("# Anna: ask", "# Anna: or write to me.");
    await anna.has("# Ben: in order of urgency.");
    await eventually("comments of both are in the text", async () => /# Anna: ask[^]*# Anna: or[^]*# Ben: in/.test(await text(1)), () => text(1));
    // The browser tells of every refused request.
    noise.splice(0);
    await ben.write("# Ben: in order", "# Ben: next.");
    await wait(async () => (await text(1)).includes("# Ben: next."));
    await ben.saved(1);
    await anna.write("# Ben: in order", "# Anna: at the same place.");
    await wait(async () => (await text(1)).includes("# Anna: at the same place."));
    await anna.saved(1);
    const all = await text(1);
    check("of comments at the same place neither is lost", all.includes("# Ben: next.") && /# Ben: next\./.test(await anna.yaml()), all);
    await undo(async () => !(await anna.yaml()).includes("# Anna: at the same place."), anna.yaml);
    // It is brought together with the other's again, and nothing of that is taken back later.
    await anna.has("# Ben: next.");
    await anna.saved(1);
    await page.waitForTimeout(4_000);
    check("undo takes back what is one's own, and nothing of the other's", (await text(1)).includes("# Ben: next."), await text(1));
    await ben.open(id);
    await ben.write("name: Ours", "# Ben: above.");
    await wait(async () => (await text(1)).includes("# Ben: above."));
    await ben.saved(1);
    await anna.write("# What a machine wrote", "# Anna: for a moment.");
    await anna.has("# Ben: above.");
    await undo(async () => !(await anna.yaml()).includes("for a moment"), anna.yaml);
    await eventually("undone to before the other's came in, it is brought together again", async () => /# Ben: above\./.test(await text(1)) && !/for a moment/.test(await text(1)), () => text(1));
    await anna.has("# Ben: above.");
    await anna.saved(1);
    noise.splice(0);

    // A draft of one with the comments of the other; each moves another node.
    await ben.open(id);
    await ben.node("topic").click();
    await bensPage.locator('.node-form > [data-path$=".name"] input').fill("named by Ben");
    await ben.saved(2);
    await anna.node("topic").getByText("named by Ben").waitFor();
    await eventually("a new version has the comments of both", async () => /# Anna: ask[^]*# Ben: in/.test(await text(2)), () => text(2));
    check("each moves nodes", (await move(ben, "topic", -20, 20)) && (await move(anna, "drop", -20, 30)));
    await ben.open(id);
    const [topics, drops] = [await ben.at("topic"), await ben.at("drop")];
    await anna.open(id);
    await eventually("both see where each has put what", async () => (await anna.at("topic")) === topics && (await anna.at("drop")) === drops, async () => [topics, await anna.at("topic"), drops, await anna.at("drop")]);

    // A comment on the version that the other's draft is made from is in the draft's text. So is one that was not sent by then.
    await ben.write("# Anna: ask", "# Ben: asked.");
    await wait(async () => (await text(2)).includes("# Ben: asked."));
    await ben.saved(2);
    await anna.node("topic").click();
    await page.locator('.node-form > [data-path$=".name"] input').fill("named by Anna");
    await ben.write("# Ben: asked.", "# Ben: answered.");
    await anna.saved(3);
    await eventually("a new version has what the other wrote into the one before", async () => /# Ben: asked\.\n# Ben: answered\./.test(await text(3)), () => text(3));
    await eventually("and what it says itself", async () => (await text(3)).includes("name: named by Anna") && (await ben.yaml()).includes("name: named by Anna"), async () => [await text(3), await ben.yaml()]);
    noise.splice(0);
    await anna.open(id);
    check("a node is moved once more", await move(anna, "drop", 10, 10));
    const stays = await anna.at("drop");

    // While comments of both come together over a slow line, a value is typed where the other wrote.
    await ben.write("# Anna: or", "# Ben: slowly.");
    await wait(async () => (await text(3)).includes("# Ben: slowly."));
    await ben.saved(3);
    await bensPage.locator(".editing-yaml .cm-line").filter({ hasText: "name: named by Anna" }).first().click();
    await bensPage.keyboard.press("End");
    await bensPage.keyboard.type(" # Ben: a good name");
    await wait(async () => (await text(3)).includes("# Ben: a good name"));
    const sent = page.waitForRequest((request) => request.method() === "PUT" && /\/text$/.test(request.url()));
    const letThrough = await holdBack(TEXTS);
    await anna.write("name: Ours", "# Anna: a comment that is sent.");
    await sent;
    await page.locator(".editing-yaml .cm-line").filter({ hasText: "name: named by Anna" }).first().click();
    await page.keyboard.press("End");
    await page.keyboard.insertText(" herself");
    await wait(async () => (await anna.yaml()).includes("name: named by Anna herself"), anna.yaml);
    await letThrough();
    await anna.has("# Ben: a good name");
    await anna.saved(4);
    await eventually("what is typed while comments come together is not lost", async () => /# Ben: a good name\n +name: named by Anna herself\n/.test(await text(4)), () => anna.yaml());
    check("and a node stays where it was put before", (await anna.at("drop")) === stays, [await anna.at("drop"), stays]);
    noise.splice(0);

    // A server that does not answer: what was written stays in the browser, and gets there.
    await page.route(TEXTS, (route) => route.abort());
    await anna.write("name: Ours", "# Anna: while it was away.");
    await page.getByText("without its comments. It is kept in this browser.").waitFor();
    await glance("editor-unwritten");
    await page.reload();
    await page.unroute(TEXTS);
    await page.goto(`${BASE}/flows/${id}/edit?view=both`);
    await anna.has("# Anna: while it was away.");
    await eventually("a comment that the server did not take is kept, and gets there", async () => (await text(4)).includes("# Anna: while it was away."), () => text(4));
    // A page that is left right after a key. Until the answer is here, the one before is not known to be on the server.
    await anna.saved(4);
    await anna.write("name: Ours", "# Anna: gone at once.");
    await page.goto("about:blank");
    await anna.open(id);
    await anna.has("# Anna: gone at once.");
    await eventually("the last key before a page is left is kept", async () => (await text(4)).includes("# Anna: gone at once."), () => text(4));
    noise.splice(0);

    // One person with two tabs: each keeps what is not saved in it, and a closed one's is there again.
    await anna.saved(4);
    await anna.write("name: Ours", "[ in the first tab");
    await anna.broken();
    const again = person(await page.context().newPage());
    await again.open(id);
    check("a second tab does not take what the first has not saved", !(await again.yaml()).includes("in the first tab"), await again.yaml());
    await again.write("name: Ours", "[ in the second tab");
    await again.broken();
    for (const tab of [anna, again]) {
      await tab.page.reload();
      await tab.broken();
    }
    const both = async () => [await anna.yaml(), await again.yaml()];
    const ownAlone = ([first, second]) => /in the first tab/.test(first) && !/second tab/.test(first) && /in the second tab/.test(second) && !/first tab/.test(second);
    await eventually("each tab has its own again", async () => ownAlone(await both()), both);
    await again.page.close();
    const opened = person(await page.context().newPage());
    await opened.open(id);
    await opened.broken();
    await eventually("what a closed tab had not saved is in the next one", async () => /in the second tab/.test(await opened.yaml()), opened.yaml);
    for (const tab of [anna, opened]) {
      await tab.wipe("[ in the");
      await tab.saved(4);
    }
    await opened.page.close();

    // A node is moved while the server is away, and the page is left.
    await page.route("**/api/v2/flows/*/positions", (route) => (route.request().method() === "PATCH" ? route.abort() : route.continue()));
    await anna.drag("drop", 25, 45);
    const put = await anna.at("drop");
    await page.reload();
    await anna.node("drop").waitFor();
    await eventually("where a node was put while the server was away is kept", async () => (await anna.at("drop")) === put, async () => [await anna.at("drop"), put]);
    await page.unroute("**/api/v2/flows/*/positions");
    await page.reload();
    await anna.node("drop").waitFor();
    const [right, down] = put.match(/-?[\d.]+/g).map(Number);
    const isThere = ({ x, y }) => Math.hypot(x - right, y - down) < 0.01;
    await eventually("and gets there", async () => isThere((await places()).drop), async () => [put, await places()]);
    noise.splice(0);

    // Programs save version after version without a text: comments are still those that people wrote.
    const document = await api("GET", `/flows/${id}/latestconfiguration`);
    for (let times = 1; times <= 6; times++) {
      document.nodes[0].name = `Version ${times} of a program`;
      await api("POST", `/flows/${id}/versions`, document);
    }
    for (const one of [anna, ben]) await one.open(id);
    await eventually("comments are found however many versions have none", async () => /# Anna: ask/.test(await ben.yaml()) && /Version 6 of a program/.test(await ben.yaml()), ben.yaml);

    // A node gets another id: letter by letter in the YAML, and in its form.
    await anna.node("drop").click();
    await page.getByRole("complementary", { name: "Node drop" }).waitFor();
    const stood = await anna.at("drop");
    await page.locator(".editing-yaml .cm-line").filter({ hasText: "id: drop" }).click();
    await page.keyboard.press("End");
    await page.keyboard.type("ped", { delay: 250 });
    await page.getByRole("complementary", { name: "Node dropped" }).waitFor();
    await anna.node("dropped").waitFor();
    const stands = (id) => [async () => (await anna.at(id)) === stood, async () => [await anna.at(id), stood]];
    await eventually("a node that is renamed in the YAML stays selected, and where it is", ...stands("dropped"));
    await undo(async () => /id: drop\b/.test(await anna.yaml()), anna.yaml);
    await page.getByRole("complementary", { name: "Node drop", exact: true }).waitFor();
    await anna.node("drop").waitFor();
    await eventually("and when that is undone", ...stands("drop"));
    await page.getByRole("button", { name: "Remove", exact: true }).click();
    await anna.node("drop").waitFor({ state: "detached" });
    await page.keyboard.press("ControlOrMeta+Z");
    await anna.node("drop").waitFor();
    await eventually("a node that was removed comes back where it was", ...stands("drop"));
    await page.getByText(/^Saved as version \d+$/).waitFor();
    // Nothing of what follows is saved until somebody else has changed it.
    const letGo = await holdBack(DRAFTS);
    await anna.node("drop").click();
    const named = page.getByLabel("Id", { exact: true });
    await named.fill("left");
    await page.keyboard.press("Enter");
    await page.getByRole("complementary", { name: "Node left" }).waitFor();
    await anna.node("left").waitFor();
    await focused(named);
    await eventually("so it does in its form, which keeps the focus", ...stands("left"));
    await eventually("what leads to it follows", async () => /to: left/.test(await anna.yaml()), anna.yaml);
    // Somebody else changes it under its old id.
    document.nodes.find((one) => one.id === "drop").name = "named by a program";
    await api("POST", `/flows/${id}/versions`, document);
    await letGo();
    await page.getByText("Your changes and theirs fit together.").waitFor();
    await page.getByRole("button", { name: "Bring both together", exact: true }).click();
    await page.getByText(/^Saved as version \d+$/).waitFor();
    const newest = await api("GET", `/flows/${id}/latestconfiguration`);
    check("one's new id and the other's change of the node are one node", newest.nodes.filter((one) => one.id === "left" && one.name === "named by a program").length === 1 && newest.nodes.every((one) => one.id !== "drop"), newest);
    await eventually("which is still where it was", ...stands("left"));
    noise.splice(0);
  },
  () => void elsewhere.close(),
);
