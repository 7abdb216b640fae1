"""Reads mails with Python's `email`: file names as arguments, one JSON object a line on standard output."""

import email
import email.policy
import hashlib
import json
import pathlib
import sys


def lines(text):
    return text.replace("\r\n", "\n").rstrip("\n")


def addresses(field):
    return [[one.display_name, one.addr_spec] for one in field.addresses] if field else []


def body(mail, kind):
    part = mail.get_body((kind,))
    return lines(part.get_content()) if part else None


def attached(part):
    one = {"name": part.get_filename(), "type": part.get_content_type()}
    if one["type"] == "message/rfc822":
        return one | {"mail": read(part.get_payload(0))}
    return one | {"sha256": hashlib.sha256(part.get_payload(decode=True)).hexdigest()}


def read(mail):
    for part in mail.walk():
        assert not part.defects, part.defects
    return {
        "subject": str(mail["subject"]),
        "from": addresses(mail["from"]),
        "to": addresses(mail["to"]),
        "cc": addresses(mail["cc"]),
        "messageId": str(mail["message-id"] or ""),
        "inReplyTo": str(mail["in-reply-to"] or ""),
        "references": str(mail["references"] or "").split(),
        "date": int(mail["date"].datetime.timestamp()) if mail["date"] else None,
        "text": body(mail, "plain"),
        "html": body(mail, "html"),
        "attachments": [attached(part) for part in mail.iter_attachments()] if mail.is_multipart() else [],
    }


for file in sys.argv[1:]:
    raw = pathlib.Path(file).read_bytes()
    print(json.dumps(read(email.message_from_bytes(raw, policy=email.policy.default))))
