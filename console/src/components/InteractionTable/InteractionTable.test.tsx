import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { InteractionTable } from "./InteractionTable";

test("erased mail and mail without a subject have a link as well", () => {
  const one = (id: string, more: object) =>
    ({ id, state: "decided", receivedAt: new Date().toISOString(), envelope: { from: "", to: "a@b.example", remote: "" }, selfUri: "", ...more }) as never;
  render(<InteractionTable interactions={[one("1", { erased: true }), one("2", {}), one("3", { subject: "Hi", duplicates: 2 })]} empty="none" />);
  expect(screen.getAllByRole("link").map((link) => [link.textContent, link.getAttribute("href")])).toEqual([
    ["(erased)", "/interactions/1"],
    ["(no subject)", "/interactions/2"],
    ["Hi", "/interactions/3"],
  ]);
  expect(screen.getByText("· 2 duplicates", { exact: false })).toBeDefined();
});
