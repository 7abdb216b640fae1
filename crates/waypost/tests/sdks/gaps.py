"""Asks for every method of the official SDK that is not offered, in all areas: each must answer 501 with an error body.

The server's origin is the first argument, a token for everything is in WAYPOST_TOKEN.
"""

import http.client
import inspect
import json
import os
import re
import sys
from urllib.parse import urlsplit

import PureCloudPlatformClientV2 as sdk
from methods import called, offered_by, shape

NOBODY = "00000000-0000-0000-0000-000000000000"


def main():
    origin = sys.argv[1]
    offered = offered_by(f"{origin}/api/v2/docs/openapi.json")
    headers = {"Authorization": f"Bearer {os.environ['WAYPOST_TOKEN']}", "Content-Type": "application/json"}
    asked, wrong = set(), []
    for api_name, api in inspect.getmembers(sdk, inspect.isclass):
        if not api_name.endswith("Api"):
            continue
        for name, method in inspect.getmembers(api, inspect.isfunction):
            call = None if name.startswith("_") else called(method)
            if not call or call in asked or (call[0], shape(call[1])) in offered:
                continue
            asked.add(call)
            verb, path = call
            connection = http.client.HTTPConnection(urlsplit(origin).netloc)
            connection.request(verb, re.sub(r"\{[^}]+\}", NOBODY, path), "{}" if verb[0] == "P" else None, headers)
            answer = connection.getresponse()
            body = answer.read()
            connection.close()
            told = verb == "HEAD" or json.loads(body or b"{}").get("code") == "not.implemented"
            if answer.status != 501 or not told:
                wrong.append(f"{answer.status} {api_name}.{name}: {verb} {path}")
    for line in wrong:
        print(line)
    print(f"{len(asked)} asked, {len(wrong)} wrong")
    sys.exit(1 if wrong or len(asked) < 1000 else 0)


main()
