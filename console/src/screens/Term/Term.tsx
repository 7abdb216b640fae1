import type { Kind } from "../../api/kinds";
import { ObjectPage } from "../../components/ObjectPage/ObjectPage";

/** A skill, or a language. */
export default function Term({ kind, id }: { kind: Kind; id: string }) {
  return <ObjectPage kind={kind} id={id} deleting={`What flows name stays. Work that asks for this ${kind.one} already is not changed.`} />;
}
