import { expect, test } from "vitest";
import { fields } from "./HeaderList";

test("fields are unfolded, and what is no field is still shown", () => {
  expect(fields("From: a@b.example\r\nReceived: from x\r\n\tby y;\r\n  Mon\r\nrubbish\r\nX: a:b")).toEqual([
    ["From", "a@b.example"],
    ["Received", "from x by y; Mon"],
    ["", "rubbish"],
    ["X", "a:b"],
  ]);
});
