import { AlertDialog } from "@base-ui/react/alert-dialog";
import { useMutation } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { importRows } from "../../api/tables";
import "../../components/Confirm/Confirm.css";
import { Refusal } from "../../components/Refusal/Refusal";

/** Replaces the rows by those of a CSV file, once it is confirmed. */
export function Import({ id, onDone }: { id: string; onDone: (what: string) => void }) {
  const [file, setFile] = useState<File>();
  const [note, setNote] = useState("");
  const chooser = useRef<HTMLInputElement>(null);
  const importing = useMutation({
    mutationFn: (chosen: File) => importRows(id, chosen, note),
    onSuccess: ({ added, changed, removed, same }) => {
      setFile(undefined);
      onDone(`Imported: ${added} added, ${changed} changed, ${removed} removed, ${same} the same`);
    },
  });
  return (
    <>
      <button className="button" onClick={() => chooser.current?.click()}>
        Import CSV
      </button>
      <input
        ref={chooser}
        type="file"
        accept=".csv,text/csv"
        hidden
        aria-label="CSV file"
        onChange={(event) => {
          importing.reset();
          setFile(event.target.files?.[0]);
          // The same file can be chosen again.
          event.target.value = "";
        }}
      />
      <AlertDialog.Root open={file !== undefined} onOpenChange={(open) => open || setFile(undefined)}>
        <AlertDialog.Portal>
          <AlertDialog.Backdrop className="dialog-backdrop" />
          <AlertDialog.Popup className="dialog">
            <AlertDialog.Title className="dialog-title">Replace all rows?</AlertDialog.Title>
            <AlertDialog.Description className="dialog-text">
              The rows of {file?.name} take the place of those that are there. If a line is bad, nothing changes. The version before can be read for 30 days.
            </AlertDialog.Description>
            <input className="input" aria-label="Note for the version" placeholder="Note for the version (optional)" value={note} onChange={(event) => setNote(event.target.value)} />
            {importing.error && <Refusal error={importing.error} />}
            <div className="dialog-end">
              <AlertDialog.Close className="button">Cancel</AlertDialog.Close>
              <button className="button danger" disabled={importing.isPending} onClick={() => file && importing.mutate(file)}>
                {importing.isPending ? "Importing…" : "Replace them"}
              </button>
            </div>
          </AlertDialog.Popup>
        </AlertDialog.Portal>
      </AlertDialog.Root>
    </>
  );
}
