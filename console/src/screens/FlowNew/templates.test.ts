import { expect, test } from "vitest";
import { valueOf } from "../../edit/edit";
import { TEMPLATES } from "./templates";

test("each template is a flow with a description, and makes the queues that it names", () => {
  expect(TEMPLATES.length).toBeGreaterThanOrEqual(6);
  for (const { id, text, description, queues } of TEMPLATES) {
    expect(description, id).not.toBe("");
    const named = [...JSON.stringify(valueOf(text)).matchAll(/"queue":"([^"$]+)"/g)].map(([, name]) => name);
    expect(queues, id).toEqual(expect.arrayContaining(named));
  }
});
