// The editor of a long flow, as somebody uses it who has written comments into it.
import { Document, visit } from "yaml";
import { BASE, CLIENT_ID, CLIENT_SECRET, page, token } from "./harness.mjs";
import { frames, keys, longest, opened } from "./probe.mjs";

const KEYS = 40;
const letters = (count) => Array.from({ length: count }, (_, nth) => "abcdefghij"[nth % 10]);
const node = (id) => page.locator(`.react-flow__node[data-id="flow/${id}"]`);
const problems = page.locator(".problem-list li");
const button = (name) => page.getByRole("button", { name, exact: true });

/** Gives the flow a text with a comment at every fifth node. */
async function commented(flow) {
  const headers = { authorization: `Bearer ${await token(CLIENT_ID, CLIENT_SECRET)}` };
  const ask = async (path) => (await fetch(`${BASE}/api/v2/flows/${flow}${path}`, { headers })).json();
  const { savedVersion } = await ask("");
  const { name, type, nodes } = await ask("/latestconfiguration");
  const document = new Document({ name, type, nodes });
  document.commentBefore = " Made for the bench.";
  visit(document, {
    Map: (place, map, path) => {
      if (path.length === 4 && typeof place === "number" && place % 5 === 0) {
        map.commentBefore = ` Step ${place}: ask before you change it.`;
        map.spaceBefore = place > 0;
      }
    },
  });
  const put = await fetch(`${BASE}/api/v2/flows/${flow}/versions/${savedVersion.version}/text`, { method: "PUT", headers: { ...headers, "content-type": "application/yaml" }, body: document.toString({ lineWidth: 0 }) });
  if (!put.ok) throw new Error(await put.text());
}

const yamlHas = (text) => page.waitForFunction((text) => [...(document.querySelector(".editing-yaml .code")?.shadowRoot?.querySelectorAll(".cm-line") ?? [])].some((line) => line.textContent.includes(text)), text);

export async function editor(flow) {
  const path = `${BASE}/flows/${flow}/edit`;
  const told = {};
  told.editorFirst = (await opened(path, node("n0"))).shown;
  await page.goto(BASE);
  await commented(flow);
  const { shown, ready } = await opened(path, node("n0"));
  Object.assign(told, { editorShown: shown, editorReady: ready });

  told.editorDragged = await frames(async () => {
    const { x, y } = await node("n0").boundingBox();
    await page.mouse.move(x + 20, y + 10);
    await page.mouse.down();
    for (let step = 0; step < 60; step += 1) await page.mouse.move(x + 20 + step * 2, y + 10 + step);
    await page.mouse.up();
  });
  told.editorMoved = await longest(async () => {
    const box = await page.locator(".react-flow__pane").boundingBox();
    await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
    for (const by of [80, -80]) for (let step = 0; step < 30; step += 1) await page.mouse.wheel(by, by / 4);
    for (const way of ["out", "out", "in", "in"]) await page.locator(`.react-flow__controls-zoom${way}`).click();
  });
  told.editorSelected = await longest(async () => {
    await node("n0").locator(".card-title").click();
    await page.getByRole("complementary", { name: "Node n0" }).waitFor();
  });

  const name = page.locator('.node-form > [data-path$=".name"] input');
  await name.click();
  Object.assign(told, await keys("formKey", letters(KEYS)));

  const when = page.locator(".branches").getByRole("textbox", { name: "When", exact: true });
  await when.click();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowLeft");
  Object.assign(told, await keys("expressionKey", [..." || interaction.email.newText == now.bcdef"].slice(0, KEYS)));
  await page.keyboard.press("Escape");
  const begun = Date.now();
  await page.keyboard.press("x");
  await problems.first().waitFor();
  told.mistakeShown = Date.now() - begun;
  // Keystrokes in one field are undone as one, and each press is a change of all.
  await page.waitForTimeout(1_600);
  Object.assign(told, await keys("undoKey", ["ControlOrMeta+z", "ControlOrMeta+z", "ControlOrMeta+y", "ControlOrMeta+y", "ControlOrMeta+z", "ControlOrMeta+z"]));

  told.editorSwitched = await longest(async () => {
    await button("Both").click();
    await yamlHas("Made for the bench");
  });
  const line = page.locator(".editing-yaml .cm-line", { hasText: "message: at 0" }).first();
  await line.click();
  await page.keyboard.press("End");
  Object.assign(told, await keys("yamlKey", letters(KEYS)));
  const typed = Date.now();
  await page.keyboard.press("Z");
  await node("n0").getByText(/Z$/).waitFor();
  told.graphInStep = Date.now() - typed;
  // On the way to what can be read stands much that can't.
  await page.keyboard.press("End");
  Object.assign(told, await keys("brokenKey", [": ", "{", "a", "b", "c", "d", "e", "f", "Backspace", "Backspace", "Backspace", "Backspace", "Backspace", "Backspace", "Backspace", "Backspace"].flatMap((one) => (one === ": " ? [":", " "] : [one]))));
  await page.keyboard.press("Backspace");

  told.editorSaved = await longest(() => page.waitForTimeout(4_000));
  told.editorAdded = await longest(async () => {
    await button("Add node").click();
    await node("node-1").waitFor();
  });
  told.editorRemoved = await longest(async () => {
    await button("Remove").click();
    await node("node-1").waitFor({ state: "detached" });
  });
  return told;
}
