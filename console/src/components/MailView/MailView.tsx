import { useMemo, useState } from "react";
import type { Schemas } from "../../api/client";
import { cleanMail } from "./clean";
import "./MailView.css";

/** A mail as a person would see it, without anything that it would run or fetch. */
export function MailView({ mail }: { mail: Schemas["EmailMessage"] }) {
  const [asText, setAsText] = useState(!mail.htmlBody);
  const clean = useMemo(() => (mail.htmlBody && !asText ? cleanMail(mail.htmlBody) : undefined), [mail.htmlBody, asText]);
  return (
    <div className="mail">
      {mail.htmlBody && <div className="mail-bar">
        <span className="muted">
          {clean && clean.remote > 0 && `${clean.remote} remote ${clean.remote === 1 ? "item" : "items"} not loaded`}
        </span>
        <div role="group" aria-label="Show as" className="switch">
          <button aria-pressed={!asText} onClick={() => setAsText(false)}>
            HTML
          </button>
          <button aria-pressed={asText} onClick={() => setAsText(true)}>
            Text
          </button>
        </div>
      </div>}
      {clean ? (
        <iframe
          key={mail.id}
          title="The mail"
          src="/mail.html"
          // No script runs in it: that it counts as our own lets us put the mail in, and nothing more.
          sandbox="allow-same-origin"
          referrerPolicy="no-referrer"
          onLoad={(event) => {
            const inside = event.currentTarget.contentDocument;
            if (!inside?.body) return;
            inside.head.append(...clean.head.map((node) => inside.importNode(node, true)));
            inside.body.replaceChildren(...clean.body.map((node) => inside.importNode(node, true)));
          }}
        />
      ) : (
        <pre className="mail-text" tabIndex={0}>{mail.textBody || "This mail has no text."}</pre>
      )}
    </div>
  );
}
