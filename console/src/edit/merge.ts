import { freshId, type FlowValue, nodesOf, removeNode, renameNode, targetsOf } from "./flow";
import { inOrder, match } from "./match";
import { renamesOf } from "./renames";
import { alike, equal, isRecord } from "./value";

export type Side = "mine" | "theirs";

/** A part that both sides changed, each in its way. Undefined is that a side has it no longer. */
export interface Clash {
  /** Its place, in which nodes go by their ids: `nodes[triage].actions[0].queue`. */
  path: string;
  base: unknown;
  mine: unknown;
  theirs: unknown;
}

export interface Merged {
  flow: FlowValue;
  clashes: Clash[];
  /** Nodes of theirs that have another id now, because both sides gave the same id to a new node. */
  renamed: { from: string; to: string }[];
}

/**
 * Two changes of one flow brought together by what they mean. What one side alone changed is taken; where both changed the same, `choose` says whose
 * it is. Nodes are known by their ids, items of other lists by what they say and where they stand.
 */
export function merge(base: FlowValue, mine: FlowValue, theirs: FlowValue, choose: (path: string) => Side): Merged {
  const renamed: Merged["renamed"] = [];
  const clashes: Clash[] = [];
  const fresh = (id: string) => freshId({ nodes: [...nodesOf(base), ...nodesOf(mine), ...nodesOf(theirs)] }, id);
  const has = (flow: FlowValue, id: string) => nodesOf(flow).some((node) => node.id === id);
  // A node that one side gave another id has it on both sides, and so has all that leads to it.
  const [here, there] = [renamesOf(base, mine), renamesOf(base, theirs)];
  for (const from of new Set([...here, ...there].map((one) => one.from))) {
    const [own, other] = [here, there].map((all) => all.find((one) => one.from === from)?.to);
    if (own !== undefined && other !== undefined && own !== other) {
      const clash = { path: `nodes[${from}].id`, base: from, mine: own, theirs: other };
      clashes.push(clash);
      const to = clash[choose(clash.path)];
      // The id that was not chosen may be another node's on the other side.
      if (has(to === own ? theirs : mine, to)) continue;
      [base, mine, theirs] = [renameNode(base, from, to), renameNode(mine, own, to), renameNode(theirs, other, to)];
    } else if (own !== undefined) {
      if (other === undefined && has(theirs, own)) {
        const to = fresh(own);
        theirs = renameNode(theirs, own, to);
        renamed.push({ from: own, to });
      }
      [base, theirs] = [renameNode(base, from, own), renameNode(theirs, from, own)];
    } else if (other !== undefined) {
      const to = has(mine, other) ? fresh(other) : other;
      if (to !== other) renamed.push({ from: other, to });
      [base, mine, theirs] = [renameNode(base, from, to), renameNode(mine, from, to), renameNode(theirs, other, to)];
    }
  }
  const of = (flow: FlowValue) => new Map(nodesOf(flow).map((node) => [node.id, node]));
  const [was, own] = [of(base), of(mine)];
  for (const node of nodesOf(theirs)) {
    const twin = own.get(node.id);
    if (!twin || was.has(node.id) || equal(twin, node)) continue;
    const to = fresh(node.id);
    theirs = renameNode(theirs, node.id, to);
    renamed.push({ from: node.id, to });
  }
  // Once more for nodes that come back: which they are is known only then.
  for (const back: Back = new Map(); ; ) {
    const found: Clash[] = [];
    const made = new Merging(choose, found, back).value(base, mine, theirs, "") as FlowValue;
    const flow = led(made, { base, mine, theirs }, choose, found);
    const more = returning(found, choose).filter(([id]) => !back.has(id));
    if (more.length === 0) return { flow, clashes: [...clashes, ...found], renamed };
    for (const [id, side] of more) back.set(id, side);
  }
}

/** Nodes that one side took away and that come back, as the other has them, with the side that took them away. What led to them comes back with them. */
type Back = Map<string, Side>;

const returning = (clashes: Clash[], choose: (path: string) => Side): [string, Side][] =>
  clashes.flatMap(({ path, base, ...sides }) => {
    const gone: Side = choose(path) === "mine" ? "theirs" : "mine";
    return isRecord(base) && typeof base.id === "string" && path === `nodes[${base.id}]` && sides[gone] === undefined ? [[base.id, gone]] : [];
  });

/** What one side leads to, and the other took away: either the node comes back, or nothing leads to it. */
function led(made: FlowValue, flows: { base: FlowValue } & Record<Side, FlowValue>, choose: (path: string) => Side, clashes: Clash[]): FlowValue {
  const of = (flow: FlowValue, id: string) => nodesOf(flow).find((node) => node.id === id);
  // What leads nowhere on one side already is not made so by the other.
  const nowhere = new Set([flows.mine, flows.theirs].flatMap((flow) => [...targetsOf(flow)].filter((to) => !of(flow, to))));
  for (;;) {
    const there = new Set(nodesOf(made).map((node) => node.id));
    const id = [...targetsOf(made)].find((to) => !there.has(to) && !nowhere.has(to) && (of(flows.mine, to) ?? of(flows.theirs, to)));
    if (id === undefined) return made;
    const path = `nodes[${id}]`;
    if (!clashes.some((one) => one.path === path)) clashes.push({ path, base: of(flows.base, id), mine: of(flows.mine, id), theirs: of(flows.theirs, id) });
    const side = flows[choose(path)];
    const node = of(side, id);
    if (!node) made = removeNode(made, id);
    else {
      const before = nodesOf(side).slice(0, nodesOf(side).indexOf(node)).findLast((one) => there.has(one.id));
      const nodes = [...nodesOf(made)];
      nodes.splice(before ? nodes.findIndex((one) => one.id === before.id) + 1 : 0, 0, node);
      made = { ...made, nodes };
    }
  }
}

class Merging {
  constructor(
    private readonly choose: (path: string) => Side,
    private readonly clashes: Clash[],
    private readonly back: Back,
  ) {}

  value(base: unknown, mine: unknown, theirs: unknown, path: string): unknown {
    const gone = this.goneFrom(base);
    const [without, other] = gone === "mine" ? [mine, theirs] : [theirs, mine];
    if (gone && without === undefined && alike(base, other)) return other;
    // What leads there may be anywhere inside.
    if (!gone && this.leadsBack(base)) {
      if (Array.isArray(base) && (Array.isArray(mine) || Array.isArray(theirs))) return this.list(base, (mine as unknown[] | undefined) ?? [], (theirs as unknown[] | undefined) ?? [], path);
      if (isRecord(base) && isRecord(mine) && isRecord(theirs) && !otherThing(base, mine, theirs)) return this.record(base, mine, theirs, path);
    }
    if (alike(mine, theirs) || alike(base, theirs)) return mine;
    if (alike(base, mine)) return theirs;
    if (isRecord(mine) && isRecord(theirs) && (isRecord(base) || base === undefined) && !otherThing(base, mine, theirs)) return this.record(base ?? {}, mine, theirs, path);
    if (Array.isArray(mine) && Array.isArray(theirs) && (Array.isArray(base) || base === undefined)) return this.list(base ?? [], mine, theirs, path);
    return this.clash({ path, base, mine, theirs });
  }

  /** Of something that leads to a node that comes back: the side that took both away. */
  private goneFrom(base: unknown): Side | undefined {
    return isRecord(base) && base.type === undefined && typeof base.to === "string" ? this.back.get(base.to) : undefined;
  }

  private leadsBack(base: unknown): boolean {
    if (this.back.size === 0 || typeof base !== "object" || base === null) return false;
    return this.goneFrom(base) !== undefined || Object.values(base).some((one) => this.leadsBack(one));
  }

  private clash(one: Clash): unknown {
    this.clashes.push(one);
    return this.choose(one.path) === "mine" ? one.mine : one.theirs;
  }

  private record(base: Record<string, unknown>, mine: Record<string, unknown>, theirs: Record<string, unknown>, path: string): unknown {
    const made: Record<string, unknown> = {};
    for (const name of new Set([...Object.keys(mine), ...Object.keys(theirs)])) {
      const value = this.value(base[name], mine[name], theirs[name], path ? `${path}.${name}` : name);
      if (value !== undefined) made[name] = value;
    }
    return made;
  }

  private list(base: unknown[], mine: unknown[], theirs: unknown[], path: string): unknown {
    const found = { mine: match(base, mine), theirs: match(base, theirs) };
    const lists = { mine, theirs };
    const at = (side: Side, was: number) => found[side].indexOf(was);
    const kept = base.map((_, was) => ({ mine: at("mine", was) >= 0, theirs: at("theirs", was) >= 0 }));
    const moved = (side: Side) => {
      const order = found[side].filter((was) => was !== undefined);
      return inOrder(order).size < order.length;
    };
    const common = (side: Side) => found[side].filter((was) => was !== undefined && kept[was]?.mine && kept[was]?.theirs);
    const both = moved("mine") && moved("theirs") && !equal(common("mine"), common("theirs"));
    // The order of a list is a part of it by itself.
    if (both) this.clashes.push({ path: `${path} (order)`, base: labels(base), mine: labels(mine), theirs: labels(theirs) });
    const leads: Side = both ? this.choose(`${path} (order)`) : moved("theirs") ? "theirs" : "mine";
    const follows: Side = leads === "mine" ? "theirs" : "mine";

    // What each item comes to, in the order of the side that leads; the other side's come after what they follow there.
    const made: { was?: number; value: unknown }[] = [];
    for (const [place, was] of found[leads].entries()) {
      if (was === undefined) made.push({ value: lists[leads][place] });
      else made.push({ was, value: this.item(base, lists, found, was, path) });
    }
    const stays = new Set(made.flatMap(({ was }) => (was === undefined ? [] : [was])));
    let after = -1;
    for (const [place, was] of found[follows].entries()) {
      if (was !== undefined && stays.has(was)) {
        after = made.findIndex((one) => one.was === was);
        continue;
      }
      const value = was === undefined ? lists[follows][place] : this.item(base, lists, found, was, path);
      // Both sides may have added the same.
      const twin = was === undefined ? made.findIndex((one) => one.was === undefined && equal(one.value, value)) : -1;
      if (twin >= 0) after = twin;
      else made.splice(++after, 0, was === undefined ? { value } : { was, value });
    }
    return made.flatMap(({ value }) => (value === undefined ? [] : [value]));
  }

  private item(base: unknown[], lists: Record<Side, unknown[]>, found: Record<Side, (number | undefined)[]>, was: number, path: string): unknown {
    const of = (side: Side) => {
      const place = found[side].indexOf(was);
      return place < 0 ? undefined : lists[side][place];
    };
    return this.value(base[was], of("mine"), of("theirs"), `${path}[${labelOf(base[was], was)}]`);
  }
}

/** An action of another type has nothing to do with what stands in its place on the other side: of both no mixture is made. */
const otherThing = (base: unknown, mine: Record<string, unknown>, theirs: Record<string, unknown>) => mine.type !== theirs.type && isRecord(base);

const labelOf = (item: unknown, place: number) => (isRecord(item) && typeof item.id === "string" ? item.id : isRecord(item) && typeof item.name === "string" && item.type === undefined ? item.name : String(place));

const labels = (list: unknown[]) => list.map(labelOf);
