import { isRecord } from "../../components/Form/blank";
import { members } from "./contract";

/** What a data action takes and gives, as its schemas say. */
export function Contract({ contract }: { contract: unknown }) {
  const side = (one: unknown, schema: string) => (isRecord(one) ? one[schema] : undefined);
  const sides = isRecord(contract) ? [["Takes", side(contract.input, "inputSchema")] as const, ["Gives", side(contract.output, "successSchema")] as const] : [];
  return (
    <section className="panel">
      <header>
        <h2>Contract</h2>
      </header>
      <table className="table">
        <tbody>
          {sides.flatMap(([word, schema]) => {
            const found = members(schema);
            if (found.length === 0) return [<tr key={word}><td className="muted">{word}</td><td colSpan={2} className="muted">nothing that is named</td></tr>];
            return found.map((one, place) => (
              <tr key={`${word} ${one.name}`}>
                <td className="muted">{place === 0 && word}</td>
                <td>
                  {one.name} {one.required && <span className="muted">required</span>}
                </td>
                <td className="muted">{one.type}</td>
              </tr>
            ));
          })}
        </tbody>
      </table>
    </section>
  );
}
