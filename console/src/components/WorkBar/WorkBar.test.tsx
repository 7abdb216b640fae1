import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { render, screen } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import { afterEach, expect, test, vi } from "vitest";
import { keepClaim } from "../../api/claim";
import { dropDrafts } from "../../api/draft";
import { SessionContext } from "../../app/session";
import { WorkBar } from "./WorkBar";

afterEach(() => {
  keepClaim(undefined);
  dropDrafts(undefined);
  vi.unstubAllGlobals();
});

function shown(clientId = "a") {
  return render(
    <QueryClientProvider client={new QueryClient()}>
      <SessionContext value={{ clientId, scopes: ["admin"] }}>
        <WorkBar interactionId="i" />
      </SessionContext>
    </QueryClientProvider>,
  );
}

const claim = { token: "t", queueId: "q", interactionId: "i", expiresAt: new Date(Date.now() + 600_000).toISOString() };

test("it is there for what this tab claimed alone", () => {
  expect(shown().container.textContent).toBe("");
  keepClaim({ ...claim, expiresAt: new Date(Date.now() - 1).toISOString() });
  expect(shown().container.textContent).toBe("");
  keepClaim({ ...claim, interactionId: "other" });
  expect(shown().container.textContent).toBe("");
});

test("a reply that failed and is sent again has the same key, so that it goes out once", async () => {
  keepClaim(claim);
  const asked: [string, RequestInit][] = [];
  vi.stubGlobal("fetch", async (path: string, init: RequestInit) => {
    asked.push([path, init]);
    return asked.length === 1 ? new Response('{"message":"try again"}', { status: 503 }) : new Response('{"entities":[]}');
  });
  shown();
  await userEvent.click(screen.getByRole("button", { name: "Reply" }));
  await userEvent.type(screen.getByLabelText("Reply", { selector: "textarea" }), "Hello");
  await userEvent.click(screen.getByRole("button", { name: "Send reply" }));
  expect((await screen.findByRole("alert")).textContent).toBe("try again");
  await userEvent.click(screen.getByRole("button", { name: "Send reply" }));
  expect((await screen.findByRole("status")).textContent).toBe("The reply is on its way.");
  const keys = asked.map(([, init]) => new Headers(init.headers).get("idempotency-key"));
  expect(keys[0]).toMatch(/^[0-9a-f]{32}$/);
  expect(keys[0]).toBe(keys[1]);
  expect(asked[1]).toMatchObject(["/api/v2/interactions/i/reply", { body: JSON.stringify({ token: "t", text: "Hello", replyAll: false }) }]);
});

test("a reply that is being written survives the end of a session, for whoever wrote it alone, and is gone once it is sent", async () => {
  keepClaim(claim);
  const asked: string[] = [];
  let answer = new Response('{"message":"sign in"}', { status: 401 });
  vi.stubGlobal("fetch", async (_: string, init: RequestInit) => {
    asked.push(new Headers(init.headers).get("idempotency-key") ?? "");
    return answer;
  });
  const first = shown();
  await userEvent.click(screen.getByRole("button", { name: "Reply" }));
  await userEvent.type(screen.getByLabelText("Reply", { selector: "textarea" }), "Hello");
  await userEvent.click(screen.getByRole("button", { name: "Send reply" }));
  await screen.findByRole("alert");
  first.unmount();
  const other = shown("b");
  expect(screen.queryByLabelText("Reply", { selector: "textarea" })).toBeNull();
  other.unmount();
  shown();
  expect((screen.getByLabelText("Reply", { selector: "textarea" }) as HTMLTextAreaElement).value).toBe("Hello");
  answer = new Response("{}");
  await userEvent.click(screen.getByRole("button", { name: "Send reply" }));
  await screen.findByRole("status");
  expect(asked[0]).toBe(asked[1]);
  expect(Object.keys(sessionStorage).filter((key) => key.includes("draft"))).toEqual([]);
});
