import { expect, test } from "vitest";
import { why } from "./DeliveryTable";

test("what holds a delivery back is said before what was answered", () => {
  expect(why({ heldBy: { rule: "automatic", reason: "a machine wrote it" }, lastAnswer: "250 ok" } as never)).toBe("held back: a machine wrote it");
  expect(why({ lastAnswer: "250 ok" } as never)).toBe("250 ok");
  expect(why({ notice: "nothing is sent here" } as never)).toBe("nothing is sent here");
});
