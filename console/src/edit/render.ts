import { Document, isCollection, Scalar, visit } from "yaml";

type Style = Scalar.Type | undefined;

// Nothing is folded: a line that is too long is still one value.
const FORMAT = { lineWidth: 0, doubleQuotedMinMultiLineLength: 1_000_000, flowCollectionPadding: true, indent: 2 };

/** A value as a document. */
export function documentOf(value: unknown): Document {
  const made = new Document(value);
  visit(made, {
    Scalar: (key, node) => {
      // A member called `<<` would be a merge key, which is refused.
      if (key === "key" ? node.value === "<<" : typeof node.value === "string" && quoted(node.value)) node.type = Scalar.QUOTE_DOUBLE;
    },
  });
  return made;
}

/** Whether a text is quoted because its lines would not be its own: blank ones at its end would take the blank ones after it for theirs. */
const quoted = (text: string) => /\n\s*\n$|\n[ \t]+$/.test(text) || (text !== "" && !/\S/.test(text)) || text.includes("\ufeff");

/** The text of a value that follows `key:` in a column, with what separates them. */
export function afterKey(value: unknown, column: number, style?: Style): string {
  return shifted(text({ key: styled(value, style) }).slice("key:".length), column);
}

/** The text of a value that follows the `-` of a list's item in a column. */
export const afterDash = (value: unknown, column: number, style?: Style): string => shifted(text([styled(value, style)]).slice("- ".length), column);

/** The text of a member in a column. */
export const member = (name: string, value: unknown, column: number): string => shifted(text({ [name]: value }), column);

/** A value in one line, as it stands between the brackets of a flow collection. */
export function inFlow(value: unknown, style?: Style): string {
  const document = documentOf([styled(value, style)]);
  if (isCollection(document.contents)) document.contents.flow = true;
  visit(document, { Scalar: (_, node) => void (typeof node.value === "string" && node.value.includes("\n") && (node.type = Scalar.QUOTE_DOUBLE)) });
  return document.toString(FORMAT).trim().replace(/^\[\s*/, "").replace(/\s*\]$/, "");
}

function styled(value: unknown, style: Style): unknown {
  if (typeof value !== "string" || !style || style === "PLAIN") return value;
  // What has become lines is written in lines, and what has none left isn't.
  if (style === "QUOTE_SINGLE" ? value.includes("\n") : style.startsWith("BLOCK") && !/\S/.test(value)) return value;
  const scalar = new Scalar(value);
  scalar.type = style;
  return scalar;
}

const text = (value: unknown): string => documentOf(value).toString(FORMAT).replace(/\n$/, "");

function shifted(lines: string, column: number): string {
  const pad = " ".repeat(column);
  return lines.replace(/\n(?=[^\n])/g, `\n${pad}`);
}
