"""TLS: certificates are verified."""

from __future__ import annotations

import os
import unittest
from unittest import mock

from purecloudplatformclientv2 import ApiClient, ApiException

from .waypost import configuration, setting


class Tls(unittest.TestCase):
    def test_the_environment_names_whom_to_trust(self) -> None:
        host = setting("WAYPOST_HTTPS_URL")
        setting("SSL_CERT_FILE")
        self.assertTrue(ApiClient(configuration(host=host)).get_access_token())

    def test_so_does_an_option(self) -> None:
        host, file = setting("WAYPOST_HTTPS_URL"), setting("SSL_CERT_FILE")
        with mock.patch.dict(os.environ):
            del os.environ["SSL_CERT_FILE"]
            self.assertTrue(ApiClient(configuration(host=host, ssl_ca_cert=file)).get_access_token())

    def test_others_are_not_trusted(self) -> None:
        host = setting("WAYPOST_HTTPS_URL")
        with mock.patch.dict(os.environ, {"SSL_CERT_FILE": os.devnull}):
            client = ApiClient(configuration(host=host))
            with self.assertRaises(ApiException) as caught:
                client.get_access_token()
        self.assertEqual(caught.exception.status, 0)
        self.assertIn("certificate is not trusted", str(caught.exception))

    def test_plain_http_where_tls_is_spoken(self) -> None:
        host = setting("WAYPOST_URL").replace("http://", "https://")
        with self.assertRaises(ApiException) as caught:
            ApiClient(configuration(host=host, max_retries=0)).get_access_token()
        self.assertEqual(caught.exception.status, 0)
        self.assertIn("TLS failed", str(caught.exception))


if __name__ == "__main__":
    unittest.main()
