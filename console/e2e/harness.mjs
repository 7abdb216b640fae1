// A real browser against a real server, and what every story needs: checks that say what held, pictures, accessibility. Prints `ok …` for each check.
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { chromium } from "playwright-core";

export const { BASE, CLIENT_ID, CLIENT_SECRET, READER_ID, READER_SECRET, LINK } = process.env;
const { CHROMIUM, PROFILE, SHOTS } = process.env;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

export const browser = await chromium.launchPersistentContext(PROFILE, {
  executablePath: CHROMIUM,
  headless: true,
  args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
  viewport: { width: 1360, height: 860 },
});
/** How long is waited for anything, in milliseconds. */
export const PATIENCE = 90_000;
browser.setDefaultTimeout(PATIENCE);
export const page = browser.pages()[0] ?? (await browser.newPage());

export const noise = [];
export const elsewhere = [];
// That nobody is signed in is asked, and answered 401, which browsers tell as an error.
// There is no page at `/nowhere`, where the test goes to leave the console.
// A version that nobody has written a text of has none: the editor asks, and is answered 404.
const expected = /status of 401|status of 404.*(?:\/nowhere|\/versions\/\d+\/text(?:\?earlier=true)?$)/;
page.on("console", (message) => ["error", "warning"].includes(message.type()) && !expected.test(`${message.text()} ${page.url()} ${message.location().url}`) && noise.push(`${message.text()} (${page.url()})`));
page.on("pageerror", (error) => noise.push(`${error} (${page.url()})`));
browser.on("request", (request) => /^(https?|wss?):/.test(request.url()) && !request.url().startsWith(`${BASE}/`) && elsewhere.push(request.url()));

/** A check of what is so now: what a story has waited for, and what must not happen. */
export const check = (name, holds, found = "") => {
  if (!holds) throw new Error(`${name}: ${typeof found === "string" ? found : JSON.stringify(found, null, 1)}`);
  console.log(`ok ${name}`);
};
/** A check of what follows from an action, which may take its time: asks until it holds. `found` says what was there in the end. */
export const eventually = async (name, holds, found = () => String(holds)) => {
  const held = await until(holds);
  check(name, held, held ? "" : await found());
};
export const shot = async (name, options = {}) => {
  if (!SHOTS) return;
  mkdirSync(SHOTS, { recursive: true });
  await page.screenshot({ path: `${SHOTS}/${name}.png`, ...options });
};

const [LIGHT, DARK, PHONE] = [["light", 1360, 860], ["dark", 1360, 860], ["light", 390, 844]];

/** In both themes, at both widths. */
export const looks = (name) => looksIn(name, [LIGHT, DARK, PHONE]);

/** What is made of parts that are looked at elsewhere: in the other theme and the other width once. Pictures are of all. */
export const glance = (name) => looksIn(name, SHOTS ? [LIGHT, DARK, PHONE] : [["dark", 390, 844]]);

async function looksIn(name, modes) {
  for (const [theme, width, height] of modes) {
    await page.emulateMedia({ colorScheme: theme, reducedMotion: "reduce" });
    await page.setViewportSize({ width, height });
    await page.waitForTimeout(SHOTS ? 600 : 50);
    // Inherited colours follow a change of theme with the next frames only.
    await page.evaluate(() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done))));
    await shot(`${name}-${theme}-${width}`);
    const wide = () => page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    await eventually(`${name} fits ${width} px`, async () => (await wide()) <= 0, async () => `${await wide()} px too wide`);
    // Playwright evaluates by the debugger, which the page's policy does not bind.
    await page.evaluate(axe);
    const { violations } = await page.evaluate(() => globalThis.axe.run(document, { iframes: false }));
    const told = violations.map((one) => ({ id: one.id, nodes: one.nodes.slice(0, 3).map((node) => [node.html.slice(0, 200), node.failureSummary]) }));
    check(`${name} is accessible, ${theme}, ${width} px`, violations.length === 0, told);
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.setViewportSize({ width: 1360, height: 860 });
}

export async function token(id, secret) {
  const response = await fetch(`${BASE}/oauth/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`, "content-type": "application/x-www-form-urlencoded" },
    body: "grant_type=client_credentials",
  });
  return (await response.json()).access_token;
}

/** Somebody else, by the API: what it answers, read. */
export async function other(id = CLIENT_ID, secret = CLIENT_SECRET) {
  const bearer = await token(id, secret);
  return async (method, path, body, type = "application/json") => {
    const response = await fetch(`${BASE}/api/v2${path}`, { method, headers: { authorization: `Bearer ${bearer}`, "content-type": type }, ...(body !== undefined && { body: type === "application/json" ? JSON.stringify(body) : body }) });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    return text ? (/json/.test(response.headers.get("content-type") ?? "") ? JSON.parse(text) : text) : null;
  };
}

/** Asks until something holds, as long as for anything else; answers whether it came to hold. */
export async function until(holds) {
  for (const end = Date.now() + PATIENCE; ; await page.waitForTimeout(100)) {
    if (await holds()) return true;
    if (Date.now() > end) return false;
  }
}

/** Waits for what must hold before a story goes on. `found` says what was there in the end. */
export async function wait(holds, found = () => "") {
  if (!(await until(holds))) throw new Error(`waited in vain until ${holds} ${await found()}`);
}

/** Waits until a graph stands still: it fits itself to the room that it has within the next frames. */
export async function still(on = page) {
  const seen = () =>
    on.evaluate(
      () =>
        new Promise((done) => {
          const frame = (left) => (left > 0 ? requestAnimationFrame(() => frame(left - 1)) : done(document.querySelector(".react-flow__viewport")?.style.transform));
          frame(8);
        }),
    );
  let before;
  await wait(async () => {
    const last = before;
    before = await seen();
    return before !== undefined && before === last;
  });
}

/** Holds back what the page sends to an address, by one method or by any; answers how to let it go. */
export async function holdBack(address, method) {
  let go;
  const allowed = new Promise((done) => {
    go = done;
  });
  const open = [];
  const handle = (route) => {
    if (method && route.request().method() !== method) return route.continue();
    const one = allowed.then(() => route.continue());
    open.push(one);
    return one;
  };
  await page.route(address, handle);
  return async () => {
    go();
    await Promise.all(open);
    await page.unroute(address, handle);
  };
}

/** Where drafts are sent to. */
export const DRAFTS = /\/api\/v2\/flows\/[^/]+\?draft=true$/;

export const signOut = async (item) => {
  await page.getByRole("button", { name: /^(tests|.{8}-.*|Reader)/ }).first().click();
  await page.getByRole("menuitem", { name: item, exact: true }).click();
  await page.waitForURL(`${BASE}/sign-in`);
  await page.getByLabel("Client id").waitFor();
};

export const signIn = async (id, secret) => {
  await page.getByLabel("Client id").fill(id);
  await page.getByLabel("Client secret").fill(secret);
  await page.keyboard.press("Enter");
};

/** Presses keys, one after the other. */
export const press = async (...keys) => {
  for (const key of keys) await page.keyboard.press(key);
};

/** What has the focus, by all its names: its label, its text, its id, its value. Runs in the page. */
const namesOf = () => {
  let one = document.activeElement;
  while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
  return [one?.getAttribute("aria-label"), one?.labels?.[0]?.textContent?.trim(), one?.textContent?.trim(), one?.id, one?.getAttribute("data-id"), one?.value].filter(Boolean);
};
const short = (names) => (names[0] ?? "nothing").replace(/\s+/g, " ").slice(0, 40);

const hasFocus = (one) =>
  one.evaluate((one) => {
    let at = document.activeElement;
    while (at?.shadowRoot?.activeElement) at = at.shadowRoot.activeElement;
    return at === one;
  });

/** Waits until something has the focus: keys that are pressed before go elsewhere. */
export const focused = (one) => wait(() => hasFocus(one), async () => `of ${one}: the focus is at ${short(await page.evaluate(namesOf))}`);

/** Presses Tab until the focus is at what goes by this name, or at what this locator finds. What is not there yet, or disabled, is waited for: Tab goes round. */
export async function tabTo(wanted, key = "Tab") {
  const passed = [];
  for (const end = Date.now() + PATIENCE; passed.length < 90 || Date.now() < end; ) {
    await press(key);
    const names = await page.evaluate(namesOf);
    if (typeof wanted === "string" ? names.includes(wanted) : await hasFocus(wanted)) return;
    passed.push(short(names));
  }
  throw new Error(`${key} never came to ${wanted}; it is at ${passed.at(-1)}, after ${passed.length} times; it passed: ${[...new Set(passed)].join(" | ")}`);
}

/**
 * Chooses an option of the select that has the focus, by its text or its value. By arrows: what is typed into a select is forgotten after a second, and
 * letters that come too late choose something else.
 */
export async function choose(wanted) {
  const look = () =>
    page.evaluate((wanted) => {
      const one = document.activeElement;
      if (!one?.matches("select")) return { at: -1, to: -2, options: [] };
      const options = [...one.options];
      return { at: one.selectedIndex, to: options.findIndex(({ text, value }) => text === wanted || value === wanted), options: options.map(({ text }) => text) };
    }, wanted);
  const end = Date.now() + PATIENCE;
  for (let now = await look(); now.to < 0 || now.at !== now.to; now = await look()) {
    if (Date.now() > end) throw new Error(now.to === -2 ? `${wanted} can't be chosen: the focus is at ${short(await page.evaluate(namesOf))}` : `${wanted} was not chosen: it is at ${now.options[now.at]} of ${now.options.join(" | ")}`);
    // Its options may come later.
    if (now.to < 0) await page.waitForTimeout(100);
    else await press(now.to > now.at ? "ArrowDown" : "ArrowUp");
  }
}

/** Undoes step by step until something holds. How many steps a typed text is depends on the machine: keys that follow each other slowly are undone one by one. */
export async function undo(holds, found = () => "") {
  for (let times = 0; times < 100; times++) {
    await press("ControlOrMeta+Z");
    if (await holds()) return;
  }
  throw new Error(`undone to the beginning, and never ${holds} ${await found()}`);
}

/** Does something, and waits for what is said of it meanwhile: it is gone again after a few seconds. */
export const toasts = (text, act) => Promise.all([page.locator(".toast-title", { hasText: text }).first().waitFor(), act()]);

/** Runs a story; ends with 1 at the first check that fails. */
export async function tell(story, after = () => {}) {
  try {
    await story();
    check("the browser had nothing to complain of", noise.length === 0, noise.join("\n"));
  } catch (error) {
    await shot("failed");
    console.error(error, `\nat ${page.url()}\n${noise.join("\n")}`);
    process.exitCode = 1;
  } finally {
    await browser.close();
    after();
  }
}
