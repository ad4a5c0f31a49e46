"""Requests, and content of the maximum size."""

from attacks.attack import Outcome

LIMIT = 2 << 20
"""The default limit of content, in bytes."""
GET = b"GET %s HTTP/1.1\r\nhost: localhost\r\n\r\n"
CLOSING_GET = b"GET %s HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"


def head(target, fields):
    lines = [f"POST {target} HTTP/1.1", "host: localhost", "connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in fields.items()]
    return "\r\n".join([*lines, "", ""]).encode()


def post(service, target, content, **fields):
    """Sends a POST; an underscore in the name of a field is a hyphen."""
    request = head(target, {"content_length": len(content), **fields}) + content
    return outcome(request, service.exchange(request))


def json(service, target, content, **fields):
    return post(service, target, content, content_type="application/json", **fields)


def xml(service, target, content, **fields):
    return post(service, target, content, content_type="application/xml", **fields)


def post_chunks(service, target, chunks, **fields):
    """Sends a POST in chunks."""
    coded = b"".join(b"%x\r\n%s\r\n" % (len(chunk), chunk) for chunk in chunks)
    request = head(target, {"transfer_encoding": "chunked", **fields}) + coded + b"0\r\n\r\n"
    return outcome(request, service.exchange(request))


def outcome(request, response):
    return Outcome(len(request), status(response))


def status(response):
    """The status of a response, or `none`."""
    return response.split(b" ", 2)[1].decode() if response.startswith(b"HTTP/") else "none"


def statuses(found):
    """Several statuses as one."""
    return " ".join(sorted(set(found)))


def repeated(unit, room=LIMIT):
    """As many units as fit into content of the maximum size, with some room for what stands around them."""
    return unit * ((room - 64) // len(unit))
