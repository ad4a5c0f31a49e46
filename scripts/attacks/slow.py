"""Clients that are slow: each holds a connection for a bounded time, and costs little memory meanwhile."""

import contextlib
import dataclasses
import time

from attacks.attack import Outcome, attack
from attacks.requests import CLOSING_GET, GET, head, outcome

STEP = 0.5
"""How often the clients are looked at, in seconds."""


@dataclasses.dataclass(frozen=True)
class Kind:
    """Clients of one kind."""

    name: str
    count: int
    first: bytes
    """What each of them sends at once."""
    earliest: float
    """Their connections are closed after this time at the earliest, in seconds."""
    latest: float
    then: bytes = b""
    """What each of them sends every two seconds."""
    is_read: bool = False
    """Whether they read the first response."""
    response: bytes = b""
    """With what the response begins that they find at the end."""


# The times are checked once a second. After a 408, the service discards what still comes for 5 seconds.
KINDS = [
    Kind("silent", 50, b"", 9, 13),
    Kind("head that stalls", 50, b"GET / HTTP/1.1\r\nhost: local", 9, 13),
    Kind("head that trickles", 50, b"GET / HTTP/1.1\r\nhost: local", 9, 13, then=b"h"),
    Kind("idle", 50, GET % b"/word/a/1", 29, 33, is_read=True),
    Kind("content that stalls", 20, head("/attacked/bytes", {"content_length": 9}) + b"x", 9, 18, response=b"HTTP/1.1 408"),
    Kind(
        "content that trickles",
        20,
        head("/attacked/bytes", {"content_length": 999}),
        59,
        68,
        then=b"x",
        response=b"HTTP/1.1 408",
    ),
    Kind("bytes that nobody reads", 4, GET % b"/word/a/10000000", 29, 33, response=b"HTTP/1.1 200"),
    Kind("stream that nobody reads", 20, GET % b"/stream", 29, 33, response=b"HTTP/1.1 200"),
    Kind("responses that nobody reads", 4, GET % b"/word/a/1000" * 10_000, 29, 33, response=b"HTTP/1.1 200"),
]


class Client:
    """A client that sends as much as the service takes."""

    def __init__(self, service, kind):
        self.connection = service.connect(receive_buffer=1 << 12)
        self.port = self.connection.getsockname()[1]
        self.unsent = kind.first
        self.sent = 0
        if kind.is_read:
            self.send()
            self.connection.recv(1 << 12)
        self.connection.setblocking(False)

    def send(self, more=b""):
        self.unsent += more
        # It takes no more, or has closed the connection.
        with contextlib.suppress(OSError):
            while self.unsent:
                count = self.connection.send(self.unsent)
                self.sent += count
                self.unsent = self.unsent[count:]

    def received(self):
        try:
            return self.connection.recv(1 << 12)
        except OSError:
            return b""


def ends_of(service, clients):
    """After how many seconds the last connection of each kind was closed."""
    begin, next_bytes, ends = time.monotonic(), 0, {}
    while len(ends) < len(clients):
        time.sleep(STEP)  # A connection that is not accepted yet is not held, either.
        now = time.monotonic() - begin
        if now > max(kind.latest for kind in clients) + 5:
            break
        is_time = now >= next_bytes
        next_bytes += 2 if is_time else 0
        for kind, members in clients.items():
            for client in members:
                client.send(kind.then if is_time else b"")
        held = service.holds()
        for kind, members in clients.items():
            if not any(client.port in held for client in members):
                ends.setdefault(kind, now)
    return ends


def fault(kind, end, clients):
    if end is None:
        return f"{kind.name}: not closed"
    if not kind.earliest <= end <= kind.latest:
        return f"{kind.name}: closed after {end:.0f} s"
    if not all(client.received().startswith(kind.response) for client in clients):
        return f"{kind.name}: not {kind.response.decode()}"
    return None


@attack("200", cpu=3_000, memory=150)
def slow_clients_of_all_kinds(service):
    """They send or read slowly, or not at all. Another client gets its response afterwards."""
    clients = {kind: [Client(service, kind) for _ in range(kind.count)] for kind in KINDS}
    ends = ends_of(service, clients)
    faults = [fault(kind, ends.get(kind), members) for kind, members in clients.items()]
    sent = sum(client.sent for members in clients.values() for client in members)
    for client in (client for members in clients.values() for client in members):
        client.connection.close()
    found = outcome(b"", service.exchange(CLOSING_GET % b"/word/a/1"))
    return Outcome(sent, found.status, "; ".join(filter(None, faults)))


HEADS = 2_000


@attack("200", cpu=3_000, memory=300)
def half_heads_of_30_kb(service):
    """2,000 clients send a large part of a head, and no more. another client gets its responses meanwhile.

    Each occupies up to four times what it sent: hyper keeps it, and so do we for a second look, both with room for more."""
    half = b"GET /word/a/1 HTTP/1.1\r\nhost: localhost\r\n" + b"x-a: " + b"a" * 30_000
    kind = Kind("half heads", HEADS, half, 9, 14)
    clients = {kind: [Client(service, kind) for _ in range(kind.count)]}
    for client in clients[kind]:
        client.send()
    found = outcome(half * HEADS, service.exchange(CLOSING_GET % b"/word/a/1"))
    found.failure = fault(kind, ends_of(service, clients).get(kind), []) or ""
    for client in clients[kind]:
        client.connection.close()
    return found
