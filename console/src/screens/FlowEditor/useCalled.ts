import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { KINDS } from "../../api/kinds";
import { objects } from "../../api/objects";
import * as queries from "../../api/queries";
import type { ObjectShape } from "../../api/shape";
import { useMay } from "../../app/session";
import { isRecord } from "../../components/Form/blank";
import { callsOf } from "../../edit/calls";
import type { FlowValue } from "../../edit/flow";
import { shapeOf } from "../DataAction/contract";
import type { DataAction } from "../DataActions/DataActions";

/** A data action that a flow calls, itself or by the flows that it calls. */
export interface Called {
  name: string;
  /** What it gives when it succeeds. */
  outputs: ObjectShape;
}

const folded = (name: string) => name.toLowerCase();

/** The data actions that a flow and its shared flows call, by name; undefined without the scope to read them. */
export function useCalled(flow: FlowValue): Called[] | undefined {
  const reads = useMay("routing:read");
  const calls = useMemo(() => callsOf(flow), [flow]);
  const flows = useQuery({ ...queries.flows, enabled: reads && calls.flows.length > 0 }).data;
  const shared = calls.flows.flatMap((name) => flows?.find((one) => one.id === name || folded(one.name) === folded(name))?.id ?? []);
  const uses = useQueries({ queries: shared.map((id) => ({ ...queries.usesInAll(id), enabled: reads })), combine: (found) => found.flatMap(({ data }) => data?.nodes.filter((node) => node.kind === "dataAction").map((node) => node.id) ?? []) });
  const actions = useQuery({ ...objects<DataAction>(KINDS.dataAction), enabled: reads && (calls.dataActions.length > 0 || uses.length > 0) }).data;
  return useMemo(() => {
    if (!reads) return undefined;
    const wanted = new Set([...calls.dataActions.map(folded), ...uses]);
    const found = (actions ?? []).filter((one) => wanted.has(one.id) || wanted.has(folded(one.name)));
    return found.map(({ name, contract }) => ({ name, outputs: shapeOf(isRecord(contract) && isRecord(contract.output) ? contract.output.successSchema : undefined) })).sort((one, other) => one.name.localeCompare(other.name));
  }, [reads, calls, uses, actions]);
}
