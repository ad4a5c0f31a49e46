"""Large responses."""

from attacks.attack import attack
from attacks.requests import LIMIT, json, repeated


def text(service, character, **fields):
    content = b'"' + repeated(character) + b'"'
    return json(service, "/attacked/text", content, **fields)


@attack("200")
def text_that_is_escaped(service):
    return text(service, b"<", accept="application/xml")


@attack("200")
def text_that_is_escaped_for_brotli(service):
    return text(service, b"<", accept="application/xml", accept_encoding="br")


def noise(size):
    """Text that does not compress well."""
    state, pieces = 1, []
    while len(pieces) * 4 < size:
        state = (state * 6364136223846793005 + 1442695040888963407) % (1 << 64)
        pieces.append(b"%04x" % (state >> 48))
    return b"".join(pieces)[:size]


NOISE = noise(LIMIT - 64)


@attack("200")
def noise_for_brotli(service):
    return text(service, NOISE, accept_encoding="br")


@attack("200")
def noise_for_zstandard(service):
    return text(service, NOISE, accept_encoding="zstd")


@attack("200")
def noise_for_gzip(service):
    return text(service, NOISE, accept_encoding="gzip")
