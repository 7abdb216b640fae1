// People sign in by a real OpenID provider, in a real browser. Prints `ok …` for each check; ends with 1 at the first that fails.
import { connect, createServer } from "node:net";
import { BASE, browser, check, eventually, looks, noise, page, signIn, tell, token, CLIENT_ID, CLIENT_SECRET } from "./harness.mjs";
import { startProvider } from "./provider.mjs";

const { ISSUER_PORT, TARGET } = process.env;
const BEGIN = `${BASE}/api/v2/console/sign-in/oidc`;

// The server's public address: a proxy before it, as many have one.
const [host, port] = TARGET.split(":");
const proxy = createServer((socket) => {
  const there = connect(Number(port), host);
  for (const one of [socket, there]) one.on("error", () => (socket.destroy(), there.destroy()));
  socket.pipe(there).pipe(socket);
});
await new Promise((done) => proxy.listen(Number(new URL(BASE).port), "127.0.0.1", done));

const admin = async (path, init = {}) => {
  const headers = { authorization: `Bearer ${await token(CLIENT_ID, CLIENT_SECRET)}`, "content-type": "application/json" };
  const response = await fetch(`${BASE}/api/v2${path}`, { ...init, headers });
  return { status: response.status, body: await response.json().catch(() => undefined) };
};
const people = async () => (await admin("/oauth/clients?pageSize=100")).body.entities.filter((one) => one.person);

/** A sign-in that is begun without a browser. */
const begun = async () => {
  const response = await fetch(BEGIN, { redirect: "manual" });
  const location = new URL(response.headers.get("location"));
  const [cookie] = response.headers.getSetCookie();
  return { cookie: cookie.split(";")[0], attributes: cookie, state: location.searchParams.get("state"), nonce: location.searchParams.get("nonce"), location };
};
const back = async ({ cookie, state }, more = {}) => {
  const parameters = new URLSearchParams({ state, code: "x", iss: provider.issuer, ...more });
  const response = await fetch(`${BEGIN}/callback?${parameters}`, { redirect: "manual", headers: cookie ? { cookie } : {} });
  return { status: response.status, text: await response.text(), cookies: response.headers.getSetCookie(), headers: response.headers };
};
const button = () => page.getByRole("link", { name: "Sign in with Contoso" });
const enter = async (name) => {
  await page.goto(`${BASE}/sign-in`);
  await button().click();
  await page.getByRole("heading", { name: "Who are you?" }).waitFor();
  await page.getByLabel("Name").fill(name);
  await page.getByRole("button", { name: "Let me in" }).click();
};
/** The provider remembers nobody. */
const forgotten = () => browser.clearCookies();

let provider;
await tell(async () => {
  await page.goto(`${BASE}/queues`);
  await button().waitFor();
  await looks("sign-in-oidc");
  await button().click();
  await page.getByRole("heading", { name: "You are not signed in" }).waitFor();
  const body = () => page.textContent("body");
  const reads = async (text) => (await body()).includes(text);
  await eventually("a provider that is down is told in words", () => reads("The identity provider can't be used"), body);
  check("but not where it is", !(await reads("localhost")), await body());
  noise.splice(0);
  await page.waitForTimeout(3_500);

  provider = await startProvider({ port: Number(ISSUER_PORT), base: BASE });
  await page.goto(`${BASE}/queues?x=1`);
  await button().click();
  await page.getByLabel("Name").fill("ana");
  await page.getByRole("button", { name: "Let me in" }).click();
  await page.getByRole("heading", { name: "Queues" }).waitFor();
  await eventually("signing in leads to where one wanted to go", () => page.url() === `${BASE}/queues?x=1`, () => page.url());
  const cookies = await browser.cookies(BASE);
  const session = cookies.find((one) => one.name === "waypost_session");
  check("the session is no script's and no other site's", session.httpOnly && session.sameSite === "Strict", session);
  check("what the browser kept is gone", !cookies.some((one) => one.name === "waypost_sign_in"), cookies);
  const me = await page.evaluate(() => fetch("/api/v2/console/sessions/me", { headers: { "waypost-console": "1" } }).then((response) => response.json()));
  check("the groups' scopes are the person's", me.person === "Ana Ops" && me.scopes.join() === "flow:read,routing:read,routing:write", me);
  await page.getByRole("button", { name: "Ana Ops" }).waitFor();
  const queue = await page.evaluate(() =>
    fetch("/api/v2/routing/queues", { method: "POST", headers: { "waypost-console": "1", "content-type": "application/json" }, body: '{"name":"By Ana"}' }).then((response) => response.status),
  );
  check("what the scopes allow is allowed", queue < 300, String(queue));
  const clients = await page.evaluate(() => fetch("/api/v2/oauth/clients", { headers: { "waypost-console": "1" } }).then((response) => response.status));
  check("and nothing else", clients === 403, String(clients));
  noise.splice(0);
  const [ana] = await people();
  check("the person is listed", ana.name === "Ana Ops" && ana.description === "ana@contoso.example" && ana.person.subject === "ana" && ana.authorizedGrantType === "CODE", ana);
  const { entities } = (await admin("/audit?entityKind=queue")).body;
  check("the audit log names the person", entities[0].actor === ana.id && entities[0].actorName === "Ana Ops", entities[0]);
  const tokens = await fetch(`${BASE}/oauth/token`, {
    method: "POST",
    headers: { authorization: `Basic ${Buffer.from(`${ana.id}:oidc:${provider.issuer} ana`).toString("base64")}`, "content-type": "application/x-www-form-urlencoded" },
    body: "grant_type=client_credentials",
  });
  check("a person gets no token", tokens.status === 401, String(tokens.status));
  check("a person's secret can't be made", (await admin(`/oauth/clients/${ana.id}/secret`, { method: "POST", body: "{}" })).status === 409);
  const more = await admin(`/oauth/clients/${ana.id}`, { method: "PUT", body: JSON.stringify({ ...ana, scope: ["admin"] }) });
  check("nobody gives a person more than their groups", more.status === 409, more);
  const disabled = await admin(`/oauth/clients/${ana.id}`, { method: "PUT", body: JSON.stringify({ ...ana, state: "inactive" }) });
  check("a person can be disabled", disabled.status === 200 && disabled.body.state === "inactive", disabled);
  const after = await page.evaluate(() => fetch("/api/v2/console/sessions/me", { headers: { "waypost-console": "1" } }).then((response) => response.status));
  check("the session of a disabled person is over", after === 401, String(after));
  noise.splice(0);
  await page.goto(BEGIN);
  await page.getByRole("heading", { name: "You are not signed in" }).waitFor();
  await eventually("a disabled person is told so", () => reads("disabled on this server"), body);
  noise.splice(0);
  check("and can be let in again", (await admin(`/oauth/clients/${ana.id}`, { method: "PUT", body: JSON.stringify({ ...ana, state: "active" }) })).status === 200);
  await page.goto(`${BEGIN}?next=//evil.example/`);
  await page.getByRole("button", { name: "Ana Ops" }).waitFor();
  check("a sign-in leads nowhere else", new URL(page.url()).origin === BASE, page.url());

  // Out of both.
  await page.getByRole("button", { name: "Ana Ops" }).click();
  await page.getByRole("menuitem", { name: "Sign out", exact: true }).click();
  await page.waitForURL(/localhost/);
  check("signing out leads to the provider", page.url().startsWith(provider.issuer), page.url());

  // Nobody's groups, and the provider's refusal.
  await forgotten();
  await enter("eve");
  await page.getByRole("heading", { name: "You are not signed in" }).waitFor();
  await eventually("a person without rights is told the groups that were seen", async () => (await reads("sales & co, everybody")) && (await reads("Eve <b>Elsewhere</b>")), body);
  check("and is not made a client", (await people()).length === 1);
  noise.splice(0);
  await forgotten();
  await page.goto(BEGIN);
  await page.getByRole("button", { name: "Cancel" }).click();
  await page.getByRole("heading", { name: "You are not signed in" }).waitFor();
  await eventually("the provider's refusal is told as text", () => reads("access_denied: the person said <i>no</i>"), body);
  noise.splice(0);

  // Answers that are not for this browser, or not for now.
  await forgotten();
  let callback;
  page.on("request", (request) => request.url().startsWith(`${BEGIN}/callback`) && (callback = request.url()));
  await enter("sam");
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  await page.goto(callback);
  await page.getByRole("heading", { name: "You are not signed in" }).waitFor();
  await eventually("an answer that is repeated is refused", () => reads("No sign-in was begun in this browser"), body);
  noise.splice(0);
  const [one, other] = [await begun(), await begun()];
  check("what the browser keeps is for this way alone", /; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax$/.test(one.attributes), one.attributes);
  check("the code is bound to who began", one.location.searchParams.get("code_challenge_method") === "S256" && one.location.searchParams.get("code_challenge").length === 43);
  for (const [name, attempt, parameters, status, words] of [
    ["another browser's sign-in", { cookie: other.cookie, state: one.state }, {}, 400, "No sign-in was begun"],
    ["no cookie", { state: one.state }, {}, 400, "No sign-in was begun"],
    ["a cookie that was changed", { cookie: one.cookie.slice(0, -2), state: one.state }, {}, 400, "No sign-in was begun"],
    ["another provider's answer", one, { iss: "https://evil.example" }, 403, "another provider"],
    ["words of a stranger", { state: one.state }, { error: "x", error_description: "Call 555" }, 400, "No sign-in was begun"],
    ["a code that nobody gave", one, {}, 403, "invalid_grant"],
  ]) {
    const answer = await back(attempt, parameters);
    check(`${name} is refused`, answer.status === status && answer.text.includes(words) && !answer.text.includes("Call 555") && !answer.cookies.some((cookie) => cookie.startsWith("waypost_session")), answer);
  }

  // Tokens that are not what they should be.
  const now = () => Math.floor(Date.now() / 1000);
  const { generateKeyPair } = await import("jose");
  const { privateKey } = await generateKeyPair("RS256");
  for (const [name, claims, header, signer, words] of [
    ["an expired token", () => ({ exp: now() - 61, iat: now() - 600 }), {}, undefined, "expired"],
    ["another client's token", () => ({ aud: "other" }), {}, undefined, "another client"],
    ["another issuer's token", () => ({ iss: "https://evil.example" }), {}, undefined, "expected an ID token of"],
    ["another sign-in's token", () => ({ nonce: "other" }), {}, undefined, "another sign-in"],
    ["a token signed with a stranger's key", () => ({}), {}, privateKey, "signature"],
    ["a token of an unknown key", () => ({}), { kid: "unknown" }, privateKey, "does not publish"],
    ["a token signed with the client's secret", () => ({}), { alg: "HS256" }, Buffer.from(provider.client.secret), "RS256, ES256 or EdDSA"],
  ]) {
    const attempt = await begun();
    const usual = { iss: provider.issuer, aud: provider.client.id, sub: "sam", nonce: attempt.nonce, iat: now(), exp: now() + 60, groups: ["ops"] };
    provider.forge(() => provider.sign({ ...usual, ...claims() }, header, signer));
    const answer = await back(attempt);
    check(`${name} is refused`, answer.status === 403 && answer.text.includes(words), answer);
  }
  const usual = (attempt, exp) => ({ iss: provider.issuer, aud: provider.client.id, sub: "sam", nonce: attempt.nonce, iat: now(), exp, groups: ["support"], name: "Sam Support" });
  let [honest, early] = [];
  // The first wait is a second long, and each failure doubles it: who comes too late for one comes in time for a later one.
  for (let times = 0; early?.status !== 429 && times < 6; times++) {
    if (times > 0) {
      const expired = await begun();
      provider.forge(() => provider.sign(usual(expired, now() - 61)));
      await back(expired);
    }
    honest = await begun();
    provider.forge(() => provider.sign(usual(honest, now() + 60)));
    early = await back(honest);
  }
  check("an address that fails often waits", early.status === 429, early);
  await page.waitForTimeout(Number(early.headers.get("retry-after")) * 1_000 + 200);
  const taken = await back(honest);
  check("the same token without a flaw is taken", taken.status === 303, taken);
  provider.forge(undefined);

  // Other keys, of other kinds.
  for (const algorithm of ["ES256", "EdDSA"]) {
    await page.waitForTimeout(10_500);
    await provider.rotate(algorithm);
    await forgotten();
    await enter("sam");
    await page.getByRole("heading", { name: "Overview" }).waitFor();
    check(`after the provider changed its keys, people sign in (${algorithm})`, (await people()).length === 2);
  }
  await page.getByRole("button", { name: "Sam Support" }).waitFor();
  noise.splice(0);

  // Programs go on as before.
  await forgotten();
  await page.goto(`${BASE}/sign-in`);
  await signIn(CLIENT_ID, CLIENT_SECRET);
  await page.getByRole("heading", { name: "Overview" }).waitFor();
  check("a client's secret signs in as before", true);
}, async () => {
  proxy.close();
  await provider?.stop();
  process.exit();
});
