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
      badges={(one) => !one.dateValueSet && <Badge tone="bad">value lost: set it again</Badge>}
      deleting="Its value is lost. It can't be deleted while a mailbox or data action names it."
    >
      {() => (
        <p className="muted">
          Its value is never shown. To rotate it, <Link href={`/secrets/${id}/edit`}>edit the secret</Link> and enter a new value: the next request uses it.
        </p>
      )}
    </ObjectPage>
  );
}
