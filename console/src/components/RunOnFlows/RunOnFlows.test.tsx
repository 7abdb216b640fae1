import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { SessionContext } from "../../app/session";
import { RunOnFlows } from "./RunOnFlows";

const trace = { version: 1, events: [{ event: "flow", id: "A", name: "Router", version: 0 }, { event: "node", id: "ask" }, { event: "decision", kind: "queue", priority: 0, queue: { id: "q", name: "Billing" } }] } as never;

test("without the scope to see flows a run is its steps", async () => {
  const steps: number[] = [];
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SessionContext value={{ clientId: "me", scopes: ["email:read"] } as never}>
        <RunOnFlows trace={trace} step={undefined} onStep={(step) => steps.push(step)} />
      </SessionContext>
    </QueryClientProvider>,
  );
  screen.getByText("Drawing the run on its flows needs the scope flow:read.");
  await userEvent.click(screen.getByText("ask"));
  expect(steps).toEqual([1]);
});
