"""Signs and verifies with dkimpy. The mail comes on standard input.

    signatures.py sign KEY-FILE DOMAIN SELECTOR    writes the mail with its signature
    signatures.py verify RECORDS-FILE              writes one line for each signature: its domain, and `pass` or `fail`

The file of records is JSON: names and values of TXT records. Nothing else is asked.
"""

import json
import pathlib
import sys

import dkim

command, file, *more = sys.argv[1:]
mail = sys.stdin.buffer.read()
if command == "sign":
    domain, selector = (word.encode() for word in more)
    fields = [b"from", b"to", b"subject", b"message-id"]
    signed = dkim.sign(mail, selector, domain, pathlib.Path(file).read_bytes(), include_headers=fields)
    sys.stdout.buffer.write(signed + mail)
else:
    records = json.loads(pathlib.Path(file).read_text(encoding="utf-8"))

    def txt(name, timeout=5):
        return records[name.decode().rstrip(".").lower()].encode()

    one = dkim.DKIM(mail)
    for number in range(sum(name.lower() == b"dkim-signature" for name, _ in one.headers)):
        try:
            verified = one.verify(idx=number, dnsfunc=txt)
        except dkim.DKIMException:
            verified = False
        print(one.domain.decode(), "pass" if verified else "fail")
