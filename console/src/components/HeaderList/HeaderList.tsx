import "./HeaderList.css";

/** The header fields of a message as they were received: folded lines joined, nothing decoded. */
export function HeaderList({ head }: { head: string }) {
  return (
    <dl className="headers mono">
      {fields(head).map(([name, value], index) => (
        <div key={index}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

/** RFC 5322, section 2.2.3. */
export function fields(head: string): [string, string][] {
  const lines = head.replace(/\r?\n[ \t]+/g, " ").split(/\r?\n/);
  return lines.filter(Boolean).map((line) => {
    const colon = line.indexOf(":");
    return colon < 1 ? ["", line] : [line.slice(0, colon), line.slice(colon + 1).trim()];
  });
}
