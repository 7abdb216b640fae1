import { queryOptions } from "@tanstack/react-query";
import { call, query, type Schemas } from "./client";

export type Evaluation = Schemas["ScheduleEvaluation"];

const evaluate = (id: string, at: string | undefined, signal: AbortSignal) => call<Evaluation>(`/routing/schedules/${id}/evaluate${query({ at })}`, { signal });

export const evaluation = (id: string) =>
  queryOptions({ queryKey: ["evaluation", id], queryFn: ({ signal }) => evaluate(id, undefined, signal), staleTime: 30_000, refetchInterval: 60_000 });

/** A stretch of time in which a schedule says the same. */
export interface Stretch {
  from: number;
  to: number;
  state: string;
  name: string;
}

/** So many changes in a week are drawn: each is a request. */
const MOST = 60;

/** What a schedule says from one time to another, change by change, as the server evaluates it. */
export const stretches = (id: string, from: number, to: number) =>
  queryOptions({
    queryKey: ["stretches", id, from, to],
    queryFn: async ({ signal }) => {
      const found: Stretch[] = [];
      for (let at = from; at < to && found.length < MOST; ) {
        const { state, name, nextChange } = await evaluate(id, new Date(at).toISOString(), signal);
        const end = nextChange ? Math.min(to, new Date(nextChange).getTime()) : to;
        // The server never names a change that is not later; a loop would never end.
        if (end <= at) break;
        found.push({ from: at, to: end, state, name: name ?? "" });
        at = end;
      }
      return found;
    },
    staleTime: 60_000,
  });

export const setEmergency = (id: string, active: boolean, reason: string) =>
  call<Schemas["Schedule"]>(`/routing/schedules/${id}/emergency`, { method: "PUT", body: active ? { active, ...(reason && { reason }) } : { active } });
