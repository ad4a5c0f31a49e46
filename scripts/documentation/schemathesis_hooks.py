"""What schemathesis holds for a fault of a service, and is none."""

import schemathesis

XML = ("application/xml", "text/xml")


@schemathesis.hook
def before_load_schema(context, raw_schema):
    """XML has no types and fewer names than JSON: a null written as `<a>null</a>` is a text, and right."""
    for path in raw_schema["paths"].values():
        for operation in path.values():
            content = operation.get("requestBody", {}).get("content", {})
            for media_type in XML:
                content.pop(media_type, None)


@schemathesis.hook
def filter_body(context, body):
    """A part of a form has its name in a header field, which carries no control characters (RFC 9110, section 5.5), and
    in a quoted string, in which a backslash stands before another character (section 5.6.4)."""
    return not isinstance(body, dict) or all(is_plain(name) for name in body)


def is_plain(name):
    return all(ord(it) >= 32 and not 127 <= ord(it) < 160 and it != "\\" for it in name)
