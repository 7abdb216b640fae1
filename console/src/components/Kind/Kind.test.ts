import { expect, test } from "vitest";
import { kindName, kindNames } from "./Kind";

test("kinds are told in words, and one that is not known by its own", () => {
  expect([kindName("dataAction"), kindNames("queue"), kindName("novelty")]).toEqual(["data action", "Queues", "novelty"]);
});
