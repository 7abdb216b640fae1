import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { press, setKeys, useKeys } from "./keys";
import Shortcuts from "./Shortcuts";

beforeEach(() => document.addEventListener("keydown", press));
afterEach(() => {
  vi.useRealTimers();
  document.removeEventListener("keydown", press);
  setKeys(true);
});

const done: string[] = [];

function Screen() {
  useKeys("Here", [
    { keys: "n", label: "The next", run: () => done.push("next") },
    { keys: "g q", label: "Queues", run: () => done.push("queues") },
    { keys: "q", label: "Other", run: () => done.push("other") },
  ]);
  return <input aria-label="Text" />;
}

test("keys do what they are for, but not while one types, nor once they are off", async () => {
  render(<Screen />);
  await userEvent.keyboard("ngq");
  expect(done.splice(0)).toEqual(["next", "queues"]);
  await userEvent.type(screen.getByLabelText("Text"), "n");
  expect(done).toEqual([]);
  (document.activeElement as HTMLElement).blur();
  await userEvent.keyboard("{Control>}n{/Control}");
  setKeys(false);
  await userEvent.keyboard("n");
  expect(done).toEqual([]);
});

test("of two keys it counts when they were pressed, not when a busy page hears of them", () => {
  render(<Screen />);
  const pressed = (key: string, at: number) => {
    const event = new KeyboardEvent("keydown", { key });
    Object.defineProperty(event, "timeStamp", { value: at });
    vi.setSystemTime(Date.now() + 60_000);
    document.dispatchEvent(event);
  };
  vi.useFakeTimers({ toFake: ["Date"] });
  pressed("g", 5_000);
  pressed("q", 6_000);
  expect(done.splice(0)).toEqual(["queues"]);
  pressed("g", 7_000);
  pressed("q", 9_000);
  expect(done.splice(0)).toEqual(["other"]);
});

test("what can be pressed is listed, and can be turned off", async () => {
  const { rerender } = render(<Screen />);
  rerender(
    <>
      <Screen />
      <Shortcuts onClose={() => {}} />
    </>,
  );
  expect(screen.getByRole("dialog").textContent).toContain("nThe next");
  await userEvent.click(screen.getByRole("checkbox"));
  expect(localStorage.getItem("waypost.keys")).toBe("off");
});
