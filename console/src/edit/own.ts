import { type FlowValue, UNDRAFTED } from "./flow";
import { equal, withValue } from "./value";

/** Members of a document that a version can't change, as the server has them. */
export type Own = Readonly<Record<string, unknown>>;

const said = (value: unknown) => (value === undefined || value === null || value === false ? "" : value);

/** Which of them a flow says otherwise. One that leaves its type out says nothing about it. */
export const undraftedIn = (flow: FlowValue, own: Own): string[] => UNDRAFTED.filter((name) => !(name === "type" && flow.type === undefined) && !equal(said(flow[name]), said(own[name])));

/** A flow with them as the server has them, but for those that somebody typed. */
export function withOwn(flow: FlowValue, own: Own, typed: readonly string[]): FlowValue {
  return undraftedIn(flow, own)
    .filter((name) => !typed.includes(name))
    .reduce((made, name) => withValue(made, [name], said(own[name]) === "" ? undefined : own[name]) as FlowValue, flow);
}
