// What the page has to do, and how long people wait for it.
import { browser, page } from "./harness.mjs";

const cdp = await browser.newCDPSession(page);
// By the processor's clock: what else the machine does counts for nothing.
await cdp.send("Performance.enable", { timeDomain: "threadTicks" });

/** What the page's own thread has done so far, in milliseconds. */
async function done() {
  const { metrics } = await cdp.send("Performance.getMetrics");
  return metrics.find((one) => one.name === "TaskDuration").value * 1e3;
}

export function percentile(values, share) {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}

/** The length of a frame while something is done, at the 95th percentile. */
export async function frames(work) {
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
  return percentile(lengths, 0.95);
}

/** Between keys, as somebody types who is quick. */
const PAUSE = 130;

/** Keys, one after the other: from each to its paint, and what the page's thread did until the next one. */
export async function keys(name, presses) {
  await page.evaluate(() => {
    globalThis.shown_ = [];
    globalThis.pressed_ = (event) => {
      const { timeStamp } = event;
      requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = () => globalThis.shown_.push(performance.now() - timeStamp);
        channel.port2.postMessage(0);
      });
    };
    addEventListener("keydown", globalThis.pressed_, true);
  });
  const work = [];
  for (const key of presses) {
    const before = await done();
    await page.keyboard.press(key);
    await page.waitForTimeout(PAUSE);
    work.push((await done()) - before);
  }
  const shown = await page.evaluate(() => {
    removeEventListener("keydown", globalThis.pressed_, true);
    return globalThis.shown_;
  });
  return { [`${name}Half`]: percentile(shown, 0.5), [`${name}Most`]: percentile(shown, 0.95), [`${name}Max`]: Math.max(...shown), [`${name}Work`]: percentile(work, 0.95) };
}

/** The longest task of the page while something is done, and right after it; 0 if none takes 50 ms. */
export async function longest(work) {
  await page.evaluate(() => {
    globalThis.tasks_ = [];
    globalThis.observed_ = new PerformanceObserver((list) => globalThis.tasks_.push(...list.getEntries().map((one) => one.duration)));
    globalThis.observed_.observe({ type: "longtask" });
  });
  await work();
  await page.waitForTimeout(700);
  return await page.evaluate(() => {
    globalThis.observed_.disconnect();
    return Math.max(0, ...globalThis.tasks_);
  });
}

/** From going to a page until it is painted, until `there` is, and until it has nothing long to do any more. */
export async function opened(url, there) {
  const begun = Date.now();
  await page.goto(url, { waitUntil: "commit" });
  await page.evaluate(() => {
    globalThis.quiet_ = 0;
    new PerformanceObserver((list) => list.getEntries().forEach((one) => (globalThis.quiet_ = one.startTime + one.duration))).observe({ type: "longtask", buffered: true });
  });
  await there.waitFor();
  const shown = Date.now() - begun;
  await page.waitForTimeout(1_500);
  const [painted, quiet] = await page.evaluate(() => [performance.getEntriesByName("first-contentful-paint")[0].startTime, globalThis.quiet_]);
  return { painted, shown, ready: Math.max(shown, quiet) };
}
