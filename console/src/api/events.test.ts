import { expect, test } from "vitest";
import { eventReader, type ServerEvent } from "./events";

const read = (...pieces: string[]) => {
  const found: ServerEvent[] = [];
  const take = eventReader((event) => found.push(event));
  pieces.forEach(take);
  return found;
};

test("events come in pieces, heartbeats are none, and what is no JSON is a hint without details", () => {
  expect(read("retry: 2000\n\nid: a-1\nevent: rea", 'dy\ndata: {}\n\n: beat\n\nid: a-2\r\nevent: object.changed\r\ndata: {"kind":"flow"}\r', "\n\r\ndata: no json\n\nevent: cut")).toEqual([
    { id: "a-1", name: "ready", data: {} },
    { id: "a-2", name: "object.changed", data: { kind: "flow" } },
    { id: "a-2", name: "message", data: {} },
  ]);
});

test("a value of several lines is one", () => {
  expect(read('data: {"a":\ndata: "b"}\n\n')).toEqual([{ id: undefined, name: "message", data: { a: "b" } }]);
});
