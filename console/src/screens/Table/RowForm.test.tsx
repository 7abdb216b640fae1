import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { cell } from "../../components/Form/Columns";
import { RowForm, rowShape } from "./RowForm";

afterEach(() => vi.unstubAllGlobals());

/** Changes the tier from `basic` to `basic+`, and saves it where the server has another one by now. */
async function saveOver(tier: string) {
  const sent: unknown[] = [];
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    if (init.method === "PUT") sent.push([JSON.parse(String(init.body)), new Headers(init.headers).get("if-match")]);
    return new Response(JSON.stringify({ key: "a", tier }), { headers: { etag: '"7"' } });
  });
  const done: string[] = [];
  render(
    <QueryClientProvider client={new QueryClient()}>
      <RowForm id="t" schema={{ properties: { tier: { type: "string" } } }} open={{ key: "a", row: { key: "a", tier: "basic" }, isNew: false }} reads={false} onDone={(what) => done.push(what)} onClose={() => {}} />
    </QueryClientProvider>,
  );
  await userEvent.type(screen.getByLabelText(/^tier/), "+");
  await userEvent.click(screen.getByRole("button", { name: "Save the row" }));
  return { sent, done };
}

test("what was saved although the answer was lost is no other person's change", async () => {
  const { sent, done } = await saveOver("basic+");
  await expect.poll(() => done).toEqual(["Row a saved"]);
  expect(sent).toEqual([]);
});

test("a row that another changed meanwhile is not overwritten unasked", async () => {
  const { sent, done } = await saveOver("silver");
  expect((await screen.findByRole("alert")).textContent).toContain("They changed: tier.");
  expect(sent).toEqual([]);
  await userEvent.click(screen.getByRole("button", { name: "Overwrite with mine" }));
  await expect.poll(() => done).toEqual(["Row a saved"]);
  expect(sent).toEqual([[{ key: "a", tier: "basic+" }, '"7"']]);
});

test("a row's form has the table's columns, each with its type", () => {
  const schema = { properties: { key: { type: "string" }, tier: { dataType: "string", default: "basic" }, seats: { type: "integer" }, at: { type: "string", format: "date-time" }, topics: { dataType: "list<string>" } } };
  expect(rowShape(schema).fields.map(({ name, help, shape }) => [name, help, shape.kind])).toEqual([
    ["tier", 'string; "basic" if left out', "text"],
    ["seats", "integer", "number"],
    ["at", "datetime", "text"],
    ["topics", "list<string>", "list"],
  ]);
});

test("a default is typed as its column has it", () => {
  expect([cell("7", "integer"), cell("7", "string"), cell("", "string"), cell('["a"]', "list<string>"), cell("seven", "integer")]).toEqual([7, "7", undefined, ["a"], "seven"]);
});
