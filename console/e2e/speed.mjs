// How long a list, a flow and its editor take to be there, and how they move. Prints one line of JSON, in milliseconds; the bench puts it beside others.
import { BASE, CLIENT_ID, CLIENT_SECRET, browser, page, signIn } from "./harness.mjs";

/** From going there until it is painted, and until `there` is. */
async function opened(path, there) {
  const begun = Date.now();
  await page.goto(`${BASE}${path}`, { waitUntil: "commit" });
  await there.waitFor();
  const shown = Date.now() - begun;
  const painted = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
  return [painted, shown];
}

/** The length of a frame while something is done, at the 95th percentile. */
async function frames(work) {
  await page.evaluate(() => {
    globalThis.frames_ = [];
    let last = performance.now();
    const frame = (now) => {
      globalThis.frames_.push(now - last);
      last = now;
      globalThis.watching_ = requestAnimationFrame(frame);
    };
    globalThis.watching_ = requestAnimationFrame(frame);
  });
  await work();
  const lengths = await page.evaluate(() => {
    cancelAnimationFrame(globalThis.watching_);
    return globalThis.frames_.slice(1);
  });
  lengths.sort((one, other) => one - other);
  return lengths[Math.floor(lengths.length * 0.95)];
}

await page.goto(BASE);
await signIn(CLIENT_ID, CLIENT_SECRET);
await page.getByRole("heading", { name: "Overview" }).waitFor();

const rows = page.locator("table tbody tr");
const [listPainted, listShown] = await opened("/interactions", rows.first());
const older = page.getByRole("button", { name: "Show older" });
while ((await rows.count()) < 1_000 && (await older.isVisible())) {
  const before = await rows.count();
  await older.click();
  await rows.nth(before).waitFor({ state: "attached" });
}
await page.mouse.move(600, 500);
const listScrolled = await frames(async () => {
  await page.evaluate(() => scrollTo(0, 0));
  for (let step = 0; step < 60; step += 1) await page.mouse.wheel(0, 600);
});

const [flowPainted, flowShown] = await opened(`/flows/${process.env.FLOW}`, page.locator(".react-flow__node").first());
await page.locator(".react-flow__pane").hover();
const flowMoved = await frames(async () => {
  const box = await page.locator(".react-flow__pane").boundingBox();
  const [x, y] = [box.x + box.width - 40, box.y + 60];
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 0; step < 60; step += 1) await page.mouse.move(x - step * 8, y + step * 4);
  await page.mouse.up();
});

const node = page.locator(".react-flow__node").first();
const [, editorShown] = await opened(`/flows/${process.env.FLOW}/edit`, node);
const editorDragged = await frames(async () => {
  const { x, y } = await node.boundingBox();
  await page.mouse.move(x + 20, y + 10);
  await page.mouse.down();
  for (let step = 0; step < 60; step += 1) await page.mouse.move(x + 20 + step * 2, y + 10 + step);
  await page.mouse.up();
});

console.log(JSON.stringify({ listPainted, listShown, listScrolled, flowPainted, flowShown, flowMoved, editorShown, editorDragged }));
await browser.close();
