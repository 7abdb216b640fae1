import type { Schemas } from "../../api/client";
import { KINDS } from "../../api/kinds";
import type { Entity } from "../../api/objects";
import { Age } from "../../components/Age/Age";
import { columnsOf } from "../../components/Form/Columns";
import { ObjectList } from "../../components/ObjectList/ObjectList";

type Table = Entity & Schemas["DataTable"];

export default function Tables() {
  return (
    <div className="page">
      <ObjectList<Table>
        kind={KINDS.table}
        columns={[
          { head: "Description", wide: true, cell: (one) => <span className="muted">{one.description}</span> },
          { head: "Columns", cell: (one) => columnsOf(one.schema).map((column) => column.name).join(", ") },
          { head: "Changed", number: true, cell: (one) => <Age at={one.dateModified} /> },
        ]}
        empty="No table yet. Make one with the columns that flows need, then import a CSV file."
      />
    </div>
  );
}
