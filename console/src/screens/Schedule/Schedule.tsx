import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { KINDS } from "../../api/kinds";
import { type Entity } from "../../api/objects";
import { setEmergency } from "../../api/schedules";
import { useMay } from "../../app/session";
import { Confirm } from "../../components/Confirm/Confirm";
import { isRecord } from "../../components/Form/blank";
import { ObjectPage } from "../../components/ObjectPage/ObjectPage";
import { Refusal } from "../../components/Refusal/Refusal";
import { toast } from "../../components/Toasts/toast";
import { Now } from "../Schedules/Schedules";
import { Week } from "./Week";

export default function ScheduleScreen({ id }: { id: string }) {
  return (
    <ObjectPage kind={KINDS.schedule} id={id} leave={["emergency"]} badges={(one) => <Now id={id} zone={String(one.timeZone ?? "UTC")} />} deleting="It can't be deleted while a published flow asks it." actions={(one) => <Emergency one={one} />}>
      {(one) => <Week id={id} zone={String(one.timeZone ?? "UTC")} revision={String(one.dateModified)} />}
    </ObjectPage>
  );
}

/** The switch that comes before everything else that a schedule says. */
function Emergency({ one }: { one: Entity }) {
  const active = isRecord(one.emergency) && one.emergency.active === true;
  const [reason, setReason] = useState("");
  const client = useQueryClient();
  const change = async (on: boolean) => {
    await setEmergency(one.id, on, reason.trim());
    toast(on ? "Emergency is on" : "Emergency is off");
    await client.invalidateQueries();
  };
  const off = useMutation({ mutationFn: () => change(false) });
  if (!useMay("routing:write")) return null;
  if (active) {
    return (
      <>
        {off.error && <Refusal error={off.error} />}
        <button className="button danger" onClick={() => off.mutate()}>
          End the emergency
        </button>
      </>
    );
  }
  return (
    <Confirm label="Emergency" title={`Switch ${one.name} to emergency?`} action="Switch it on" run={() => change(true)}>
      <span>The schedule says emergency until it is switched off: neither open hours nor holidays count. It is not undone by time.</span>
      <input className="input" aria-label="Reason" placeholder="Reason, such as: power cut" maxLength={200} value={reason} onChange={(event) => setReason(event.target.value)} />
    </Confirm>
  );
}
