import { useQueries, useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { request, type Schemas } from "../../api/client";
import { picture, shownPictures } from "../../api/pictures";
import * as queries from "../../api/queries";
import { Fault, Loading } from "../../components/Fault/Fault";
import { MailView } from "../../components/MailView/MailView";

export function Mail({ id, erased }: { id: string; erased: boolean }) {
  const mail = useQuery({ ...queries.mail(id), enabled: !erased });
  const attachments = useQuery({ ...queries.attachments(id), enabled: !erased });
  const html = mail.data?.htmlBody;
  const parts = attachments.data?.entities;
  const wanted = useMemo(() => (html && parts ? shownPictures(html, parts) : []), [html, parts]);
  const pictures = useQueries({ queries: wanted.map((part) => picture(id, part)), combine: (all) => all.map((one) => one.data) });
  const shown = useMemo(() => new Map(wanted.flatMap((part, place) => (part.contentId && pictures[place] ? [[part.contentId, pictures[place]]] : []))), [wanted, pictures]);
  if (erased) return <div className="panel empty">The message was erased.</div>;
  if (mail.error) return <Fault error={mail.error} />;
  if (!mail.data) return <Loading />;
  const { from, to, cc, subject } = mail.data;
  return (
    <div className="panel">
      <div className="mail-head">
        <dl className="facts">
          <dt>From</dt>
          <dd>{party(from)}</dd>
          <dt>To</dt>
          <dd>{to.map(party).join(", ") || "nobody"}</dd>
          {(cc?.length ?? 0) > 0 && (
            <>
              <dt>Cc</dt>
              <dd>{cc?.map(party).join(", ")}</dd>
            </>
          )}
          <dt>Subject</dt>
          <dd>{subject}</dd>
          {(attachments.data?.entities.length ?? 0) > 0 && (
            <>
              <dt>Attached</dt>
              <dd>
                <ul className="attachments">{attachments.data?.entities.map((one) => <Attachment key={one.number} id={id} attachment={one} shown={wanted.includes(one)} />)}</ul>
              </dd>
            </>
          )}
        </dl>
      </div>
      <MailView mail={mail.data} pictures={shown} />
    </div>
  );
}

const party = ({ name, email }: Schemas["EmailAddress"]) => (name ? `${name} <${email}>` : email);

function Attachment({ id, attachment, shown }: { id: string; attachment: Schemas["Attachment"]; shown: boolean }) {
  const [problem, setProblem] = useState("");
  const name = attachment.name || `attachment ${attachment.number + 1}`;
  const save = async () => {
    try {
      const response = await request(`/interactions/${id}/attachments/${attachment.number}`);
      // Saved, never shown: as octets, whatever type its sender says it has.
      const url = URL.createObjectURL(new Blob([await response.arrayBuffer()], { type: "application/octet-stream" }));
      const link = Object.assign(document.createElement("a"), { href: url, download: name });
      link.click();
      URL.revokeObjectURL(url);
    } catch (error) {
      setProblem(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <li>
      <button className="button" onClick={() => void save()}>
        {name} <code>{size(attachment.size)}</code>
        {shown && <span className="muted">in the text</span>}
      </button>
      {problem && <span role="alert">{problem}</span>}
    </li>
  );
}

export function size(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
