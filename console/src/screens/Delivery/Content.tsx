import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { deliveryContent, putContent } from "../../api/deliveries";
import type { Delivery } from "../../api/queries";
import { useMay } from "../../app/session";
import { Fault, Loading } from "../../components/Fault/Fault";
import { Refusal } from "../../components/Refusal/Refusal";
import { toast } from "../../components/Toasts/toast";

/** What is sent, word for word. A dead letter's can be mended, then retried. */
export function Content({ one }: { one: Delivery }) {
  const found = useQuery(deliveryContent(one.id));
  const [edited, edit] = useState<string>();
  const client = useQueryClient();
  const saving = useMutation({
    mutationFn: (text: string) => putContent(one.id, text),
    onSuccess: () => {
      edit(undefined);
      toast("The content is saved. Retry it to send it");
      void client.invalidateQueries({ queryKey: ["delivery", one.id] });
    },
  });
  const mends = useMay("email:write") && one.state === "dead" && one.kind !== "webhook" && found.data?.whole === true;
  return (
    <section className="panel">
      <header>
        <h2>Content</h2>
        {mends && edited === undefined && (
          <button className="button" onClick={() => edit(found.data?.text ?? "")}>
            Edit the content
          </button>
        )}
      </header>
      {found.error ? (
        <Fault error={found.error} />
      ) : !found.data ? (
        <Loading />
      ) : edited !== undefined ? (
        <form
          className="delivery-edit"
          aria-label="Edit the content"
          onSubmit={(event) => {
            event.preventDefault();
            saving.mutate(edited);
          }}
        >
          <textarea className="input" rows={20} aria-label="Content" spellCheck={false} value={edited} onChange={(event) => edit(event.target.value)} />
          {saving.error && <Refusal error={saving.error} />}
          <div className="row">
            <button type="button" className="button" onClick={() => edit(undefined)}>
              Cancel
            </button>
            <button className="button primary" disabled={saving.isPending}>
              Save the content
            </button>
          </div>
        </form>
      ) : (
        <>
          <pre className="delivery-content" tabIndex={0} role="group" aria-label="Content">
            {found.data.text}
          </pre>
          {!found.data.whole && <p className="empty">There is more than is shown.</p>}
        </>
      )}
    </section>
  );
}
