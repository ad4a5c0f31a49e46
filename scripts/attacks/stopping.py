"""A service that is told to stop while clients hold connections."""

import contextlib

from attacks.attack import attack
from attacks.requests import CLOSING_GET, GET, head, outcome
from attacks.service import Service

STOP_SECONDS = 2
SILENT = b""
IDLE = GET % b"/word/a/1"
HALF_A_HEAD = b"GET / HTTP/1.1\r\nhost: local"
STALLED_CONTENT = head("/attacked/bytes", {"content_length": 1_000, "expect": "100-continue"})


@contextlib.contextmanager
def with_little_time(program):
    """Starts a service that waits for its requests for a short time when it stops."""
    with Service(program, "--limits-stop-time", str(STOP_SECONDS)) as service:
        yield service


def connect(service, *requests):
    """Ten clients for each of these requests; the service has begun to respond to those whose head is complete."""
    connections = []
    for request in requests * 10:
        connection = service.connect()
        connection.sendall(request)
        if request.endswith(b"\r\n\r\n"):
            connection.recv(1 << 12)
        connections.append(connection)
    return connections


def stopped(service, connections, code, latest):
    """Stops it, checks how it ends, and that it starts again."""
    found, seconds = service.stop()
    for connection in connections:
        connection.close()
    service.start()
    restarted = outcome(b"", service.exchange(CLOSING_GET % b"/word/a/1"))
    if found != code:
        restarted.failure = f"exit code {found}"
    if seconds > latest:
        restarted.failure = f"it takes {seconds:.1f} s"
    restarted.note = f"stopped after {seconds:.1f} s"
    return restarted


@attack("200", is_exact=True)
def stopping_without_requests(service):
    """Clients that are silent or idle do not delay the end."""
    return stopped(service, connect(service, SILENT, IDLE), code=0, latest=2.5)


@attack("200", start=with_little_time, is_exact=True)
def stopping_with_requests_that_do_not_end(service):
    """They are cut off when the time is over."""
    connections = connect(service, SILENT, IDLE, HALF_A_HEAD, STALLED_CONTENT)
    return stopped(service, connections, code=1, latest=STOP_SECONDS + 3)
