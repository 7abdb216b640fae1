import { expect, test } from "vitest";
import { affectedBy, isRead } from "./stale";

const KEYS = [["session"], ["interactions", {}], ["interaction", "i"], ["interaction", "j"], ["trace", "i", 1], ["mail", "i"], ["queues"], ["flows"], ["flow", "f"], ["versions", "f"], ["tables"], ["tableRows", "t"], ["deliveries", "i"], ["overview", 60], ["mailbox", "m"]];
const old = (name: string, data: Record<string, string> = {}) => KEYS.filter((key) => affectedBy({ id: undefined, name, data })?.(key)).map((key) => key.join(" ").replace("[object Object]", "").trim());

test("an event makes old what shows its object, and nothing else", () => {
  expect(old("interaction.decided", { interactionId: "i" })).toEqual(["interactions", "interaction i", "trace i 1", "queues", "deliveries i", "overview 60"]);
  expect(old("object.changed", { kind: "flow", objectId: "f" })).toEqual(["flows", "flow f", "versions f"]);
  expect(old("object.changed", { kind: "table", objectId: "t" })).toEqual(["versions f", "tables", "tableRows t"]);
  expect(old("mailbox.health", { mailboxId: "m" })).toEqual(["overview 60", "mailbox m"]);
  expect(old("reset")).toEqual(KEYS.map((key) => key.join(" ").replace("[object Object]", "").trim()).filter((key) => key !== "session" && key !== "mail i"));
  expect(old("something.new")).toEqual([]);
});

test("a list of which older pages are read is left alone", () => {
  expect([{ pages: [1] }, { pages: [1, 2] }, undefined].map((data) => isRead({ state: { data } } as never))).toEqual([false, true, false]);
});
