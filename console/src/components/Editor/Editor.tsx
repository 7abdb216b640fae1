import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useRef, useState } from "react";
import { Link } from "wouter";
import { ApiError } from "../../api/client";
import type { Kind } from "../../api/kinds";
import { type Entity, editable, object, save, screenOf, type Tagged } from "../../api/objects";
import { SHAPES } from "../../api/shapes";
import { alike } from "../../edit/value";
import { Fault, Loading } from "../Fault/Fault";
import { FormContext } from "../Form/context";
import { covers } from "../Form/covers";
import { Members } from "../Form/Form";
import { Refusal } from "../Refusal/Refusal";
import { differing } from "../Stale/differing";
import { Stale } from "../Stale/Stale";
import { toast } from "../Toasts/toast";
import { useUnsaved } from "./useUnsaved";

interface Props {
  kind: Kind;
  parent?: string | undefined;
  /** Without one, an object is made. */
  id?: string | undefined;
  onSaved: (saved: Entity) => void;
}

/** The form of an object, made from the API's schema. What was changed by another meanwhile is not overwritten unasked. */
export function Editor({ kind, parent, id, onSaved }: Props) {
  const [turn, setTurn] = useState(0);
  const [from, setFrom] = useState<Tagged>();
  // What is edited is read once: what changes meanwhile must not take away what was typed.
  const found = useQuery({ ...object(kind, id ?? "", parent), queryKey: ["edit", kind.name, parent ?? "", id ?? "", String(turn)], enabled: id !== undefined && !from, staleTime: 0, gcTime: 0 });
  const { data, isFetching } = found;
  useEffect(() => {
    if (data && !isFetching) setFrom(data);
  }, [data, isFetching]);
  if (id !== undefined && !from) return found.error ? <Fault error={found.error} retry={() => void found.refetch()} /> : <Loading />;
  const reload = () => {
    setFrom(undefined);
    setTurn(turn + 1);
  };
  return <Opened key={turn} kind={kind} parent={parent} id={id} from={from} onSaved={onSaved} reload={reload} />;
}

function Opened({ kind, parent, id, from, onSaved, reload }: Props & { from: Tagged | undefined; reload: () => void }) {
  const shape = SHAPES[kind.name];
  const [value, setValue] = useState<Record<string, unknown>>(() => (from && shape ? editable(from.value, shape) : {}));
  const [asRead] = useState(value);
  const [note, setNote] = useState("");
  const [broken, setBroken] = useState<string[]>([]);
  const [theirs, setTheirs] = useState<Tagged>();
  const form = useRef<HTMLFormElement>(null);
  const client = useQueryClient();
  const saving = useMutation({
    mutationFn: async (etag: string | undefined) => {
      try {
        return await save({ kind, parent, id, body: value, etag, note });
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 412 || id === undefined) throw error;
        const now = await client.fetchQuery({ ...object(kind, id, parent), queryKey: ["theirs", kind.name, id], staleTime: 0 });
        // It was sent before, and the answer was lost.
        if (shape && alike(value, editable(now.value, shape))) return now.value;
        setTheirs(now);
        throw error;
      }
    },
    onSuccess: (saved) => {
      void client.invalidateQueries();
      toast(`${kind.one[0]?.toUpperCase()}${kind.one.slice(1)} saved`);
      onSaved(saved);
    },
  });
  useUnsaved(!saving.isSuccess && value !== asRead && JSON.stringify(value) !== JSON.stringify(asRead));
  const problems = useMemo(() => (saving.error instanceof ApiError ? saving.error.problems : []), [saving.error]);
  useEffect(() => {
    if (problems.length > 0) form.current?.querySelector<HTMLElement>("[aria-invalid='true']")?.focus();
  }, [problems]);
  const context = useMemo(
    () => ({
      problems,
      exists: id !== undefined,
      onBroken: (path: string, is: boolean) => setBroken((before) => (is ? [...new Set([...before, path])] : before.filter((one) => one !== path))),
    }),
    [problems, id],
  );
  if (!shape) return null;
  const labelOf = (name: string) => shape.fields.find((field) => field.name === name)?.label ?? name;
  return (
    <form
      ref={form}
      className="panel form"
      noValidate
      aria-label={id === undefined ? `New ${kind.one}` : `Edit the ${kind.one}`}
      onSubmit={(event) => {
        event.preventDefault();
        // What is typed is read when a field is left.
        (document.activeElement as HTMLElement | null)?.blur();
        setTimeout(() => form.current?.isConnected && saving.mutate(from?.etag));
      }}
    >
      <FormContext value={context}>
        <Members shape={shape} path="" value={value} onChange={setValue} top />
      </FormContext>
      {theirs && from ? (
        <Stale
          what={kind.one}
          changed={differing(from.value, theirs.value, shape.managed).map(labelOf)}
          onTheirs={() => {
            setTheirs(undefined);
            reload();
          }}
          onMine={() => {
            setTheirs(undefined);
            saving.mutate(theirs.etag);
          }}
        />
      ) : (
        saving.error && <Refusal error={saving.error} leave={(one) => covers(shape, value, one.path ?? "", id === undefined ? [] : shape.fields.flatMap((field) => (field.fixed ? [field.name] : [])))} />
      )}
      {broken.length > 0 && (
        <p className="form-problem" role="status">
          It can be saved when all JSON above is right: {broken.join(", ")}.
        </p>
      )}
      <div className="row">
        {kind.name !== "client" && (
          <div className="form-field">
            <input className="input" aria-label="Note for the audit log" placeholder="Note for the audit log (optional)" value={note} onChange={(event) => setNote(event.target.value)} />
          </div>
        )}
        <Link href={screenOf(kind, parent, id)} className="button" data-leave>
          Cancel
        </Link>
        <button className="button primary" disabled={saving.isPending || broken.length > 0}>
          {id === undefined ? `Create the ${kind.one}` : "Save"}
        </button>
      </div>
    </form>
  );
}
