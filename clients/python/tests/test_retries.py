"""What is sent again, after how long, and what is not."""

from __future__ import annotations

import socket
import threading
import time
import unittest
from email.utils import formatdate
from typing import Any, List, Tuple

from purecloudplatformclientv2 import ApiClient, ApiException, Configuration
from purecloudplatformclientv2.retry_policy import RetryPolicy, retry_after

from .scripted_server import Answer, ScriptedServer, Seen

FLOW = {"id": "1", "name": "a", "type": "email"}
BUSY = {"message": "slow down", "code": "too.many.requests", "status": 429, "errors": [{"message": "slow down"}]}
LOST = Answer(status=None)


class Retries(unittest.TestCase):
    def test_transient_statuses_are_tried_again(self) -> None:
        for status in (429, 500, 502, 503, 504):
            with ScriptedServer(Answer(status), Answer(status), Answer(200, FLOW)) as server:
                self.assertEqual(server.client().FlowsApi().get_flow("1").name, "a")
                self.assertEqual(len(server.requests), 3, status)

    def test_so_is_a_post_that_was_answered(self) -> None:
        with ScriptedServer(Answer(503), Answer(429), Answer(200, FLOW)) as server:
            server.client().FlowsApi().post_flow({"name": "a"})
            self.assertEqual([seen.content for seen in server.requests], [b'{"name": "a"}'] * 3)

    def test_a_post_that_may_have_been_done_is_not(self) -> None:
        for status in (500, 502, 504):
            with ScriptedServer(Answer(status), Answer(200, FLOW)) as server:
                with self.assertRaises(ApiException) as caught:
                    server.client().FlowsApi().post_flow({"name": "a"})
                self.assertEqual((caught.exception.status, len(server.requests)), (status, 1))

    def test_what_is_gone_after_a_failure_was_deleted(self) -> None:
        for first in (LOST, Answer(502)):
            with ScriptedServer(first, Answer(404)) as server:
                server.client().FlowsApi().delete_flow("1")
        with ScriptedServer(Answer(503), Answer(404)) as server:
            with self.assertRaises(ApiException) as caught:
                server.client().FlowsApi().delete_flow("1")
            self.assertEqual(caught.exception.status, 404)

    def test_others_are_not(self) -> None:
        for status in (302, 400, 403, 404, 409, 412, 501):
            with ScriptedServer(Answer(status, headers={"Location": "/elsewhere"})) as server:
                with self.assertRaises(ApiException) as caught:
                    server.client().FlowsApi().get_flow("1")
                self.assertEqual((caught.exception.status, len(server.requests)), (status, 1))

    def test_they_end(self) -> None:
        with ScriptedServer(Answer(429, BUSY)) as server:
            with self.assertRaises(ApiException) as caught:
                server.client(max_retries=2).FlowsApi().get_flow("1")
            self.assertEqual((caught.exception.status, caught.exception.code), (429, "too.many.requests"))
            self.assertEqual(len(server.requests), 3)

    def test_none_are_made_if_none_are_wanted(self) -> None:
        with ScriptedServer(Answer(503)) as server:
            with self.assertRaises(ApiException):
                server.client(max_retries=0).FlowsApi().get_flow("1")
            self.assertEqual(len(server.requests), 1)

    def test_the_token_endpoint_is_tried_again(self) -> None:
        class Hesitant(ScriptedServer):
            def answer(self, seen: Seen) -> Answer:
                answer = super().answer(seen)
                return Answer(503) if seen.path == "/oauth/token" and self.tokens == 1 else answer

        with Hesitant(Answer(200, FLOW)) as server:
            server.client().FlowsApi().get_flow("1")
            self.assertEqual(server.tokens, 2)


class RetryAfter(unittest.TestCase):
    def test_is_waited_for(self) -> None:
        with ScriptedServer(Answer(429, headers={"Retry-After": "1"}), Answer(200, FLOW)) as server:
            server.client().FlowsApi().get_flow("1")
            first, second = server.requests
            self.assertGreaterEqual(second.at - first.at, 1.0)

    def test_too_long_a_wait_is_told_at_once(self) -> None:
        for value in ("61", formatdate(time.time() + 600, usegmt=True), "9" * 400):
            with ScriptedServer(Answer(429, BUSY, {"Retry-After": value})) as server:
                with self.assertRaises(ApiException) as caught:
                    server.client().FlowsApi().get_flow("1")
                self.assertEqual(caught.exception.headers["retry-after"], value)
                self.assertEqual(len(server.requests), 1)

    def test_is_read_in_both_forms(self) -> None:
        self.assertEqual(retry_after("7"), 7.0)
        self.assertEqual(retry_after(formatdate(0, usegmt=True)), 0.0)
        in_a_minute = retry_after(formatdate(time.time() + 60, usegmt=True))
        assert in_a_minute is not None
        self.assertTrue(55 < in_a_minute <= 60)
        for text in (None, "", "soon", "-1", "1.5", "²"):
            self.assertIsNone(retry_after(text))

    def test_without_it_waits_grow_up_to_a_limit_and_differ(self) -> None:
        policy = RetryPolicy(max_retries=9, backoff=1.0, max_backoff=8.0, max_retry_after=60.0)
        for attempt, most in [(0, 1.0), (2, 4.0), (3, 8.0), (9, 8.0), (5000, 8.0)]:
            waits = [policy.wait(attempt) for _ in range(200)]
            self.assertTrue(all(0 <= wait <= most for wait in waits))
            self.assertGreater(max(waits) - min(waits), most / 2)


class LostConnections(unittest.TestCase):
    def attempts(self, *answers: Answer, call: Any, **options: Any) -> Tuple[int, bool]:
        """How many requests came, and whether the call succeeded."""
        with ScriptedServer(*answers) as server:
            try:
                call(server.client(**options))
            except ApiException as error:
                self.assertEqual(error.status, 0)
                self.assertIn("the connection broke", str(error))
                return len(server.requests), False
            return len(server.requests), True

    def test_what_may_be_done_twice_is_sent_again(self) -> None:
        interaction = {"id": "1"}
        for call, answer in [
            (lambda client: client.FlowsApi().get_flow("1"), FLOW),
            (lambda client: client.FlowsApi().put_flow("1", {"name": "a"}), FLOW),
            (lambda client: client.FlowsApi().delete_flow("1"), {}),
            (lambda client: client.FlowsApi().publish_version("1", 2), FLOW),
            (lambda client: client.InteractionsApi().send(b"a", to="a@b.example"), interaction),
        ]:
            self.assertEqual(self.attempts(LOST, LOST, Answer(200, answer), call=call), (3, True))

    def test_what_may_not_is_not(self) -> None:
        for call in (
            lambda client: client.FlowsApi().post_flow({"name": "a"}),
            lambda client: client.FlowsApi().put_flow("1", {"name": "a"}, if_match='"1"'),
            lambda client: client.InteractionsApi().claim("1"),
        ):
            self.assertEqual(self.attempts(LOST, Answer(200, FLOW), call=call), (1, False))

    def test_a_mail_keeps_its_key(self) -> None:
        busy = Answer(409, {"code": "idempotency.key.in.flight"}, {"Retry-After": "0"})
        with ScriptedServer(LOST, busy, Answer(200, {"id": "1"})) as server:
            api = server.client().InteractionsApi()
            api.send(b"a", to="a@b.example")
            api.send(b"a", to="a@b.example")
            api.send(b"a", to="a@b.example", idempotency_key="mine")
            keys: List[Any] = [seen.headers["Idempotency-Key"] for seen in server.requests]
            self.assertEqual((keys[0], keys[1]), (keys[2], keys[2]))
            self.assertNotEqual(keys[2], keys[3])
            self.assertEqual(keys[4], "mine")

    def test_no_answer_in_time(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as silent:
            host = f"http://127.0.0.1:{silent.getsockname()[1]}"
            config = Configuration(host=host, access_token="a", timeout=0.05, max_retries=1, retry_backoff=0.0)
            with self.assertRaises(ApiException) as caught:
                ApiClient(config).FlowsApi().get_flow("1")
            self.assertEqual(caught.exception.status, 0)
            self.assertIn("no answer in time", str(caught.exception))

    def test_nobody_listens(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        config = Configuration(host=f"http://127.0.0.1:{port}", access_token="a", max_retries=1, retry_backoff=0.0)
        with self.assertRaises(ApiException) as caught:
            ApiClient(config).FlowsApi().post_flow({"name": "a"})
        self.assertEqual(caught.exception.status, 0)
        self.assertRegex(str(caught.exception), rf"127\.0\.0\.1:{port}: no connection: .*refused")

    def test_a_post_that_could_not_leave_is_sent_again(self) -> None:
        with socket.create_server(("127.0.0.1", 0)) as gone:
            port = gone.getsockname()[1]
        config = Configuration(host=f"http://127.0.0.1:{port}", access_token="a", max_retries=1000, max_backoff=0.01)
        answered: List[str] = []
        thread = threading.Thread(
            target=lambda: answered.append(ApiClient(config).FlowsApi().post_flow({"name": "a"}).name)
        )
        thread.start()
        # The first attempts find nobody.
        thread.join(0.1)
        self.assertEqual(answered, [])
        with ScriptedServer(Answer(200, FLOW), port=port) as server:
            thread.join(20)
            self.assertEqual((answered, len(server.requests)), (["a"], 1))


if __name__ == "__main__":
    unittest.main()
