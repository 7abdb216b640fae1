import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { SessionContext } from "../../app/session";
import { Content } from "./Content";

afterEach(() => vi.unstubAllGlobals());

const shown = (state: string, scopes: string[]) => {
  const sent: string[] = [];
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    if (init.method === "PUT") sent.push(String(init.body));
    return init.method === "PUT" ? new Response("{}") : new Response("Subject: hi\r\n\r\nhello\r\n");
  });
  render(
    <QueryClientProvider client={new QueryClient()}>
      <SessionContext value={{ clientId: "a", scopes }}>
        <Content one={{ id: "d", kind: "reply", state } as never} />
      </SessionContext>
    </QueryClientProvider>,
  );
  return sent;
};

test("a dead letter's content is mended, with line ends as mail has them", async () => {
  const sent = shown("dead", ["email:write"]);
  await userEvent.click(await screen.findByRole("button", { name: "Edit the content" }));
  await userEvent.type(screen.getByLabelText("Content"), "bye{Enter}");
  await userEvent.click(screen.getByRole("button", { name: "Save the content" }));
  await expect.poll(() => sent).toEqual(["Subject: hi\r\n\r\nhello\r\nbye\r\n"]);
});

test("others' is only read", async () => {
  shown("pending", ["email:write"]);
  await screen.findByText(/Subject: hi/);
  expect(screen.queryByRole("button")).toBeNull();
});
