import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import { Facts } from "./Facts";

test("members are read by their labels, and none is left out", () => {
  const shape = { kind: "object", managed: ["id", "selfUri"], fields: [{ name: "serviceLevel", label: "Service level", help: "", required: false, shape: { kind: "duration" } }] } as const;
  const { container } = render(<Facts entity={{ id: "q", selfUri: "/q", serviceLevel: "PT4H", flow: { id: "f", name: "Router" }, list: ["a", "b"] }} shape={shape as never} />);
  expect(container.textContent).toBe("Service level4 hflowRouterlista, b");
});
