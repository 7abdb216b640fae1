"""Secrets and tokens stand in no text that the client makes."""

from __future__ import annotations

import logging
import traceback
import unittest
from typing import List

from purecloudplatformclientv2 import ApiClient, ApiException, Configuration

from .scripted_server import SECRET, Answer, ScriptedServer

TOKEN = "scripted-token"


class Secrets(unittest.TestCase):
    def test_not_in_objects(self) -> None:
        config = Configuration(client_id="who", client_secret=SECRET, access_token=TOKEN)
        client = ApiClient(config)
        api = client.FlowsApi()
        for thing in (config, client, api, client._tokens, client._transport):
            self.assert_clean(repr(thing) + str(thing))
        self.assertIn("who", repr(config))

    def test_not_in_exceptions_or_logs(self) -> None:
        texts: List[str] = []
        handler = logging.Handler()
        handler.emit = lambda record: texts.append(record.getMessage())  # type: ignore[method-assign]
        root = logging.getLogger()
        root.addHandler(handler)
        level = root.level
        root.setLevel(logging.DEBUG)
        self.addCleanup(root.setLevel, level)
        self.addCleanup(root.removeHandler, handler)
        for answer in (Answer(401), Answer(403), Answer(500, b"<html>"), Answer(None), Answer(200, b"not json")):
            with ScriptedServer(answer) as server:
                with self.assertRaises(ApiException) as caught:
                    server.client(max_retries=1).FlowsApi().get_flow("1")
                error = caught.exception
                texts += [str(error), repr(error), *traceback.format_exception(type(error), error, None)]
        self.assertGreater(len(texts), 10)
        for text in texts:
            self.assert_clean(text)

    def test_a_token_that_no_header_takes_is_not_told(self) -> None:
        for token in (TOKEN + "\nX: y", TOKEN + "ä", TOKEN + " " + TOKEN, TOKEN + "☃"):
            with self.assertRaises(ValueError) as caught:
                ApiClient(Configuration(host="http://127.0.0.1:1", access_token=token)).FlowsApi().get_flows()
            self.assert_clean("".join(traceback.format_exception(ValueError, caught.exception, None)))

    def assert_clean(self, text: str) -> None:
        """Neither secret nor token is in the text, nor what stands in the header for them."""
        for secret in (SECRET, TOKEN, "Basic ", "Bearer "):
            self.assertNotIn(secret, text)


if __name__ == "__main__":
    unittest.main()
