import type { Kind } from "../../api/kinds";
import { Age } from "../../components/Age/Age";
import { ObjectList } from "../../components/ObjectList/ObjectList";

/** Skills, or languages. */
export default function Terms({ kind }: { kind: Kind }) {
  return (
    <div className="page">
      <ObjectList
        kind={kind}
        columns={[{ head: "Created", number: true, cell: (one) => <Age at={String(one.dateCreated)} /> }]}
        empty={`No ${kind.one} yet.`}
      />
    </div>
  );
}
