import type { Kind } from "../../api/kinds";
import { ObjectPage } from "../../components/ObjectPage/ObjectPage";

/** A skill, or a language. */
export default function Term({ kind, id }: { kind: Kind; id: string }) {
  return <ObjectPage kind={kind} id={id} deleting={`It can't be deleted while a published flow names it. Work that already asks for this ${kind.one} is not changed.`} />;
}
