"""Tokens: got once, renewed in time, and after a 401."""

from __future__ import annotations

import threading
import unittest

from purecloudplatformclientv2 import ApiClient, ApiException, Configuration

from .scripted_server import TOKEN, Answer, ScriptedServer, Seen
from .waypost import WaypostTest, configuration

PAGE = {"entities": [], "pageSize": 25, "pageNumber": 1, "total": 0, "pageCount": 0}
OK = Answer(200, PAGE)
REFUSED = Answer(401, {"message": "no", "code": "bad.credentials"})


class Scripted(unittest.TestCase):
    def test_one_serves_many_calls_and_threads(self) -> None:
        with ScriptedServer(OK) as server:
            client = server.client()
            threads = [threading.Thread(target=client.FlowsApi().get_flows) for _ in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual((server.tokens, len(server.requests)), (1, 16))
            self.assertEqual(client.get_access_token(), TOKEN.format(1))
            self.assertEqual(client.configuration.access_token, TOKEN.format(1))

    def test_renewed_before_it_ends(self) -> None:
        with ScriptedServer(OK, expires_in=0.001) as server:
            api = server.client().FlowsApi()
            api.get_flows()
            api.get_flows()
            self.assertEqual(server.tokens, 2)

    def test_renewed_once_after_a_401(self) -> None:
        with ScriptedServer(OK, REFUSED, OK, REFUSED) as server:
            api = server.client().FlowsApi()
            api.get_flows()
            api.get_flows()
            self.assertEqual(server.tokens, 2)
            used = [seen.headers["Authorization"] for seen in server.requests]
            self.assertEqual(used, ["Bearer " + TOKEN.format(number) for number in (1, 1, 2)])
            with self.assertRaises(ApiException) as caught:
                api.get_flows()
            self.assertEqual((caught.exception.status, server.tokens, len(server.requests)), (401, 3, 5))

    def test_many_threads_renew_it_once(self) -> None:
        class Forgetful(ScriptedServer):
            def answer(self, seen: Seen) -> Answer:
                return REFUSED if seen.headers["Authorization"] == f"Bearer {TOKEN.format(1)}" else super().answer(seen)

        with Forgetful(OK) as server:
            client = server.client()
            client.get_access_token()
            threads = [threading.Thread(target=client.FlowsApi().get_flows) for _ in range(16)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(server.tokens, 2)

    def test_a_given_token_is_used_and_not_renewed_without_credentials(self) -> None:
        with ScriptedServer(REFUSED) as server:
            client = server.client(access_token="given", client_id=None, client_secret=None)
            with self.assertRaises(ApiException):
                client.FlowsApi().get_flows()
            self.assertEqual([seen.headers["Authorization"] for seen in server.requests], ["Bearer given"])

    def test_an_answer_without_a_token_is_told(self) -> None:
        class Confused(ScriptedServer):
            def answer(self, seen: Seen) -> Answer:
                return Answer(200, b'{"access_tok": "leaking"')

        with Confused() as server:
            with self.assertRaises(ApiException) as caught:
                server.client().get_access_token()
            self.assertIn("no token", str(caught.exception))
            self.assertNotIn("leaking", repr(vars(caught.exception)))


class Real(WaypostTest):
    def test_a_bad_token_is_replaced(self) -> None:
        client = ApiClient(configuration(access_token="bad"))
        client.FlowsApi().get_flows(page_size=1)
        self.assertNotEqual(client.get_access_token(), "bad")

    def test_the_same_token_serves_until_it_ends(self) -> None:
        self.assertEqual(self.client.get_access_token(), self.client.get_access_token())

    def test_bad_credentials_are_told(self) -> None:
        for call in (ApiClient.get_access_token, lambda client: client.FlowsApi().get_flows()):
            with self.assertRaises(ApiException) as caught:
                call(ApiClient(configuration(client_secret="wrong-secret", max_retries=0)))
            self.assertEqual(caught.exception.status, 401)
            self.assertNotIn("wrong-secret", str(caught.exception) + repr(vars(caught.exception)))

    def test_a_token_alone_is_enough(self) -> None:
        host = self.client.configuration.host
        alone = ApiClient(Configuration(host=host, access_token=self.client.get_access_token()))
        alone.FlowsApi().get_flows(page_size=1)


if __name__ == "__main__":
    unittest.main()
