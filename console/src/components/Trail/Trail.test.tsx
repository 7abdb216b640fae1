import { render, screen } from "@testing-library/react";
import { expect, test } from "vitest";
import { FLOWS, Trail } from "./Trail";

test("a trail links to what a screen belongs to, in order", () => {
  render(<Trail to={[FLOWS, { href: "/flows/1", name: "Front desk" }]} />);
  const links = screen.getAllByRole("link").map((link) => [link.getAttribute("href"), link.textContent]);
  expect(links).toEqual([["/flows", "Flows"], ["/flows/1", "Front desk"]]);
});
