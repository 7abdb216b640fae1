// How long a list, a flow and its editor take to be there, and how they move. Prints one line of JSON, in milliseconds; the bench puts it beside others.
import { BASE, CLIENT_ID, CLIENT_SECRET, browser, page, signIn } from "./harness.mjs";
import { frames, opened } from "./probe.mjs";
import { editor } from "./speed-editor.mjs";

await page.goto(BASE);
await signIn(CLIENT_ID, CLIENT_SECRET);
await page.getByRole("heading", { name: "Overview" }).waitFor();

const rows = page.locator("table tbody tr");
const { painted: listPainted, shown: listShown } = await opened(`${BASE}/interactions`, rows.first());
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

const { painted: flowPainted, shown: flowShown } = await opened(`${BASE}/flows/${process.env.FLOW}`, page.locator(".react-flow__node").first());
await page.locator(".react-flow__pane").hover();
const flowMoved = await frames(async () => {
  const box = await page.locator(".react-flow__pane").boundingBox();
  const [x, y] = [box.x + box.width - 40, box.y + 60];
  await page.mouse.move(x, y);
  await page.mouse.down();
  for (let step = 0; step < 60; step += 1) await page.mouse.move(x - step * 8, y + step * 4);
  await page.mouse.up();
});

console.log(JSON.stringify({ listPainted, listShown, listScrolled, flowPainted, flowShown, flowMoved, ...(await editor(process.env.FLOW)) }));
await browser.close();
