import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { KINDS } from "../../api/kinds";
import { UsedBy } from "./UsedBy";

afterEach(() => vi.unstubAllGlobals());

test("what uses an object is a link, with where it does", async () => {
  const nodes = [{ id: "q", kind: "queue", name: "Billing" }, { id: "f", kind: "flow", name: "Router" }, { id: "g", kind: "flow", name: "Reception" }];
  const edges = [{ from: "f", to: "q", kind: "transferToQueue", path: "nodes[1].actions[0]" }, { from: "g", to: "00000000-0000-0000-0000-000000000000", kind: "transferToQueue", path: "nodes[0].actions[5]" }];
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ nodes, edges })));
  render(
    <QueryClientProvider client={new QueryClient()}>
      <UsedBy kind={KINDS.queue} id="q" />
    </QueryClientProvider>,
  );
  expect((await screen.findByRole("link", { name: "Router" })).getAttribute("href")).toBe("/flows/f");
  expect(screen.getByText("nodes[1].actions[0]")).toBeDefined();
  expect(screen.getAllByText(/perhaps/)).toHaveLength(1);
});
