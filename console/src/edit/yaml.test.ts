import { expect, test } from "vitest";
import { ACTIONS, LANGUAGE } from "../api/language";
import { completeYaml } from "./yaml";

const known = { scope: { inputs: [], outputs: [], variables: [{ name: "topic" }] }, language: LANGUAGE, actions: ACTIONS, nodes: ["a", "b"], names: (kind: string) => (kind === "queue" ? [{ name: "Billing" }] : []) };
const offered = (text: string) => completeYaml(text.replace("|", ""), text.indexOf("|"), known)?.suggestions.map((one) => one.label) ?? [];

test("members, values and names are offered where they can stand", () => {
  expect(offered("name: F\n|")).toEqual(expect.arrayContaining(["nodes", "inputs"]));
  expect(offered("name: F\n|")).not.toContain("name");
  expect(offered("nodes:\n  - id: a\n    |")).toEqual(["name", "actions", "next"]);
  expect(offered("nodes:\n  - id: a\n    actions:\n      - |")).toEqual(["type"]);
  expect(offered("nodes:\n  - id: a\n    actions:\n      - type: |")).toContain("transferToQueue");
  expect(offered("nodes:\n  - id: a\n    actions:\n      - type: transferToQueue\n        |")).toEqual(expect.arrayContaining(["queue", "priority"]));
  expect(offered("nodes:\n  - id: a\n    actions:\n      - { type: transferToQueue, queue: |")).toEqual(["Billing"]);
  expect(offered("nodes:\n  - id: a\n    next:\n      - to: |")).toEqual(["a", "b"]);
  expect(offered('nodes:\n  - id: a\n    next:\n      - { when: "${to|')).toContain("topic");
  expect(offered("type: |")).toEqual(["email", "shared"]);
  expect(offered("# na|")).toEqual([]);
});
