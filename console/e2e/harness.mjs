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
const PATIENCE = 45_000;
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

export const check = (name, holds, found = "") => {
  if (!holds) throw new Error(`${name}: ${typeof found === "string" ? found : JSON.stringify(found, null, 1)}`);
  console.log(`ok ${name}`);
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
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
    check(`${name} fits ${width} px`, wide <= 0, `${wide} px too wide`);
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

/** Waits for what must hold before a story goes on. */
export async function wait(holds) {
  if (!(await until(holds))) throw new Error(`waited in vain until ${holds}`);
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

/** Holds back what the page sends to an address; answers how to let it go. */
export async function holdBack(address) {
  let go;
  const allowed = new Promise((done) => {
    go = done;
  });
  const open = [];
  const handle = (route) => {
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

/** Presses Tab until the focus is at what goes by this name. */
export async function tabTo(wanted) {
  let names = [];
  for (let times = 0; times < 90; times++) {
    await press("Tab");
    names = await page.evaluate(() => {
      let one = document.activeElement;
      while (one?.shadowRoot?.activeElement) one = one.shadowRoot.activeElement;
      return [one?.getAttribute("aria-label"), one?.textContent?.trim(), one?.id, one?.getAttribute("data-id"), one?.value, one?.labels?.[0]?.textContent?.trim()];
    });
    if (names.includes(wanted)) return;
  }
  throw new Error(`Tab never came to ${wanted}; it is at ${names.filter(Boolean)}`);
}

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
