import { call, type Schemas } from "./client";

/** Work that this tab holds. Its token is what proves it. */
export interface Claim {
  token: string;
  expiresAt: string;
  queueId: string;
  interactionId: string;
}

const KEY = "waypost.claim";

/** For how long work is claimed, in seconds; it is extended while its page is open. */
export const LEASE = 600;

/** The claim survives a reload of the tab, and ends with the tab. */
export function heldClaim(): Claim | undefined {
  try {
    const claim = JSON.parse(sessionStorage.getItem(KEY) ?? "null") as Claim | null;
    return claim && new Date(claim.expiresAt) > new Date() ? claim : undefined;
  } catch {
    return undefined;
  }
}

export function keepClaim(claim: Claim | undefined) {
  if (claim) sessionStorage.setItem(KEY, JSON.stringify(claim));
  else sessionStorage.removeItem(KEY);
}

/** Claims the next work of a queue: higher priority first, then older. Undefined where nothing waits. */
export async function claimNext(queueId: string): Promise<Claim | undefined> {
  const body = { max: 1, leaseSeconds: LEASE };
  const { entities } = await call<Schemas["Claims"]>(`/routing/queues/${queueId}/claims`, { method: "POST", body });
  const [first] = entities;
  return first && { token: first.token, expiresAt: first.expiresAt, queueId, interactionId: first.interaction.id };
}

export async function extendClaim(claim: Claim): Promise<Claim> {
  const path = `/routing/queues/${claim.queueId}/claims/${claim.token}/extend`;
  const { expiresAt } = await call<Schemas["ClaimState"]>(path, { method: "POST", body: { leaseSeconds: LEASE } });
  return { ...claim, expiresAt: expiresAt ?? claim.expiresAt };
}

export type Work =
  | { kind: "reply"; text: string; replyAll: boolean; key: string }
  | { kind: "forward"; addresses: string[]; key: string }
  | { kind: "transfer"; queueId: string }
  | { kind: "complete"; outcome: string }
  | { kind: "release" };

/** Whether the claim ends with a piece of work. */
export const endsClaim = (work: Work) => work.kind !== "reply" && work.kind !== "forward";

export async function act({ token, queueId, interactionId }: Claim, work: Work): Promise<void> {
  const on = (verb: string, body: object, key?: string) =>
    call(`/interactions/${interactionId}/${verb}`, { method: "POST", body: { token, ...body }, ...(key && { key }) });
  switch (work.kind) {
    case "reply":
      await on("reply", { text: work.text, replyAll: work.replyAll }, work.key);
      break;
    case "forward":
      await on("forward", { addresses: work.addresses }, work.key);
      break;
    case "transfer":
      await on("transfer", { queue: { id: work.queueId } });
      break;
    case "complete":
      await on("complete", work.outcome ? { outcome: work.outcome } : {});
      break;
    case "release":
      await call(`/routing/queues/${queueId}/claims/${token}/release`, { method: "POST", body: {} });
      break;
  }
}

/** One key for one intention: what is sent twice by mistake goes out once. */
export function newKey(): string {
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
