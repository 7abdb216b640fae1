import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { session } from "../../api/queries";
import { SessionContext } from "../session";
import Account from "./Account";

afterEach(() => vi.unstubAllGlobals());

test("whoever signs out leaves nothing on the page: a browser keeps it for those who go back", async () => {
  vi.stubGlobal("fetch", async () => new Response(null, { status: 204 }));
  const queries = new QueryClient();
  const own = { clientId: "tests", scopes: [] } as never;
  queries.setQueryData(session.queryKey, own);
  queries.setQueryData(["interactions", "i", "mail"], "Dear you");
  // Who shows the screens asks for the session, and is told.
  const told = vi.fn();
  queries.getQueryCache().find({ queryKey: session.queryKey })?.addObserver({ onQueryUpdate: () => told(queries.getQueryData(session.queryKey)), setOptions: () => {}, options: {} } as never);
  render(
    <QueryClientProvider client={queries}>
      <SessionContext value={own}>
        <Account />
      </SessionContext>
    </QueryClientProvider>,
  );
  await userEvent.click(screen.getByRole("button", { name: "tests" }));
  await userEvent.click(await screen.findByRole("menuitem", { name: "Sign out" }));
  await vi.waitFor(() => expect(told).toHaveBeenCalledWith(null));
  expect(queries.getQueryCache().getAll().map((one) => one.queryKey)).toEqual([["session"]]);
});
