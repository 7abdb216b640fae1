"""What the tester of the OpenAPI document can't know by itself."""

import schemathesis


@schemathesis.serializer("message/rfc822")
def message(context, value):
    """A raw message is bytes, sent as they are."""
    if isinstance(value, bytes):
        return value
    return str(getattr(value, "value", value)).encode("utf-8", "surrogateescape")

