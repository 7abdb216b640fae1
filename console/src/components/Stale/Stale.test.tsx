import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { expect, test } from "vitest";
import { differing } from "./differing";
import { Stale } from "./Stale";

test("it says what another changed, and does what is chosen", async () => {
  const done: string[] = [];
  const form = render(<Stale what="queue" changed={["Name", "Service level"]} onTheirs={() => done.push("theirs")} onMine={() => done.push("mine")} />);
  expect(screen.getByRole("alert").textContent).toContain("Someone else changed this queue while you were editing.They changed: Name, Service level.");
  await userEvent.click(screen.getByRole("button", { name: "Use their version" }));
  await userEvent.click(screen.getByRole("button", { name: "Overwrite with mine" }));
  expect(done).toEqual(["theirs", "mine"]);
  form.rerender(<Stale what="queue" changed={[]} onTheirs={() => {}} onMine={() => {}} />);
  expect(screen.getByRole("alert").textContent).toContain("They changed: nothing that is shown here.");
});

test("what the server sets is no difference", () => {
  expect(differing({ a: 1, b: [1], version: 1 }, { a: 1, b: [2], c: 3, version: 2 }, ["version"])).toEqual(["b", "c"]);
});
