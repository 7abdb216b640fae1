import { useId, type ReactNode } from "react";
import { useForm, useProblems } from "./context";
import { sentence } from "./paths";

/** What every widget is told. */
export interface Widget {
  path: string;
  label: string;
  help?: string | undefined;
  required?: boolean | undefined;
  value: unknown;
  onChange: (value: unknown) => void;
}

interface Wiring {
  id: string;
  "aria-describedby"?: string | undefined;
  "aria-invalid"?: true | undefined;
}

/** A label, a control, what it is for, and what is wrong with it. */
export function Field({ path, label, help, required, note, children }: Pick<Widget, "path" | "label" | "help" | "required"> & { note?: ReactNode; children: (wiring: Wiring) => ReactNode }) {
  const id = useId();
  const problems = useProblems(path, true);
  const source = useForm().flow?.source(path);
  const described = [note && `${id}-note`, help && `${id}-help`, problems.length > 0 && `${id}-problem`].filter(Boolean).join(" ");
  return (
    <div className="form-field" data-path={path}>
      <label htmlFor={id}>
        {label} {!required && <span className="muted optional">optional</span>}
      </label>
      {source !== undefined && (
        <code className="form-source" title={source}>
          {source}
        </code>
      )}
      {children({ id, "aria-describedby": described || undefined, "aria-invalid": problems.length > 0 || undefined })}
      {note && <div id={`${id}-note`}>{note}</div>}
      {help && (
        <p id={`${id}-help`} className="form-help">
          <Prose text={help} />
        </p>
      )}
      <div id={`${id}-problem`}>
        {problems.map((one, place) => (
          <p key={place} className="form-problem">
            <Prose text={sentence(one)} />
          </p>
        ))}
      </div>
    </div>
  );
}

/** Text with `code` in it. */
export function Prose({ text }: { text: string }) {
  return text.split("`").map((part, place) => (place % 2 === 1 ? <code key={place}>{part}</code> : part));
}

/** A group of controls under one name, with what is wrong with the group itself. */
export function Group({ path, label, help, required = true, end, children }: Pick<Widget, "path" | "label" | "help" | "required"> & { end?: ReactNode; children: ReactNode }) {
  const problems = useProblems(path, false);
  return (
    <fieldset className="form-group" data-path={path}>
      <legend>
        {label} {!required && <span className="muted optional">optional</span>}
      </legend>
      {(help || end) && (
        <div className="form-group-head">
          <p className="form-help">{help && <Prose text={help} />}</p>
          {end}
        </div>
      )}
      {problems.map((one, place) => (
        <p key={place} className="form-problem" role="alert">
          <Prose text={sentence(one)} />
        </p>
      ))}
      {children}
    </fieldset>
  );
}
