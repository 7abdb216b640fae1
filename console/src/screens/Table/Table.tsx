import type { Schemas } from "../../api/client";
import { KINDS } from "../../api/kinds";
import type { Entity } from "../../api/objects";
import { columnsOf, typeOf } from "../../components/Form/Columns";
import { ObjectPage } from "../../components/ObjectPage/ObjectPage";
import { Rows } from "./Rows";
import { Versions } from "./Versions";

type Table = Entity & Schemas["DataTable"];

export default function TableScreen({ id }: { id: string }) {
  return (
    <ObjectPage<Table>
      kind={KINDS.table}
      id={id}
      leave={["schema"]}
      deleting="Its rows and their versions go with it."
      after={(one) => (
        <>
          <section className="panel">
            <header>
              <h2>Columns</h2>
            </header>
            <table className="table">
              <tbody>
                <tr>
                  <td>key</td>
                  <td className="muted">string</td>
                  <td className="muted">{one.ignoreCase ? "compared whatever the case" : "compared exactly"}</td>
                </tr>
                {columnsOf(one.schema).map(({ name, property }) => (
                  <tr key={name}>
                    <td>{name}</td>
                    <td className="muted">{typeOf(property)}</td>
                    <td className="muted">{property.default === undefined ? "" : `${JSON.stringify(property.default)} unless a row says otherwise`}</td>
                  </tr>
                ))}
              </tbody>
            </table>
          </section>
          <Versions id={id} />
        </>
      )}
    >
      {(one) => <Rows id={id} schema={one.schema} />}
    </ObjectPage>
  );
}
