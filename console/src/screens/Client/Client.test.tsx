import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { SessionContext } from "../../app/session";
import Client from "./Client";

afterEach(() => vi.unstubAllGlobals());

const client = { id: "c", name: "Dashboard", scope: ["email:read"], accessTokenValiditySeconds: 600, state: "active", revision: 3, selfUri: "/c", colour: "red" };

test("disabling a client changes its state alone, and only as it was read", async () => {
  const sent: unknown[] = [];
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    if (init.method === "PUT") sent.push([JSON.parse(String(init.body)), new Headers(init.headers).get("if-match")]);
    return new Response(JSON.stringify(client), { headers: { etag: '"3"' } });
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SessionContext value={{ clientId: "c", scopes: ["admin"] }}>
        <Client id="c" />
      </SessionContext>
    </QueryClientProvider>,
  );
  await userEvent.click(await screen.findByRole("button", { name: "Disable" }));
  expect(screen.getByRole("alertdialog").textContent).toContain("This is the client that you are signed in with.");
  await userEvent.click(screen.getByRole("button", { name: "Disable it" }));
  await expect.poll(() => sent).toEqual([[{ name: "Dashboard", scope: ["email:read"], accessTokenValiditySeconds: 600, state: "inactive", colour: "red" }, '"3"']]);
});
