import { infiniteQueryOptions, queryOptions } from "@tanstack/react-query";
import { call, query, request, type Schemas } from "./client";
import type { Delivery } from "./queries";

export interface DeliveryFilter {
  state?: string;
  kind?: string;
  target?: string;
}

export const STATES = ["pending", "delivered", "bounced", "dead", "cancelled"];
export const DELIVERY_KINDS = ["reply", "mail", "forward", "webhook", "queuePush"];

export const deliveryPages = (filter: DeliveryFilter) =>
  infiniteQueryOptions({
    queryKey: ["deliveries", "list", filter],
    queryFn: ({ pageParam, signal }) => call<Schemas["DeliveryChunk"]>(`/deliveries${query({ ...filter, pageSize: 50, cursor: pageParam })}`, { signal }),
    initialPageParam: "",
    getNextPageParam: (last) => last.nextCursor ?? undefined,
  });

export const delivery = (id: string) =>
  queryOptions({
    queryKey: ["delivery", id],
    queryFn: ({ signal }) => call<Delivery>(`/deliveries/${id}`, { signal }),
  });

/** How much of a delivery's content is shown, in characters. */
const MOST_SHOWN = 200_000;

export const deliveryContent = (id: string) =>
  queryOptions({
    queryKey: ["delivery", id, "content"],
    queryFn: async ({ signal }) => {
      const text = await (await request(`/deliveries/${id}/content`, { signal })).text();
      return { text: text.slice(0, MOST_SHOWN), whole: text.length <= MOST_SHOWN };
    },
  });

export const retry = (id: string) => call<Delivery>(`/deliveries/${id}/retry`, { method: "POST", body: {} });

export const cancel = (id: string) => call<Delivery>(`/deliveries/${id}/cancel`, { method: "POST", body: {} });

/** Line ends are those of mail, whatever the browser makes of them. */
export const putContent = (id: string, text: string) =>
  call<Delivery>(`/deliveries/${id}/content`, { method: "PUT", type: "message/rfc822", body: text.replace(/\r?\n/g, "\r\n") });

export const retryAll = (filter: DeliveryFilter) => call<Schemas["Retried"]>("/deliveries/retry", { method: "POST", body: filter });
