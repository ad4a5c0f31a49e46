"""Suppresses false positives of schemathesis."""

import schemathesis

XML = ("application/xml", "text/xml")


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """XML has no types, and allows fewer names than JSON: a null written as `<a>null</a>` is valid text."""
    for path in raw_schema["paths"].values():
        for operation in path.values():
            content = operation.get("requestBody", {}).get("content", {})
            for media_type in XML:
                content.pop(media_type, None)


@schemathesis.hook
def filter_body(context, body):
    """The name of a form part is in a header field, which cannot contain control characters (RFC 9110, section 5.5), and
    in a quoted string, where a backslash escapes the next character (section 5.6.4)."""
    return not isinstance(body, dict) or all(is_plain(name) for name in body)


def is_plain(name):
    return all(ord(it) >= 32 and not 127 <= ord(it) < 160 and it != "\\" for it in name)
