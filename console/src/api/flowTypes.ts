/** A type of flow, as people choose it. */
export interface FlowType {
  /** As documents have it. */
  type: string;
  /** Genesys's word for it, which documents may have as well. */
  also: string;
  name: string;
  about: string;
  /** What must be done with a new one before it does anything. */
  begins: string;
}

/** The types that the API knows, the one that people take most often first. */
export const FLOW_TYPES: [FlowType, ...FlowType[]] = [
  { type: "email", also: "INBOUNDEMAIL", name: "Email flow", about: "Decides what happens to mail. A route leads mail to it.", begins: "no mail goes through it until it is published and a route leads to it" },
  { type: "shared", also: "COMMONMODULE", name: "Shared flow", about: "Does a part of the work for other flows: they call it, give it inputs and read its outputs.", begins: "no mail goes through it until it is published and a flow that calls it is, too" },
];

/** The type that a document means by its word; undefined for a word that the API does not know. */
export const flowTypeOf = (word: string): FlowType | undefined => FLOW_TYPES.find(({ type, also }) => [type, also].some((one) => one.toLowerCase() === word.toLowerCase()));

export const isShared = ({ type }: { type: string }): boolean => flowTypeOf(type)?.type === "shared";
