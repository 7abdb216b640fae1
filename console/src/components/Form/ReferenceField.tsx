import { useQuery } from "@tanstack/react-query";
import { kindOf } from "../../api/kinds";
import { type Entity, objects } from "../../api/objects";
import { flows } from "../../api/queries";
import { useMay } from "../../app/session";
import { isRecord } from "./blank";
import { Field, type Widget } from "./Field";

const FLOWS = { ...flows, queryKey: flows.queryKey as readonly unknown[], queryFn: flows.queryFn as never };

/** Another object, chosen from those that there are. Without the scope to list them, its id or name is typed. */
export function ReferenceField({ to, by, ...widget }: Widget & { to: string; by: "id" | "name" }) {
  const kind = kindOf(to);
  const may = useMay(kind?.read ?? "flow:read");
  const query = kind ? objects<Entity>(kind) : FLOWS;
  const list = useQuery({ ...(query as ReturnType<typeof objects<Entity>>), enabled: may });
  const named = isRecord(widget.value) ? widget.value : { [by]: widget.value };
  const chosen = (list.data ?? []).find((one) => (named.id ? one.id === named.id : one.name === named.name));
  const value = chosen ? String(chosen[by]) : String(named[by] ?? named.name ?? named.id ?? "");
  const take = (next: string) => widget.onChange(next === "" ? undefined : by === "id" ? { id: next } : next);
  const note = may && list.data?.length === 0 && <p className="form-help">There is none yet.</p>;
  return (
    <Field {...widget} note={note}>
      {(wiring) =>
        may ? (
          <select {...wiring} className="input" value={value} onChange={(event) => take(event.target.value)}>
            <option value="">{widget.required ? "Choose" : "None"}</option>
            {!chosen && value !== "" && <option value={value}>{String(named.name ?? value)}</option>}
            {(list.data ?? []).map((one) => (
              <option key={one.id} value={String(one[by])}>
                {one.name}
              </option>
            ))}
          </select>
        ) : (
          <input
            {...wiring}
            className="input"
            placeholder={by === "id" ? "Its id" : "Its name"}
            spellCheck={false}
            value={value}
            onChange={(event) => take(event.target.value)}
          />
        )
      }
    </Field>
  );
}
