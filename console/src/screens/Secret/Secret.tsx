import { Link } from "wouter";
import { KINDS } from "../../api/kinds";
import { Badge } from "../../components/Badge/Badge";
import { ObjectPage } from "../../components/ObjectPage/ObjectPage";
import type { Secret } from "../Secrets/Secrets";

export default function SecretScreen({ id }: { id: string }) {
  return (
    <ObjectPage<Secret>
      kind={KINDS.secret}
      id={id}
      badges={(one) => !one.dateValueSet && <Badge tone="bad">its value is to be set again</Badge>}
      deleting="Its value is gone then. What mailboxes and data actions name stays."
    >
      {() => (
        <p className="muted">
          Nothing reads its value. To rotate it, <Link href={`/secrets/${id}/edit`}>edit the secret</Link> and give another: it is used from the next request on.
        </p>
      )}
    </ObjectPage>
  );
}
