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
    new Response(JSON.stringify(path.endsWith("/test") ? { ok: false, checks: [{ check: "login", ok: false, detail: "refused" }] } : path.endsWith("/setaside") ? { entities: [] } : { id: "m", name: "Care", health })),
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

test("what was set aside is tried again, and access is given by a code", async () => {
  const sent: unknown[] = [];
  const message = { folder: "INBOX", uidValidity: 7, uid: 42, reason: "60 MB, the limit is 50 MB", date: "2026-11-29T10:00:00Z" };
  const mailbox = { id: "m", name: "Care", auth: { oauth: { grant: "deviceCode" } }, health: { status: "ok", setAside: 1 } };
  let asked = 0;
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    if (init.method === "POST") sent.push([path, JSON.parse(String(init.body))]);
    const code = { status: "pending", userCode: "ABCD-1234", verificationUri: "https://login.example/device", interval: 0.01, handle: "h" };
    const answer = path.endsWith("/authorise") ? (asked++ ? { status: "done" } : code) : path.endsWith("/setaside") ? { entities: [message] } : path.endsWith("/retry") ? { retried: 1 } : mailbox;
    return new Response(JSON.stringify(answer));
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SessionContext value={{ clientId: "c", scopes: ["routing:write"] }}>
        <Mailbox id="m" />
      </SessionContext>
    </QueryClientProvider>,
  );
  await userEvent.click(await screen.findByRole("button", { name: "Retry UID 42 in INBOX" }));
  await userEvent.click(screen.getByRole("button", { name: "Authorise" }));
  expect(await screen.findByText("Access was given.")).toBeDefined();
  expect(sent).toEqual([
    ["/api/v2/mailboxes/m/setaside/retry", { folder: "INBOX", uidValidity: 7, uid: 42 }],
    ["/api/v2/mailboxes/m/authorise", {}],
    ["/api/v2/mailboxes/m/authorise", { handle: "h" }],
  ]);
});
