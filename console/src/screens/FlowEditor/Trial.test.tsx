import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { SessionContext } from "../../app/session";
import Trial, { readable } from "./Trial";

afterEach(() => vi.unstubAllGlobals());

test("bytes that are no UTF-8 can be read all the same", () => {
  expect(readable(new TextEncoder().encode("Zoë"))).toBe("Zoë");
  expect(readable(Uint8Array.of(90, 111, 235))).toBe("Zoë");
});

test("what came of a mail is shown, and can be saved, as long as that mail is in the box", async () => {
  const tried = { flowId: "f", decision: { kind: "queue", queue: { name: "Billing" } }, trace: { version: 1, events: [{ event: "flow", id: "f", name: "Router", version: 0 }] }, sends: [{ kind: "reply", to: ["ana@customer.example"] }] };
  vi.stubGlobal("fetch", async () => new Response(JSON.stringify(tried)));
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SessionContext value={{ clientId: "c", scopes: [] } as never}>
        <Trial id="f" flow={{ name: "Router", nodes: [] }} stale={false} last={{ current: undefined }} />
      </SessionContext>
    </QueryClientProvider>,
  );
  await userEvent.click(screen.getByRole("button", { name: "Try it" }));
  const status = screen.getByRole("status");
  await vi.waitFor(() => expect(status.textContent).toBe("Decided: queue Billing"));
  expect(screen.getByRole("region", { name: "What would be sent" })).toBeDefined();
  const box = screen.getByLabelText("The mail, header and body");
  await userEvent.type(box, "x");
  expect(status.textContent).toBe("The mail is another one now: try it again");
  expect(screen.queryByRole("button", { name: "Save as a test…" })).toBeNull();
  expect(screen.queryByRole("region", { name: "What would be sent" })).toBeNull();
  await userEvent.type(box, "{Backspace}");
  expect(status.textContent).toBe("Decided: queue Billing");
  expect(screen.getByRole("button", { name: "Save as a test…" })).toBeDefined();
});
