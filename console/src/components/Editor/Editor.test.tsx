import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { KINDS } from "../../api/kinds";
import { SessionContext } from "../../app/session";
import { Editor } from "./Editor";

afterEach(() => vi.unstubAllGlobals());

const queue = { id: "q", name: "Billing", serviceLevel: "PT4H", waiting: 3, colour: "red", selfUri: "/q", division: { id: "d", name: "Home" } };

function shown(answer: (body: Record<string, unknown>, etag: string | null, turn: number) => Response, client = new QueryClient({ defaultOptions: { queries: { retry: false } } })) {
  let turn = 0;
  let kept: Record<string, unknown> = queue;
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    const headers = new Headers(init.headers);
    if (init.method === "PUT") return answer(JSON.parse(String(init.body)) as Record<string, unknown>, headers.get("if-match"), ++turn);
    const response = new Response(JSON.stringify(kept), { headers: { etag: kept === queue ? '"1"' : '"2"' } });
    kept = { ...queue, serviceLevel: "PT8H" };
    return response;
  });
  let saved = 0;
  render(
    <QueryClientProvider client={client}>
      <SessionContext value={{ clientId: "a", scopes: ["routing:write"] }}>
        <Editor kind={KINDS.queue} id="q" onSaved={() => saved++} />
      </SessionContext>
    </QueryClientProvider>,
  );
  return () => saved;
}

test("what the form does not know is kept, and what the server sets is not sent", async () => {
  const sent: unknown[] = [];
  const saved = shown((body, etag) => {
    sent.push([body, etag]);
    return new Response(JSON.stringify(queue));
  });
  const level = await screen.findByLabelText(/^Service level/);
  expect((level as HTMLInputElement).value).toBe("4 h");
  await userEvent.clear(level);
  await userEvent.type(level, "90 min{Enter}");
  await expect.poll(saved).toBe(1);
  expect(sent).toEqual([[{ name: "Billing", serviceLevel: "PT90M", colour: "red" }, '"1"']]);
});

test("what is wrong is said at its field, once", async () => {
  shown(() => new Response('{"message":"Not good.","errors":[{"code":"x","message":"that is too long","path":"serviceLevel"}]}', { status: 400 }));
  await userEvent.click(await screen.findByRole("button", { name: "Save" }));
  expect((await screen.findAllByText(/that is too long/)).length).toBe(1);
  expect(screen.getByLabelText(/^Service level/).getAttribute("aria-invalid")).toBe("true");
  expect(screen.getByRole("alert").textContent).toBe("Not saved: 1 problem, shown at its field.");
});

test("what changes on the server takes nothing away from who is typing", async () => {
  const client = new QueryClient();
  shown(() => new Response("{}"), client);
  const name = await screen.findByLabelText("Name");
  await userEvent.type(name, "!");
  await client.invalidateQueries();
  expect((screen.getByLabelText("Name") as HTMLInputElement).value).toBe("Billing!");
  expect(screen.getByLabelText("Name")).toBe(name);
});

test("what another changed meanwhile is not overwritten unasked", async () => {
  const etags: (string | null)[] = [];
  const saved = shown((_, etag, turn) => {
    etags.push(etag);
    return turn === 1 ? new Response('{"message":"stale"}', { status: 412 }) : new Response(JSON.stringify(queue));
  });
  await userEvent.click(await screen.findByRole("button", { name: "Save" }));
  expect((await screen.findByText(/They changed/)).textContent).toBe("They changed: Service level.");
  expect(saved()).toBe(0);
  await userEvent.click(screen.getByRole("button", { name: "Overwrite with mine" }));
  await expect.poll(saved).toBe(1);
  expect(etags).toEqual(['"1"', '"2"']);
});

test("what was saved although the answer was lost is no other person's change", async () => {
  const etags: (string | null)[] = [];
  const saved = shown((_, etag, turn) => {
    etags.push(etag);
    if (turn === 1) throw new TypeError("the connection was cut");
    return new Response('{"message":"stale"}', { status: 412 });
  });
  const level = await screen.findByLabelText(/^Service level/);
  await userEvent.clear(level);
  await userEvent.type(level, "8 h{Enter}");
  await screen.findByText("The server does not answer.");
  await userEvent.click(screen.getByRole("button", { name: "Save" }));
  await expect.poll(saved).toBe(1);
  expect(screen.queryByText(/They changed/)).toBeNull();
  expect(etags).toEqual(['"1"', '"1"']);
});

test("what was typed is not lost by a link unasked", async () => {
  const asked: unknown[] = [];
  vi.stubGlobal("confirm", (question: string) => !asked.push(question));
  shown(() => new Response("{}"));
  const elsewhere = document.body.appendChild(Object.assign(document.createElement("a"), { href: "#elsewhere", textContent: "Elsewhere" }));
  const name = await screen.findByLabelText("Name");
  await userEvent.click(elsewhere);
  expect([location.hash, asked.length]).toEqual(["#elsewhere", 0]);
  location.hash = "";
  await userEvent.type(name, "!");
  await userEvent.click(elsewhere);
  expect([location.hash, asked]).toEqual(["", ["Leave this page? What you changed is not saved."]]);
  elsewhere.remove();
});
