import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, expect, test } from "vitest";
import { ApiError, bodyOf } from "./client";

/** Begins an answer and cuts it. */
const server = createServer((_, response) => {
  response.writeHead(200, { "content-type": "application/json", "content-length": "100" });
  response.write('{"id":"f",', () => response.destroy());
});
await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
afterAll(() => server.close());

test("an answer that is cut is none: it may be asked again", async () => {
  const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  const error = await bodyOf(response).catch((error: unknown) => error);
  expect(error).toBeInstanceOf(ApiError);
  expect(error).toMatchObject({ status: 0, code: "no.answer" });
});

test("what is no JSON was answered all the same", async () => {
  await expect(bodyOf(new Response("<html>"))).rejects.toThrow(SyntaxError);
});
