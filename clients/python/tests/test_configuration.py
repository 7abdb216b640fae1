"""Configurations: addresses as people write them, and what is refused."""

from __future__ import annotations

import unittest

from purecloudplatformclientv2 import ApiClient, Configuration


class Addresses(unittest.TestCase):
    def test_are_understood(self) -> None:
        for host, origin in [
            ("https://localhost:8443", "https://localhost:8443"),
            ("http://127.0.0.1:8080/", "http://127.0.0.1:8080"),
            ("https://http://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://HTTP://127.0.0.1:8080", "http://127.0.0.1:8080"),
            ("https://https://example.com", "https://example.com:443"),
            ("mail.example.com", "https://mail.example.com:443"),
            ("http://[::1]:80", "http://[::1]:80"),
            ("https://example.com/waypost/", "https://example.com:443/waypost"),
        ]:
            self.assertEqual(str(Configuration(host=host).origin), origin, host)

    def test_are_refused_without_being_told(self) -> None:
        for host in ("", "https://", "ftp://example.com", "https://user:hidden@example.com", "http://hidden:port"):
            with self.assertRaises(ValueError) as caught:
                Configuration(host=host)
            self.assertNotIn("hidden", str(caught.exception))


class Options(unittest.TestCase):
    def test_negative_ones_are_refused(self) -> None:
        for options in ({"max_retries": -1}, {"retry_backoff": -1}, {"max_retry_after": -1}, {"timeout": 0}):
            with self.assertRaises(ValueError):
                Configuration(**options)  # type: ignore[arg-type]

    def test_missing_credentials_are_told(self) -> None:
        with self.assertRaisesRegex(ValueError, "neither an access token nor"):
            ApiClient(Configuration(host="http://127.0.0.1:1")).get_access_token()

    def test_a_missing_certificate_file_is_told_at_once(self) -> None:
        with self.assertRaises(FileNotFoundError):
            ApiClient(Configuration(ssl_ca_cert="/nowhere/cert.pem"))


if __name__ == "__main__":
    unittest.main()
