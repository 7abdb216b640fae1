import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { ApiError } from "../../api/client";
import { describe, loadDescription } from "../../api/editing";
import * as queries from "../../api/queries";
import { useUnsaved } from "../../components/Editor/useUnsaved";
import { Fault, Loading } from "../../components/Fault/Fault";
import { Field } from "../../components/Form/Field";
import { Refusal } from "../../components/Refusal/Refusal";
import { differing } from "../../components/Stale/differing";
import { Stale } from "../../components/Stale/Stale";
import { toast } from "../../components/Toasts/toast";

type Described = Awaited<ReturnType<typeof loadDescription>>;

/** A flow's name and description. Neither is a version's: both change for every version, and what calls the flow goes on calling it. */
export function Describe({ id, close }: { id: string; close: () => void }) {
  // Read once: what others do meanwhile comes as a conflict.
  const client = useQueryClient();
  const key = ["describing", id];
  const from = useQuery({ queryKey: key, queryFn: ({ signal }) => loadDescription(id, signal), staleTime: "static", gcTime: 0 });
  if (from.error) return <Fault error={from.error} retry={() => void from.refetch()} />;
  if (!from.data) return <Loading />;
  return <Form key={from.data.etag} id={id} from={from.data} close={close} reload={(theirs) => client.setQueryData(key, theirs)} />;
}

/** What the form is about, and what it calls it. */
const described = ({ flow: { name, description } }: Described) => ({ name, description });
const LABELS: Record<string, string> = { name: "Name", description: "Description" };

function Form({ id, from, close, reload }: { id: string; from: Described; close: () => void; reload: (theirs: Described) => void }) {
  const [name, setName] = useState(from.flow.name);
  const [description, setDescription] = useState(from.flow.description ?? "");
  const [note, setNote] = useState("");
  const [theirs, setTheirs] = useState<Described>();
  const client = useQueryClient();
  const users = useQuery(queries.related(id, "usedby")).data?.nodes.filter((node) => node.id !== id) ?? [];
  const saving = useMutation({
    mutationFn: async (etag: string) => {
      try {
        await describe(id, { name, description }, etag, note);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 412) throw error;
        const now = await loadDescription(id);
        // It was sent before, and the answer was lost.
        if (now.flow.name === name && (now.flow.description ?? "") === description) return;
        setTheirs(now);
        throw error;
      }
    },
    onSuccess: () => {
      void client.invalidateQueries();
      toast("Flow saved");
      close();
    },
  });
  const changed = name !== from.flow.name || description !== (from.flow.description ?? "");
  useUnsaved(changed && !saving.isSuccess);
  return (
    <form
      className="panel form"
      aria-label="Name and description"
      onSubmit={(event) => {
        event.preventDefault();
        saving.mutate(from.etag);
      }}
    >
      <Field path="name" label="Name" required>
        {(wiring) => <input {...wiring} className="input" autoFocus required value={name} onChange={(event) => setName(event.target.value)} />}
      </Field>
      <Field path="description" label="Description">
        {(wiring) => <textarea {...wiring} className="input" rows={3} value={description} onChange={(event) => setDescription(event.target.value)} />}
      </Field>
      <p className="form-help">
        {users.length === 0
          ? "Nothing uses this flow."
          : `${listed(users.map((one) => `${one.kind} ${one.name}`))} ${users.length === 1 ? "uses" : "use"} this flow by its id and ${users.length === 1 ? "keeps" : "keep"} working. Their documents show the new name.`}{" "}
        Files in a project folder have the old name until you change it there.
      </p>
      {theirs ? (
        <Stale
          what="flow"
          changed={differing(described(from), described(theirs), []).map((member) => LABELS[member] ?? member)}
          onTheirs={() => reload(theirs)}
          onMine={() => {
            setTheirs(undefined);
            saving.mutate(theirs.etag);
          }}
        />
      ) : (
        saving.error && <Refusal error={saving.error} />
      )}
      <div className="row">
        <div className="form-field">
          <input className="input" aria-label="Note" placeholder="Why? For the flow's history (optional)" value={note} onChange={(event) => setNote(event.target.value)} />
        </div>
        <button type="button" className="button" onClick={close}>
          Cancel
        </button>
        <button className="button primary" disabled={saving.isPending || !changed || name.trim() === ""}>
          Save
        </button>
      </div>
    </form>
  );
}

/** A few by name, and how many more. */
function listed(names: string[]): string {
  const shown = names.slice(0, 5);
  const more = names.length - shown.length;
  const last = more > 0 ? `${more} more` : shown.length > 1 ? shown.pop() : undefined;
  return last ? `${shown.join(", ")} and ${last}` : shown.join(", ");
}
