import { KINDS } from "../../api/kinds";
import { Age } from "../../components/Age/Age";
import { ObjectList } from "../../components/ObjectList/ObjectList";

export default function Domains() {
  return (
    <div className="page">
      <ObjectList
        kind={KINDS.domain}
        columns={[{ head: "Created", number: true, cell: (one) => <Age at={String(one.dateCreated)} /> }]}
        empty="No domain yet: no mail is accepted by SMTP. Make one, then a route below it."
      />
    </div>
  );
}
