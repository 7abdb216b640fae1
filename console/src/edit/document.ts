import { type Document, isAlias, isScalar, type Node, type Pair, parseDocument, visit, YAMLParseError, type YAMLSeq } from "yaml";

/** A text as a document of YAML. What flows are not written in is among its errors. */
export function parsed(text: string): Document.Parsed {
  const document = parseDocument(text, { keepSourceTokens: true, prettyErrors: true, logLevel: "error" });
  const refused = document.errors.length > 0 ? undefined : unfit(document);
  if (refused) {
    const before = text.slice(0, refused.at).split("\n");
    document.errors.push(new YAMLParseError([refused.at, refused.at + 1], "IMPOSSIBLE", `${refused.what} at line ${before.length}, column ${(before.at(-1) ?? "").length + 1}.`));
  }
  return document;
}

/** What a document uses that flows have no use for, and where. Files and the server refuse it as well: a document says what it means where it says it. */
function unfit(document: Document.Parsed): { what: string; at: number } | undefined {
  let found: { what: string; at: number } | undefined;
  const refuse = (what: string, node: Node) => {
    found = { what, at: node.range?.[0] ?? 0 };
    return visit.BREAK;
  };
  visit(document, {
    Node: (key, node) => {
      if (isAlias(node)) return refuse("Aliases (`*name`) are not supported: write the value out,", node);
      if (node.anchor !== undefined) return refuse("Anchors (`&name`) are not supported: write the value out where it is needed,", node);
      if (node.tag !== undefined) return refuse("Tags (`!type`) are not supported,", node);
      if (key === "key" && !isScalar(node)) return refuse("A key must be a string,", node);
      if (key === "key" && isScalar(node) && node.value === "<<" && node.type === "PLAIN") return refuse("Merge keys (`<<`) are not supported: write the members out,", node);
      return undefined;
    },
  });
  return found;
}

export const keyOf = (pair: Pair): string => String(isScalar(pair.key) ? pair.key.value : pair.key);

export const startOf = (pair: Pair<Node, Node | null> | undefined): number => pair?.key.range?.[0] ?? 0;

/** Where the `-` of each item is. */
export function dashesOf(node: YAMLSeq): number[] {
  const token = node.srcToken;
  if (token?.type !== "block-seq") return [];
  return token.items.flatMap((item) => item.start.filter((one) => one.type === "seq-item-ind").map((one) => one.offset));
}
