import { afterEach, expect, test, vi } from "vitest";
import { creator } from "./create";

afterEach(() => vi.unstubAllGlobals());

const TEXT = "name: F\ntype: email\nnodes: [] # none yet\n";

/** A server that has flows by name. It answers a request to make one only if `answers` says so, and makes it all the same. */
function server(answers: boolean[], change: (document: object) => object = (document) => document) {
  const flows = new Map<string, { document: object; version: number }>();
  const texts: string[] = [];
  vi.stubGlobal("fetch", async (path: string, { method, body }: RequestInit) => {
    const json = (value: unknown, status = 200) => new Response(JSON.stringify(value), { status });
    const flowOf = (name: string) => ({ id: name, name, type: "email", savedVersion: { version: flows.get(name)?.version } });
    if (method === "PUT") return void texts.push(String(body)), new Response(null, { status: 204 });
    const name = /\/flows\/(\w+)/.exec(path)?.[1] ?? "";
    if (method === "GET") return json(path.endsWith("/configuration") ? flows.get(name)?.document : flowOf(name));
    const document = JSON.parse(String(body)) as { name: string };
    if (flows.has(document.name)) return json({ message: "taken", errors: [{ message: "taken", entityKind: "flow", entityId: document.name }] }, 409);
    flows.set(document.name, { document: change(document), version: 1 });
    if (!answers.shift()) throw new TypeError("cut");
    return json(flowOf(document.name));
  });
  return { flows, texts };
}

test("a flow whose answer was lost is the one that is asked for again, comments and all", async () => {
  const { flows, texts } = server([false, true]);
  const create = creator("a");
  await expect(create(TEXT)).rejects.toThrow("The server does not answer.");
  expect((await create(TEXT)).id).toBe("F");
  expect([[...flows.keys()], texts]).toEqual([["F"], [TEXT]]);
});

test("nobody else's flow is taken for it", async () => {
  const { flows } = server([true, false]);
  await creator("a")(TEXT);
  // Nothing was lost: it was there before.
  await expect(creator("a")(TEXT)).rejects.toThrow("taken");
  const create = creator("a");
  await expect(create(TEXT.replace("F", "G"))).rejects.toThrow("The server does not answer.");
  // Somebody else has changed it, or made it.
  flows.set("G", { document: { name: "G", type: "email", nodes: [{ id: "a" }] }, version: 1 });
  await expect(create(TEXT.replace("F", "G"))).rejects.toThrow("taken");
  flows.set("G", { document: { name: "G", type: "email", nodes: [] }, version: 2 });
  await expect(create(TEXT.replace("F", "G"))).rejects.toThrow("taken");
});
