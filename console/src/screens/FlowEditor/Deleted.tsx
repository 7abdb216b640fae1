import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { useLocation } from "wouter";
import { useSession } from "../../app/session";
import { useTitle } from "../../app/useTitle";
import { Confirm } from "../../components/Confirm/Confirm";
import { Refusal } from "../../components/Refusal/Refusal";
import { FLOWS, Trail } from "../../components/Trail/Trail";
import { creator } from "../../edit/create";
import { edit, read } from "../../edit/edit";
import { keepText } from "../../edit/kept";
import type { Slot } from "../../edit/slot";
import { isRecord } from "../../edit/value";
import { download } from "./download";
import "../../components/Form/Form.css";

/** What this browser keeps of a flow that somebody deleted: it is on no other screen. */
export function Deleted({ slot, text }: { slot: Slot; text: string }) {
  useTitle("Deleted flow");
  const [, go] = useLocation();
  useEffect(() => slot.release, [slot]);
  return (
    <div className="page">
      <div className="page-head">
        <Trail to={[FLOWS]} />
        <h1>Deleted flow</h1>
      </div>
      <div className="panel form">
        <p>Someone deleted this flow. This browser keeps the text that you had not saved.</p>
        <div className="form-field">
          <label htmlFor="deleted-text">The text</label>
          <textarea id="deleted-text" className="input mono" rows={18} readOnly spellCheck={false} value={text} />
        </div>
        <Again text={text} slot={slot} />
        <div className="row">
          <button className="button" onClick={() => download(text, nameOf(text))}>
            Download
          </button>
          <Confirm
            label="Discard the text"
            title="Discard the text?"
            action="Discard it"
            run={async () => {
              keepText(slot.key, undefined);
              go("/flows");
            }}
          >
            It is kept nowhere else.
          </Confirm>
        </div>
      </div>
    </div>
  );
}

function nameOf(text: string): string {
  const { value } = read(text);
  return isRecord(value) && typeof value.name === "string" ? value.name : "";
}

/** A text of a deleted flow becomes a new flow, and is kept here no longer. */
export function Again({ text, slot }: { text: string; slot: Slot }) {
  const { clientId } = useSession();
  const client = useQueryClient();
  const [, go] = useLocation();
  const [typed, setName] = useState<string>();
  const [create] = useState(() => creator(clientId));
  const own = useMemo(() => nameOf(text), [text]);
  const name = typed ?? own;
  const making = useMutation({
    mutationFn: () => create(edit(text, ["name"], name.trim())),
    onSuccess: (flow) => {
      keepText(slot.key, undefined);
      void client.invalidateQueries();
      go(`/flows/${flow.id}/edit`);
    },
  });
  return (
    <form
      className="form-field"
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim()) making.mutate();
      }}
    >
      <label htmlFor="again-name">Name of the new flow</label>
      <div className="row">
        <input id="again-name" className="input" required value={name} onChange={(event) => setName(event.target.value)} />
        <button className="button primary" disabled={making.isPending || !name.trim()}>
          Create a flow from it
        </button>
      </div>
      {making.error && <Refusal error={making.error} />}
    </form>
  );
}
