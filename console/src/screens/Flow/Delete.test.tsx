import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { Delete } from "./Delete";

afterEach(() => {
  vi.unstubAllGlobals();
  history.replaceState(null, "", "/");
});

const ANY = "00000000-0000-0000-0000-000000000000";
const GRAPH = {
  nodes: [{ id: "f", kind: "flow", name: "Urgency" }, { id: "g", kind: "flow", name: "Router" }, { id: "r", kind: "route", name: "care@example.com" }, { id: "p", kind: "flow", name: "Reception" }],
  edges: [{ from: "g", to: "f", kind: "runFlow" }, { from: "r", to: "f", kind: "route" }, { from: "p", to: ANY, kind: "runFlow" }],
};

/** A server that answers what a flow is used by, and how to each request to delete it. */
function server(graph: object, answers: [number, object][]) {
  const sent: (string | null)[] = [];
  let revision = 3;
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    if (path.endsWith("/usedby")) return new Response(JSON.stringify(graph));
    if (init.method !== "DELETE") return new Response('{"id":"f","name":"Urgency"}', { headers: { etag: `"${revision}"` } });
    sent.push(new Headers(init.headers).get("if-match"));
    revision += 1;
    const [status, body] = answers.shift() ?? [204, {}];
    return new Response(status === 204 ? null : JSON.stringify(body), { status });
  });
  return sent;
}

const shown = () =>
  render(
    <QueryClientProvider client={new QueryClient()}>
      <Delete id="f" name="Urgency" />
    </QueryClientProvider>,
  );
const ask = () => userEvent.click(screen.getByRole("button", { name: "Delete" }));
const confirm = () => userEvent.click(screen.getByRole("button", { name: "Delete it" }));

test("what uses a flow is said before it is deleted, and named where the server refuses", async () => {
  const sent = server(GRAPH, [[409, { message: "It is in use.", errors: [{ message: "a flow calls it", entityKind: "flow", entityId: "g", entityName: "Router" }] }]]);
  shown();
  await ask();
  const dialog = screen.getByRole("alertdialog", { name: "Delete the flow Urgency?" });
  expect((await screen.findByRole("link", { name: "care@example.com" })).getAttribute("href")).toBe("/domains/example.com/routes/r");
  expect(dialog.textContent).toContain("It can't be deleted while something uses it:flow Routerroute care@example.comAt run time these decide which flow they call, perhaps this one:flow Reception");
  await confirm();
  expect((await screen.findByRole("alert")).textContent).toContain("flow Router");
  expect(sent).toEqual(['"3"']);
  expect(screen.queryByRole("button", { name: "Delete it" })).toBeNull();
});

test("one that was changed meanwhile is deleted when it is asked for again, one that is deleted already is done", async () => {
  const sent = server({ nodes: [], edges: [], withheld: ["routing:read"] }, [[412, { message: "Someone changed it." }], [410, { message: "It was deleted." }]]);
  shown();
  await ask();
  expect(await screen.findByText(/^Nothing uses it, as far as .* it lacks routing:read\.$/)).toBeDefined();
  await confirm();
  expect((await screen.findByRole("alert")).textContent).toContain("Someone changed it.");
  // It may be asked for once more before the new revision is known, and be done before that is seen.
  await expect
    .poll(async () => {
      if (screen.queryByRole("button", { name: "Delete it" })) await confirm();
      return screen.queryByRole("alertdialog");
    })
    .toBeNull();
  expect(sent[0]).toBe('"3"');
  expect(sent.at(-1)).not.toBe('"3"');
  expect(location.pathname).toBe("/flows");
});
