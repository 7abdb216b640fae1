/** An event of the server's stream: a hint at what changed, not the change itself. */
export interface ServerEvent {
  /** Where the stream goes on from after this event, by `Last-Event-ID`. */
  id: string | undefined;
  /** Such as `interaction.decided`, or `reset`: what happened meanwhile is not known. */
  name: string;
  data: Record<string, string | undefined>;
}

/**
 * Reads `text/event-stream` as it comes in pieces (HTML, section 9.2.6). `EventSource` would do so, but can't send the header beside which a
 * session's cookie counts.
 */
export function eventReader(take: (event: ServerEvent) => void): (piece: string) => void {
  let rest = "";
  let [name, data, id] = ["message", "", undefined as string | undefined];
  const line = (text: string) => {
    if (text === "") {
      if (data) take({ id, name, data: parsed(data) });
      [name, data] = ["message", ""];
      return;
    }
    const [, field = "", value = ""] = /^([^:]*):? ?([^]*)$/.exec(text) ?? [];
    if (field === "event") name = value;
    else if (field === "data") data += (data && "\n") + value;
    else if (field === "id") id = value;
    // A heartbeat is a line without a field's name. How soon to connect again we decide ourselves.
  };
  return (piece) => {
    const lines = (rest + piece).split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? "";
    lines.forEach(line);
  };
}

function parsed(text: string): ServerEvent["data"] {
  try {
    const value: unknown = JSON.parse(text);
    return value && typeof value === "object" ? (value as ServerEvent["data"]) : {};
  } catch {
    return {};
  }
}
