import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { KINDS } from "../../api/kinds";
import { SessionContext } from "../../app/session";
import { ObjectPage } from "./ObjectPage";

afterEach(() => vi.unstubAllGlobals());

test("what is in use stays, and its users are links", async () => {
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    if (path.endsWith("/usedby")) return new Response('{"nodes":[],"edges":[]}');
    if (init.method !== "DELETE") return new Response('{"id":"t","name":"Customers"}', { headers: { etag: '"3"' } });
    expect(new Headers(init.headers).get("if-match")).toBe('"3"');
    return new Response('{"message":"It is in use.","errors":[{"message":"a flow reads it","entityKind":"flow","entityId":"f","entityName":"Router"}]}', { status: 409 });
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SessionContext value={{ clientId: "a", scopes: ["admin"] }}>
        <ObjectPage kind={KINDS.table} id="t" deleting="Its rows go with it." />
      </SessionContext>
    </QueryClientProvider>,
  );
  await userEvent.click(await screen.findByRole("button", { name: "Delete" }));
  await userEvent.click(screen.getByRole("button", { name: "Delete it" }));
  expect((await screen.findByRole("link", { name: "Router" })).getAttribute("href")).toBe("/flows/f");
});
