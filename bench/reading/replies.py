#!/usr/bin/env python3
"""Tells what is new in mails with Waypost and with parsers of replies, and counts how many they get right.

    python3 bench/reading/replies.py --waypost target/release/waypost

The mails are the plain ones of spec/mail/new-text, labelled by us, and those of talon's tests, labelled by its authors. What is installed goes
below bench in work/reading, which git ignores. White space does not count.
"""

import argparse
import ast
import json
import pathlib
import subprocess
import sys

import compare

WORK = compare.WORK
SPEC = compare.HERE.parent.parent / "spec" / "mail" / "new-text"
PYTHON = ["mail-parser-reply==1.36", "email_reply_parser==0.5.12"]
# Run apart: what they need is installed for them alone.
THEIRS = """
import json, sys
from email_reply_parser import EmailReplyParser
from mailparser_reply import EmailReplyParser as Newer
newer = Newer(languages=["en", "de", "fr", "es", "it", "nl", "pl", "sv", "da", "cs", "ja", "ko", "zh"])
for line in sys.stdin:
    text = json.loads(line)
    print(json.dumps({
        "email_reply_parser": EmailReplyParser.parse_reply(text),
        "mail-parser-reply": newer.parse_reply(text=text) or "",
    }))
"""


def labelled():
    """Ours: name, subject, text, what is new."""
    for file in sorted(SPEC.glob("*.txt")):
        for case in file.read_text(encoding="utf-8").split("\n== ")[1:]:
            name, rest = case.split("\n", 1)
            given, new = rest.split("\n-- new", 1)
            if "-- text\n" not in given:
                continue
            head, text = given.split("-- text\n", 1)
            subject = next((line[9:] for line in head.splitlines() if line.startswith("Subject: ")), "Re: Order 7")
            yield f"{file.stem}: {name}", subject, text, new


def talons():
    """talon's tests of plain text: the values that they hold against each other."""
    source = next(WORK.glob("talon*/*/tests/text_quotations_test.py")).read_text(encoding="utf-8")
    for test in ast.parse(source).body:
        if not isinstance(test, ast.FunctionDef) or test.decorator_list:
            continue
        known = {}
        value = lambda node: known[node.id] if isinstance(node, ast.Name) else ast.literal_eval(node)
        for statement in test.body:
            try:
                if isinstance(statement, ast.Assign):
                    known[statement.targets[0].id] = ast.literal_eval(statement.value)
                    continue
                expected, call = statement.value.args
                if isinstance(expected, ast.Call):
                    expected, call = call, expected
                if call.func.attr == "extract_from_plain":
                    yield test.name, "Re: x", value(call.args[0]), value(expected)
            except (AttributeError, KeyError, ValueError, TypeError):
                continue  # Something else than a text and what is new in it.


def theirs(texts):
    """What other parsers call the reply."""
    python = WORK / "replies" / "bin" / "python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", WORK / "replies"], check=True)
        subprocess.run([python, "-m", "pip", "install", "-q", *PYTHON], check=True)
    lines = "".join(json.dumps(text) + "\n" for text in texts)
    out = subprocess.run([python, "-c", THEIRS], input=lines, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in out.splitlines()]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--waypost", required=True, help="the program")
    arguments.add_argument("--show", action="store_true", help="name what Waypost gets wrong")
    arguments = arguments.parse_args()
    compare.install()
    for kind, cases in (("spec/mail/new-text", list(labelled())), ("talon's tests", list(talons()))):
        folder = WORK / "labelled"
        folder.mkdir(exist_ok=True)
        files = []
        for number, (_, subject, text, _) in enumerate(cases):
            head = f"Subject: {subject}\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
            files.append(folder / f"{number}.eml")
            files[-1].write_text(head + text, encoding="utf-8")
        we = compare.ours(str(pathlib.Path(arguments.waypost).resolve()), files)
        found = [{"Waypost": we[file]["newText"]} | other for file, other in zip(files, theirs(text for _, _, text, _ in cases))]
        print(f"{kind}: {len(cases)} mails")
        for parser in found[0]:
            right = [compare.squeezed(one[parser]) == compare.squeezed(new) for one, (*_, new) in zip(found, cases)]
            print(f"{sum(right):6} {parser}")
            if arguments.show and parser == "Waypost":
                print(*(f"         {name}" for (name, *_), is_right in zip(cases, right) if not is_right), sep="\n")


if __name__ == "__main__":
    main()
