"""What answers say."""

from __future__ import annotations

import json
from typing import Any

from .response import Response
from .rest import ApiException


def decoded(response: Response) -> Any:
    """The value of an answer in JSON."""
    try:
        return json.loads(response.content)
    except ValueError as error:
        raise ApiException(response.status, "the answer is not JSON", headers=response.headers) from error
