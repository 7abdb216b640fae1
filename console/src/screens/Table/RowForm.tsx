import { useMutation } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { ApiError } from "../../api/client";
import { keyOf, makeRow, putRow, row } from "../../api/tables";
import type { ObjectShape, Shape } from "../../api/shape";
import { columnsOf, typeOf } from "../../components/Form/Columns";
import { FormContext } from "../../components/Form/context";
import { covers } from "../../components/Form/covers";
import { Members } from "../../components/Form/Form";
import { alike } from "../../edit/value";
import { Refusal } from "../../components/Refusal/Refusal";
import { differing } from "../../components/Stale/differing";
import { Stale } from "../../components/Stale/Stale";

interface Props {
  id: string;
  schema: unknown;
  open: { key: string; row: Record<string, unknown>; isNew: boolean };
  /** Whether it is only looked at. */
  reads: boolean;
  onDone: (what: string) => void;
  onClose: () => void;
}

const SHAPES: Record<string, Shape> = {
  integer: { kind: "number", integer: true },
  number: { kind: "number", integer: false },
  boolean: { kind: "boolean" },
  json: { kind: "json" },
  "list<string>": { kind: "list", item: { kind: "text" }, one: "text" },
};

/** The form of one row, made from the table's columns. A member that is left out reads as the column's default. */
export function rowShape(schema: unknown): ObjectShape {
  return {
    kind: "object",
    fields: columnsOf(schema).map(({ name, property }) => {
      const type = typeOf(property);
      const ifLeftOut = property.default === undefined ? "" : `; ${JSON.stringify(property.default)} if left out`;
      return { name, label: name, help: `${type}${ifLeftOut}`, required: false, shape: SHAPES[type] ?? { kind: "text" } };
    }),
  };
}

/** The row as another person changed it meanwhile, and which columns. */
class Changed extends Error {
  constructor(
    readonly theirs: Record<string, unknown>,
    readonly columns: string[],
  ) {
    super("the row was changed meanwhile");
  }
}

const withoutKey = (row: Record<string, unknown>) => Object.fromEntries(Object.entries(row).filter(([name]) => name.toLowerCase() !== "key"));

export function RowForm({ id, schema, open, reads, onDone, onClose }: Props) {
  const shape = useMemo(() => rowShape(schema), [schema]);
  const [key, setKey] = useState(open.key);
  const [base, setBase] = useState(open.row);
  const [value, setValue] = useState(() => withoutKey(open.row));
  const [broken, setBroken] = useState<string[]>([]);
  const saving = useMutation({
    mutationFn: async (over: boolean) => {
      if (open.isNew) return await makeRow(id, { ...value, key });
      // The revision is that of all rows: whether this one changed is seen by reading it again.
      const now = await row(id, key);
      const changed = differing(base, now.row, ["selfUri"]);
      // It was sent before, and the answer was lost.
      if (changed.length > 0 && alike(withoutKey(now.row), value)) return;
      if (changed.length > 0 && !over) throw new Changed(now.row, changed);
      return await putRow(id, key, { ...value, key: keyOf(base) }, now.etag);
    },
    onSuccess: () => onDone(`Row ${key} saved`),
    retry: (failures, error) => error instanceof ApiError && error.status === 412 && failures < 3,
  });
  const problems = saving.error instanceof ApiError ? saving.error.problems : [];
  const onBroken = (path: string, is: boolean) => setBroken((before) => (is ? [...new Set([...before, path])] : before.filter((one) => one !== path)));
  return (
    <form
      className="form row-form"
      noValidate
      aria-label={open.isNew ? "New row" : `Row ${open.key}`}
      onSubmit={(event) => {
        event.preventDefault();
        (document.activeElement as HTMLElement | null)?.blur();
        setTimeout(() => saving.mutate(false));
      }}
    >
      <fieldset className="row-fields" disabled={reads}>
        <div className="form-field">
          <label htmlFor="row-key">key</label>
          <input id="row-key" className="input" value={key} autoFocus={open.isNew} readOnly={!open.isNew} spellCheck={false} onChange={(event) => setKey(event.target.value)} />
        </div>
        <FormContext value={{ problems, exists: true, onBroken }}>
          <Members shape={shape} path="" value={value} onChange={setValue} />
        </FormContext>
      </fieldset>
      {saving.error instanceof Changed ? (
        <Stale
          what="row"
          changed={saving.error.columns}
          onTheirs={() => {
            const { theirs } = saving.error as Changed;
            setBase(theirs);
            setValue(withoutKey(theirs));
            saving.reset();
          }}
          onMine={() => saving.mutate(true)}
        />
      ) : (
        saving.error && <Refusal error={saving.error} leave={(one) => covers(shape, value, one.path ?? "")} />
      )}
      <div className="row">
        <button type="button" className="button" onClick={onClose}>
          {reads ? "Close" : "Cancel"}
        </button>
        {!reads && (
          <button className="button primary" disabled={saving.isPending || broken.length > 0 || key === ""}>
            Save the row
          </button>
        )}
      </div>
    </form>
  );
}
