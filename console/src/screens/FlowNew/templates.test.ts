import { expect, test } from "vitest";
import { FLOW_TYPES } from "../../api/flowTypes";
import { valueOf } from "../../edit/edit";
import { TEMPLATES } from "./templates";

test("each template is a flow with a description, and makes the queues that it names", () => {
  expect(TEMPLATES.length).toBeGreaterThanOrEqual(6);
  for (const { type } of FLOW_TYPES) expect(TEMPLATES.filter((one) => one.type === type).length, type).toBeGreaterThanOrEqual(2);
  for (const { id, type, text, description, queues } of TEMPLATES) {
    expect(description, id).not.toBe("");
    expect(valueOf(text), id).toMatchObject({ type });
    const named = [...JSON.stringify(valueOf(text)).matchAll(/"queue":"([^"$]+)"/g)].map(([, name]) => name);
    expect(queues, id).toEqual(expect.arrayContaining(named));
  }
});
