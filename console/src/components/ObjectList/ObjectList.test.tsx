import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import { afterEach, expect, test, vi } from "vitest";
import { KINDS } from "../../api/kinds";
import { SessionContext } from "../../app/session";
import { ObjectList } from "./ObjectList";

afterEach(() => vi.unstubAllGlobals());

const shown = (scopes: string[], entities: object[]) => {
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify({ entities })));
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SessionContext value={{ clientId: "a", scopes }}>
        <ObjectList kind={KINDS.webhook} columns={[{ head: "URL", cell: (one) => String(one.url) }]} empty="Make one." />
      </SessionContext>
    </QueryClientProvider>,
  );
};

test("each object is a link", async () => {
  shown(["routing:write"], [{ id: "w", name: "CRM", url: "https://crm.example.com" }]);
  expect((await screen.findByRole("link", { name: "CRM" })).getAttribute("href")).toBe("/webhooks/w");
  expect(screen.getByRole("link", { name: "New webhook" }).getAttribute("href")).toBe("/webhooks/new");
});

test("whoever only reads is not offered a new one, and an empty list says what to do", async () => {
  shown(["routing:read"], []);
  expect(await screen.findByText("Make one.")).toBeDefined();
  expect(screen.queryByRole("link", { name: "New webhook" })).toBeNull();
});
