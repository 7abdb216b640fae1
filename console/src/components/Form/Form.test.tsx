import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { useState } from "react";
import { expect, test } from "vitest";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { SHAPES } from "../../api/shapes";
import { SessionContext } from "../../app/session";
import { FormContext } from "./context";
import { covers } from "./covers";
import { isoDuration } from "./duration";
import { Members } from "./Form";

function shown(kind: string, first: Record<string, unknown>, problems: object[] = []) {
  let now = first;
  function Holder() {
    const [value, setValue] = useState(first);
    now = value;
    return (
      <FormContext value={{ problems: problems as never, exists: true, onBroken: () => {} }}>
        <Members shape={SHAPES[kind]!} path="" value={value} onChange={setValue} top />
      </FormContext>
    );
  }
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SessionContext value={{ clientId: "a", scopes: [] }}>
        <Holder />
      </SessionContext>
    </QueryClientProvider>,
  );
  return () => now;
}

test("durations are typed as people say them", () => {
  expect(["4 h", "1d 30min", "90 seconds", "PT4H", "soon", "4 moons"].map(isoDuration)).toEqual(["PT4H", "P1DT30M", "PT90S", "PT4H", "soon", "4 moons"]);
});

test("a list gets lines, and what is wrong with a line is said there", async () => {
  const now = shown("secret", { name: "crm", hosts: ["a b"] }, [{ message: "not a host", path: "hosts[0]" }]);
  expect(screen.getByLabelText("Host 1").getAttribute("aria-invalid")).toBe("true");
  await userEvent.click(screen.getByRole("button", { name: "Add a host" }));
  await userEvent.type(screen.getByLabelText("Host 2"), "crm.example.com");
  expect(now().hosts).toEqual(["a b", "crm.example.com"]);
  await userEvent.click(screen.getByRole("button", { name: "Remove host 1" }));
  expect(now().hosts).toEqual(["crm.example.com"]);
});

test("of a choice one group is kept", async () => {
  const now = shown("route", { pattern: "care", flow: { id: "f", name: "Router" }, colour: "red" });
  await userEvent.click(screen.getByRole("radio", { name: "a queue" }));
  await userEvent.type(screen.getByLabelText(/^Queue/), "Billing");
  expect(now()).toEqual({ pattern: "care", queue: { id: "Billing" }, colour: "red" });
});

test("an object in an object is added, and taken away, as a whole", async () => {
  const now = shown("queue", { name: "Billing" });
  await userEvent.click(screen.getByRole("button", { name: "Add" }));
  await userEvent.click(screen.getByRole("radio", { name: "addresses" }));
  await userEvent.click(screen.getByRole("button", { name: "Add an address" }));
  await userEvent.type(screen.getByLabelText("Address 1"), "a@b.example");
  expect(now()).toEqual({ name: "Billing", deliverTo: { addresses: ["a@b.example"] } });
  await userEvent.click(screen.getByRole("button", { name: "Remove deliver to" }));
  expect(now()).toEqual({ name: "Billing" });
});

test("hours of every week, several days, columns", async () => {
  const schedule = shown("schedule", { name: "Office", timeZone: "Europe/Berlin", open: [{ days: ["mon", "wed"], from: "09:00", to: "17:00" }] });
  const days = screen.getByLabelText(/^Days/);
  expect((days as HTMLInputElement).value).toBe("mon, wed");
  await userEvent.clear(days);
  await userEvent.type(days, "mon-fri{Enter}");
  expect(schedule().open).toEqual([{ days: "mon-fri", from: "09:00", to: "17:00" }]);
  const table = shown("table", { name: "T", schema: { type: "object", properties: { key: { type: "string" }, tier: { dataType: "string", title: "Tier" } } } });
  await userEvent.selectOptions(screen.getByLabelText("Column 1: type"), "integer");
  await userEvent.type(screen.getByLabelText("Column 1: default"), "7");
  await userEvent.tab();
  expect(table().schema).toEqual({ type: "object", properties: { key: { type: "string" }, tier: { dataType: "integer", title: "Tier", default: 7 } } });
});

test("other members are JSON, and what is not JSON is not sent", async () => {
  const now = shown("queue", { name: "Billing", colour: "red" });
  const json = screen.getByLabelText(/^As JSON/);
  await userEvent.clear(json);
  await userEvent.type(json, '{{"colour": "blue"');
  expect(screen.getByText(/^This is not JSON/)).toBeDefined();
  await userEvent.type(json, "}");
  expect(now()).toEqual({ name: "Billing", colour: "blue" });
});

test("what no field shows is known, so that its problems are listed", () => {
  const route = SHAPES.route!;
  expect(covers(route, { flow: { id: "f" } }, "flow")).toBe(true);
  expect(covers(route, { flow: { id: "f" } }, "queue")).toBe(false);
  expect(covers(route, {}, "colour")).toBe(false);
  expect(covers(SHAPES.schedule!, { open: [{}] }, "open[0].from")).toBe(true);
  expect(covers(SHAPES.queue!, {}, "deliverTo.webhook")).toBe(false);
});
