import type { Interaction } from "../../api/queries";
import { FoundBadge } from "../../components/Badge/Badge";

const METHODS = { spf: "SPF", dkim: "DKIM", dmarc: "DMARC" } as const;

/** Who sent a mail, and what a scanner said of it, as it was found when it came in. */
export function Findings({ interaction: { auth, scan } }: { interaction: Interaction }) {
  if (!auth && !scan) return null;
  return (
    <section className="panel findings" aria-labelledby="findings">
      <h2 id="findings">Sender and content</h2>
      <dl className="facts">
        {auth &&
          Object.entries(METHODS).map(([method, name]) => {
            const { result = "unknown", domain, reason } = auth[method as keyof typeof METHODS] ?? {};
            return (
              <div key={method} style={{ display: "contents" }}>
                <dt>{name}</dt>
                <dd>
                  <FoundBadge result={result} /> {domain && <code>{domain}</code>} <span className="muted">{reason}</span>
                </dd>
              </div>
            );
          })}
        {scan && (
          <div style={{ display: "contents" }}>
            <dt>Scan</dt>
            <dd>
              <FoundBadge result={scan.result ?? "unknown"} /> {scan.by && <code>{scan.by}</code>} <span className="muted">{scan.reason}</span>
            </dd>
          </div>
        )}
      </dl>
    </section>
  );
}
