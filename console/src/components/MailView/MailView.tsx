import { useEffect, useRef, useState } from "react";
import type { Schemas } from "../../api/client";
import { cleanMail } from "./clean";
import "./MailView.css";

const NONE: ReadonlyMap<string, string> = new Map();

/** A mail as a person would see it, without anything that it would run or fetch. `pictures` are its own, by their Content-ID. */
export function MailView({ mail, pictures = NONE }: { mail: Schemas["EmailMessage"]; pictures?: ReadonlyMap<string, string> | undefined }) {
  const [asText, setAsText] = useState(!mail.htmlBody);
  const [left, setLeft] = useState({ remote: 0, missing: 0 });
  const [loaded, setLoaded] = useState(0);
  const frame = useRef<HTMLIFrameElement>(null);
  const html = asText ? undefined : mail.htmlBody;
  useEffect(() => {
    const page = frame.current?.contentWindow as (Window & typeof globalThis) | null | undefined;
    const inside = frame.current?.contentDocument;
    if (loaded === 0 || !html || !page || !inside?.body) return;
    const clean = cleanMail(html, page, pictures);
    setLeft({ remote: clean.remote, missing: clean.missing });
    for (const style of inside.head.querySelectorAll("style[data-mail]")) style.remove();
    for (const node of clean.head) {
      const style = inside.importNode(node, true) as HTMLElement;
      style.dataset.mail = "";
      inside.head.append(style);
    }
    inside.body.replaceChildren(...clean.body.map((node) => inside.importNode(node, true)));
  }, [loaded, html, pictures]);
  const notes = [
    left.remote > 0 && `${left.remote} remote ${left.remote === 1 ? "item" : "items"} not loaded`,
    left.missing > 0 && `${left.missing} ${left.missing === 1 ? "picture" : "pictures"} of the mail not shown`,
  ].filter(Boolean);
  return (
    <div className="mail">
      {mail.htmlBody && <div className="mail-bar">
        <span className="muted">{html && notes.join(", ")}</span>
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
          ref={frame}
          title="The mail"
          src="/mail.html"
          // No script runs in it: that it counts as our own lets us put the mail in, and nothing more.
          sandbox="allow-same-origin"
          referrerPolicy="no-referrer"
          onLoad={() => setLoaded((times) => times + 1)}
        />
      ) : (
        <pre className="mail-text" tabIndex={0}>{mail.textBody || "This mail has no text."}</pre>
      )}
    </div>
  );
}
