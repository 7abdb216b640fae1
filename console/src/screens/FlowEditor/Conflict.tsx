import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { type Editable, ownOf } from "../../api/editing";
import * as queries from "../../api/queries";
import { Differences, groupsOf, written } from "../../components/Differences/Differences";
import { Loading } from "../../components/Fault/Fault";
import type { FlowValue } from "../../edit/flow";
import { type Clash, merge, type Side } from "../../edit/merge";
import { withOwn } from "../../edit/own";
import type { Draft } from "./useDraft";

/** Someone else saved a draft meanwhile. Both are brought together, or one is taken: theirs is a version, and mine is in the undo of this page. */
export function Conflict({ id, draft, theirs }: { id: string; draft: Draft; theirs: Editable }) {
  const from = draft.base.version;
  const diff = useQuery({ ...queries.flowDiff(id, from, theirs.version), enabled: from > 0 && from !== theirs.version });
  const base = useQuery({ ...queries.flowDocument(id, from), enabled: from > 0 });
  const [choices, setChoices] = useState<Record<string, Side>>({});
  const readable = draft.broken === undefined && draft.odd === undefined;
  const merged = useMemo(() => {
    if (!readable || (from > 0 && !base.data)) return undefined;
    // What the flow is called is no version's.
    const own = (flow: unknown, typed: string[]) => withOwn(flow as FlowValue, ownOf(theirs), typed);
    return merge(own(base.data ?? {}, []), own(draft.flow, draft.undrafted), own(theirs.document, []), (path) => choices[path] ?? "mine");
  }, [readable, from, base.data, draft.flow, draft.undrafted, theirs, choices]);
  const open = merged?.clashes.filter(({ path }) => !choices[path]).length ?? 0;
  const found = diff.data?.differences;
  return (
    <div className="refusal conflict">
      <p role="alert">
        <strong>Someone else changed this flow while you were editing: version {theirs.version}.</strong> Neither is lost: theirs stays among the versions, and undo brings yours back.
      </p>
      {diff.isLoading ? <Loading /> : found && found.length > 0 ? <Differences groups={groupsOf(found, (node) => node)} picked={undefined} onPick={() => {}} /> : <p>What they changed: {diff.error ? "not known" : "nothing that means anything"}.</p>}
      {merged && merged.clashes.length > 0 && (
        <>
          <p>
            <strong>{merged.clashes.length === 1 ? "One part was changed by both of you" : `${merged.clashes.length} parts were changed by both of you`}:</strong> choose whose it is. Everything else fits together.
          </p>
          {merged.clashes.map((one) => (
            <Choice key={one.path} clash={one} chosen={choices[one.path]} onChoose={(side) => setChoices({ ...choices, [one.path]: side })} />
          ))}
        </>
      )}
      {merged && merged.clashes.length === 0 && <p>Your changes and theirs fit together.</p>}
      {merged?.renamed.map(({ from, to }) => (
        <p key={from}>
          Both of you made a node <code>{from}</code>: theirs becomes <code>{to}</code>.
        </p>
      ))}
      {!readable && <p>Both can be brought together once the YAML can be read.</p>}
      <div className="row">
        <button className="button primary" disabled={!merged || open > 0} onClick={() => merged && draft.takeBoth(theirs, merged.flow)}>
          Bring both together
        </button>
        <button className="button" onClick={() => draft.useTheirs(theirs)}>
          Go on with theirs
        </button>
        <button className="button danger" onClick={() => draft.keepMine(theirs)}>
          Save mine over theirs
        </button>
      </div>
    </div>
  );
}

const SIDES: Record<Side, string> = { mine: "Mine", theirs: "Theirs" };

function Choice({ clash, chosen, onChoose }: { clash: Clash; chosen: Side | undefined; onChoose: (side: Side) => void }) {
  return (
    <fieldset className="clash">
      <legend>
        <code>{clash.path}</code>
      </legend>
      {(["mine", "theirs"] as const).map((side) => (
        <label key={side} className={chosen === side ? "chosen" : undefined}>
          <input type="radio" name={clash.path} checked={chosen === side} onChange={() => onChoose(side)} />
          <span>
            {SIDES[side]}
            <pre>{clash[side] === undefined ? "(taken away)" : written(clash[side])}</pre>
          </span>
        </label>
      ))}
    </fieldset>
  );
}
