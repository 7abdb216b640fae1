import { expect, test } from "vitest";
import { hrefOf, type Kind, KINDS } from "../api/kinds";
import { OBJECT_SCREENS } from "./objects";

/** The first address that a path fits, as the browser finds it. */
const found = (path: string) => OBJECT_SCREENS.find((one) => new RegExp(`^${one.path.replace(/:\w+/g, "[^/]+")}$`).test(path));

test("every kind has a list, a page, and forms that only those who may write see", () => {
  for (const kind of Object.values(KINDS) as Kind[]) {
    const screen = kind.screen.replace(":parent", "example.com");
    // Queues have their own list and page; routes stand on their domain's.
    if (kind.name !== "queue") expect(found(screen)?.scope, screen).toBe(kind.read);
    if (kind.name !== "queue") expect(found(`${screen}/x`)?.scope, screen).toBe(kind.read);
    expect(found(`${screen}/new`)?.scope, screen).toBe(kind.write);
    expect(found(`${screen}/x/edit`)?.scope, screen).toBe(kind.write);
  }
});

test("what the server names is found", () => {
  expect(found(hrefOf("route", "r", "care@example.com") ?? "")?.path).toBe("/domains/:domain/routes/:id");
  expect(found(hrefOf("dataAction", "d", "CRM") ?? "")?.path).toBe("/data-actions/:id");
  expect(hrefOf("flow", "f", undefined)).toBe("/flows/f");
  expect(hrefOf("replay", "r", undefined)).toBeUndefined();
});
