"""More than the service may do or hold at once."""

import contextlib
import resource
import socket
import struct
import time

from attacks.attack import Outcome, attack, faults
from attacks.requests import CLOSING_GET, GET, outcome, status
from attacks.service import Service

REQUESTS = 1_024
"""How many requests may be in progress by default."""
CONNECTIONS = 100
"""How many connections may be open."""
RESET = struct.pack("ii", 1, 0)
"""Makes closing a connection a reset. Otherwise, a client may still wait for the response."""
DESCRIPTORS = 64
"""How many file descriptors the service may have."""


def is_answered(connection, seconds):
    """Whether there is a response within this time."""
    connection.settimeout(seconds)
    with contextlib.suppress(TimeoutError):
        return status(connection.recv(1 << 12)) == "200"
    return False


@contextlib.contextmanager
def with_few_connections(program):
    with Service(program, "--limits-connections", str(CONNECTIONS)) as service:
        yield service


@contextlib.contextmanager
def work_without_end(service, count):
    """As many requests as this are in progress in the block: each of them connects to this listener when it begins."""
    with contextlib.ExitStack() as open_until_the_end, socket.create_server(("127.0.0.1", 0), backlog=2 * count) as listener:
        request = GET % b"/work/async/%d" % listener.getsockname()[1]
        for _ in range(count):
            client = open_until_the_end.enter_context(service.connect())
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            client.sendall(request)
            open_until_the_end.enter_context(listener.accept()[0])
        yield


@attack("503", cpu=2_000, is_exact=True)
def too_many_requests(service):
    """1,024 of them wait. Another one gets a 503, unless it is for the documentation, until they have ended."""
    with work_without_end(service, REQUESTS):
        refused = refused_response(service)
        documentation = service.exchange(CLOSING_GET % b"/_internal/help.json")
    found = outcome(b"", refused)
    found.failure = faults(
        Retry_After=b"\r\nretry-after: " in refused.lower(),
        documentation=status(documentation) == "200",
        served_again=is_served_again(service),
    )
    return found


def refused_response(service):
    """The response to another request. A request counts at the end of its turn, which the last one may not have reached yet."""
    for _ in range(20):
        response = service.exchange(CLOSING_GET % b"/word/a/1")
        if status(response) != "200":
            break
        time.sleep(0.05)
    return response


def is_served_again(service):
    """Whether requests are served as soon as the service has noticed that the others have ended."""
    for _ in range(100):
        if status(service.exchange(CLOSING_GET % b"/word/a/1")) == "200":
            return True
        time.sleep(0.05)
    return False


@attack("200", start=with_few_connections, is_exact=True)
def too_many_connections(service):
    """The newest waits until another one is closed."""
    connections = [service.connect() for _ in range(CONNECTIONS)]
    for connection in connections:
        connection.sendall(GET % b"/word/a/1")
        connection.recv(1 << 12)
    with service.connect() as newest:
        newest.sendall(GET % b"/word/a/1")
        has_waited = not is_answered(newest, 0.5)
        connections.pop().close()
        found = faults(wait=has_waited, served=is_answered(newest, 10))
    for connection in connections:
        connection.close()
    return Outcome(0, "200", found)


@attack("200", is_exact=True)
def no_file_descriptors(service):
    """Those who are connected are served, and the others when there are descriptors again. Nothing spins meanwhile."""
    service.limit(resource.RLIMIT_NOFILE, DESCRIPTORS)
    connections = [service.connect() for _ in range(2 * DESCRIPTORS)]
    for connection in connections:
        connection.sendall(GET % b"/word/a/1")
    first, last = connections[0], connections[-1]
    first_is_served = is_answered(first, 10)
    last_waits = not is_answered(last, 0.5)
    before = service.cpu()
    time.sleep(3)
    spent = service.cpu() - before
    first.sendall(GET % b"/word/a/1")
    first_is_served &= is_answered(first, 10)
    for connection in connections[:-1]:
        connection.close()
    found = faults(
        first_served=first_is_served,
        wait=last_waits,
        idle=spent < 1_000,
        last_served=is_answered(last, 10),
        one_line_in_the_log=service.logged() < 1,
    )
    last.close()
    return Outcome(0, "200", found, f"{spent:.0f} ms in 3 s without descriptors")
