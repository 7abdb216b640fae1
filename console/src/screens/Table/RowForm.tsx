import { useMutation } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { ApiError } from "../../api/client";
import { keyOf, makeRow, putRow, row } from "../../api/tables";
import type { ObjectShape, Shape } from "../../api/shape";
import { differing } from "../../components/Editor/differing";
import { columnsOf, typeOf } from "../../components/Form/Columns";
import { FormContext } from "../../components/Form/context";
import { covers } from "../../components/Form/covers";
import { Members } from "../../components/Form/Form";
import { Refusal } from "../../components/Refusal/Refusal";

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

/** The columns that another person changed meanwhile. */
class Changed extends Error {
  constructor(columns: string[]) {
    super(`Someone else changed this row while you were editing: ${columns.join(", ")}.`);
  }
}

export function RowForm({ id, schema, open, reads, onDone, onClose }: Props) {
  const shape = useMemo(() => rowShape(schema), [schema]);
  const [key, setKey] = useState(open.key);
  const [value, setValue] = useState(() => Object.fromEntries(Object.entries(open.row).filter(([name]) => name.toLowerCase() !== "key")));
  const [broken, setBroken] = useState<string[]>([]);
  const saving = useMutation({
    mutationFn: async (over: boolean) => {
      if (open.isNew) return await makeRow(id, { ...value, key });
      // The revision is that of all rows: whether this one changed is seen by reading it again.
      const now = await row(id, key);
      const changed = differing(open.row, now.row, ["selfUri"]);
      if (changed.length > 0 && !over) throw new Changed(changed);
      return await putRow(id, key, { ...value, key: keyOf(open.row) }, now.etag);
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
      {saving.error && <Refusal error={saving.error} leave={(one) => covers(shape, value, one.path ?? "")} />}
      <div className="row">
        <button type="button" className="button" onClick={onClose}>
          {reads ? "Close" : "Cancel"}
        </button>
        {saving.error instanceof Changed && (
          <button type="button" className="button danger" onClick={() => saving.mutate(true)}>
            Overwrite with mine
          </button>
        )}
        {!reads && (
          <button className="button primary" disabled={saving.isPending || broken.length > 0 || key === ""}>
            Save the row
          </button>
        )}
      </div>
    </form>
  );
}
