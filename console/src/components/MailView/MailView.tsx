import { useState } from "react";
import type { Schemas } from "../../api/client";
import { cleanMail } from "./clean";
import "./MailView.css";

/** A mail as a person would see it, without anything that it would run or fetch. */
export function MailView({ mail }: { mail: Schemas["EmailMessage"] }) {
  const [asText, setAsText] = useState(!mail.htmlBody);
  const [remote, setRemote] = useState(0);
  const html = asText ? undefined : mail.htmlBody;
  return (
    <div className="mail">
      {mail.htmlBody && <div className="mail-bar">
        <span className="muted">
          {html && remote > 0 && `${remote} remote ${remote === 1 ? "item" : "items"} not loaded`}
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
      {html ? (
        <iframe
          key={mail.id}
          title="The mail"
          src="/mail.html"
          // No script runs in it: that it counts as our own lets us put the mail in, and nothing more.
          sandbox="allow-same-origin"
          referrerPolicy="no-referrer"
          onLoad={(event) => {
            const page = event.currentTarget.contentWindow as (Window & typeof globalThis) | null;
            const inside = event.currentTarget.contentDocument;
            if (!page || !inside?.body) return;
            const clean = cleanMail(html, page);
            setRemote(clean.remote);
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
