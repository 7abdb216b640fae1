import { useQuery } from "@tanstack/react-query";
import type { Editable } from "../../api/editing";
import * as queries from "../../api/queries";
import { Differences, groupsOf } from "../../components/Differences/Differences";
import { Loading } from "../../components/Fault/Fault";
import type { Draft } from "./useDraft";

/** Someone else saved a draft meanwhile. Both stay: theirs is a version, and ours is in the undo of this page. */
export function Conflict({ id, draft, theirs }: { id: string; draft: Draft; theirs: Editable }) {
  const diff = useQuery({ ...queries.flowDiff(id, draft.base.version, theirs.version), enabled: draft.base.version > 0 && draft.base.version !== theirs.version });
  const found = diff.data?.differences;
  return (
    <div className="refusal conflict" role="alert">
      <p>
        <strong>Someone else changed this flow while you were editing: version {theirs.version}.</strong> Neither is lost: theirs stays among the versions, and undo brings yours back.
      </p>
      {diff.isLoading ? <Loading /> : found && found.length > 0 ? <Differences groups={groupsOf(found, (node) => node)} picked={undefined} onPick={() => {}} /> : <p>What they changed: {diff.error ? "not known" : "nothing that means anything"}.</p>}
      <div className="row">
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
