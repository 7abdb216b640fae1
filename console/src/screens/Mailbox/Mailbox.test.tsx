import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { SessionContext } from "../../app/session";
import Mailbox from "./Mailbox";

afterEach(() => vi.unstubAllGlobals());

test("a mailbox that fails says why and what to do; a test says how far it came", async () => {
  const health = { status: "failing", alarm: true, setAside: 2, lastError: "login refused", suggestion: "check the secret `imap`" };
  vi.stubGlobal("fetch", async (path: string) =>
    new Response(JSON.stringify(path.endsWith("/test") ? { ok: false, checks: [{ check: "login", ok: false, detail: "refused" }] } : { id: "m", name: "Care", health })),
  );
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SessionContext value={{ clientId: "c", scopes: ["routing:write"] }}>
        <Mailbox id="m" />
      </SessionContext>
    </QueryClientProvider>,
  );
  expect(await screen.findByText("login refused")).toBeDefined();
  expect(screen.getByText("imap").tagName).toBe("CODE");
  expect(screen.getByText("2 set aside")).toBeDefined();
  await userEvent.click(screen.getByRole("button", { name: "Test the mailbox" }));
  expect((await screen.findByRole("status", { name: "What the test found" })).textContent).toContain("loginfailedrefused");
});
