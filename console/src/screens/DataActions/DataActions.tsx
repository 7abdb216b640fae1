import type { Schemas } from "../../api/client";
import { KINDS } from "../../api/kinds";
import type { Entity } from "../../api/objects";
import { Age } from "../../components/Age/Age";
import { ObjectList } from "../../components/ObjectList/ObjectList";

export type DataAction = Entity & Schemas["DataAction"];

export default function DataActions() {
  return (
    <div className="page">
      <ObjectList<DataAction>
        kind={KINDS.dataAction}
        columns={[
          { head: "Category", wide: true, cell: (one) => one.category ?? <span className="muted">–</span> },
          { head: "Version", number: true, cell: (one) => one.version },
          { head: "Changed", number: true, cell: (one) => <Age at={one.dateModified} /> },
        ]}
        empty={
          <>
            No data action yet. <code>waypost data-actions create FILE</code> takes a file that Genesys Cloud exported; a form makes one here.
          </>
        }
      />
    </div>
  );
}
