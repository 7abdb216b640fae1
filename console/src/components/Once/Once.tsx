import { AlertDialog } from "@base-ui/react/alert-dialog";
import { useState } from "react";
import "../Confirm/Confirm.css";
import "./Once.css";

/** A secret that the server shows once. It is nowhere when the dialog is closed. `client` is the id that it is used with. */
export function Once({ secret, of, client, onClose }: { secret: string | undefined; of: string; client?: string | undefined; onClose: () => void }) {
  const [copied, setCopied] = useState("");
  const copy = async (text: string) => {
    try {
      await navigator.clipboard.writeText(text);
      setCopied("Copied.");
    } catch {
      // Browsers allow it on pages that came by TLS, or from this machine.
      setCopied("This browser does not let it be copied: select the text.");
    }
  };
  return (
    <AlertDialog.Root open={secret !== undefined} onOpenChange={(open) => open || onClose()}>
      <AlertDialog.Portal>
        <AlertDialog.Backdrop className="dialog-backdrop" />
        <AlertDialog.Popup className="dialog">
          <AlertDialog.Title className="dialog-title">The secret of {of}</AlertDialog.Title>
          <AlertDialog.Description className="dialog-text">Shown once. Copy it now: nobody can read it later.</AlertDialog.Description>
          {client && (
            <p>
              Client id <code>{client}</code>
            </p>
          )}
          <code className="once-secret" tabIndex={0}>
            {secret}
          </code>
          <div className="dialog-end">
            <span role="status">{copied}</span>
            <button className="button" onClick={() => void copy(secret ?? "")}>
              Copy
            </button>
            <AlertDialog.Close className="button primary">Done</AlertDialog.Close>
          </div>
        </AlertDialog.Popup>
      </AlertDialog.Portal>
    </AlertDialog.Root>
  );
}
