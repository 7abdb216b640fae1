import { render } from "@testing-library/react";
import { expect, test } from "vitest";
import YamlEditor from "./YamlEditor";

const facts = { scope: { inputs: [], outputs: [], variables: [] }, names: () => [], nodes: [], source: () => undefined };

test.each(["\n", "\r\n"])("a problem is marked where it is, with line breaks %j", (newline) => {
  const { container } = render(<YamlEditor value={"name: F\nnodes:\n  - id: a\n".replaceAll("\n", newline)} onChange={() => {}} facts={facts} problems={[{ code: "x", message: "no such thing", path: "nodes[0].id" }]} />);
  expect(container.querySelector(".code")?.shadowRoot?.querySelector(".cm-lintRange-error")?.textContent).toBe("a");
});
