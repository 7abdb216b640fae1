import { AlertDialog } from "@base-ui/react/alert-dialog";
import { useMutation } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { ApiError } from "../../api/client";
import { Refusal } from "../Refusal/Refusal";
import "./Confirm.css";

interface Props {
  /** The button that asks. */
  label: ReactNode;
  title: string;
  children: ReactNode;
  /** The button that does it. */
  action: string;
  run: () => Promise<unknown>;
  quiet?: boolean;
  disabled?: boolean;
  /** Whether it destroys something. */
  danger?: boolean;
}

/** A button whose action is asked about first. What the server refuses is said in the dialog, which stays open. */
export function Confirm({ label, title, children, action, run, quiet = false, disabled = false, danger = true }: Props) {
  const [open, setOpen] = useState(false);
  const doing = useMutation({ mutationFn: run, onSuccess: () => setOpen(false) });
  // What stands in the way must be gone first: asking again changes nothing.
  const refused = doing.error instanceof ApiError && doing.error.status === 409;
  return (
    <AlertDialog.Root
      open={open}
      onOpenChange={(next) => {
        doing.reset();
        setOpen(next);
      }}
    >
      <AlertDialog.Trigger className={quiet ? "button quiet" : "button"} disabled={disabled}>
        {label}
      </AlertDialog.Trigger>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="dialog-backdrop" />
        <AlertDialog.Popup className="dialog">
          <AlertDialog.Title className="dialog-title">{title}</AlertDialog.Title>
          <AlertDialog.Description render={<div />} className="dialog-text">
            {children}
          </AlertDialog.Description>
          {doing.error && <Refusal error={doing.error} />}
          <div className="dialog-end">
            <AlertDialog.Close className="button">{doing.error ? "Close" : "Cancel"}</AlertDialog.Close>
            {!refused && <button className={danger ? "button danger" : "button primary"} disabled={doing.isPending} onClick={() => doing.mutate()}>
              {action}
            </button>}
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
