import { useMutation, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { passes } from "../../api/client";
import { type Editable, loadAnother } from "../../api/editing";
import * as queries from "../../api/queries";
import { Refusal } from "../../components/Refusal/Refusal";
import { toast } from "../../components/Toasts/toast";
import type { Draft } from "./useDraft";
import { textFor } from "./writing";

/** Puts the text of a version in the place of what is edited. */
function useReturn(draft: Draft) {
  return useMutation({
    mutationFn: async (version: number) => {
      const { text } = await textFor(await loadAnother(draft.base, version));
      draft.put({ text });
      toast("Undo brings back what was here");
    },
  });
}

/** Says that the newest version, which one edits, is not the one that is live, as after a rollback; the live one can be gone on with. */
export function NotLive({ draft, newest }: { draft: Draft; newest: Editable }) {
  const { id } = newest.flow;
  const known = useQuery(queries.flow(id)).data ?? newest.flow;
  const live = known.publishedVersion?.version;
  const behind = live !== undefined && live < newest.version;
  const was = useQuery({ ...queries.versions(id), enabled: behind }).data?.find((one) => one.version === newest.version)?.datePublished;
  const [chosen, choose] = useState(false);
  const going = useReturn(draft);
  if (chosen || draft.gone || draft.saving.state === "conflict" || !behind) return null;
  return (
    <div className="refusal" role="status">
      <p>
        <strong>Version {live} is live.</strong> You are editing version {newest.version}, the newest{was ? ": it was live before" : ""}.
      </p>
      {going.error && <Refusal error={going.error} />}
      <div className="row">
        <button className="button" disabled={going.isPending} onClick={() => going.mutate(live, { onSuccess: () => choose(true) })}>
          Edit version {live} instead
        </button>
        <button className="button" onClick={() => choose(true)}>
          Go on with version {newest.version}
        </button>
      </div>
    </div>
  );
}

/** A text that is kept in this browser alone, and stays so as it is, can be given up for what the server has. */
export function Discard({ draft }: { draft: Draft }) {
  const going = useReturn(draft);
  const { version } = draft.base;
  if (draft.gone || draft.saving.state === "conflict") return null;
  return (
    <>
      {going.error && <Refusal error={going.error} />}
      <div className="row">
        <button className="button" disabled={going.isPending} onClick={() => going.mutate(version)}>
          {version > 0 ? `Discard it for version ${version}` : "Discard it"}
        </button>
      </div>
    </>
  );
}

/** Whether the server does not take what is edited as it is, and will not. */
export const isStuck = ({ saving, gone }: Draft) => !gone && saving.state === "refused" && !passes(saving.error);
