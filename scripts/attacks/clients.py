"""Many clients, which wait or send slowly."""

from attacks.attack import Outcome, attack
from attacks.requests import CLOSING_GET, GET, LIMIT, head, outcome, statuses, status

IDLE = 9_900
"""How many connections are idle at once; a service has at most 10,000."""


@attack("200", program="geoip", cpu=10_000, memory=150)
def ten_thousand_idle_connections(service):
    """They ask once, and stay; another client gets its responses meanwhile."""
    request = GET % b"/1/130.59.31.80"
    connections = []
    try:
        for _ in range(IDLE):
            connection = service.connect()
            connection.sendall(request)
            connections.append(connection)
            connection.recv(1 << 12)
        response = service.exchange(CLOSING_GET % b"/1/130.59.31.80")
    finally:
        for connection in connections:
            connection.close()
    return outcome(request * IDLE, response)


@attack("408", cpu=5_000, memory=1_000)
def content_that_stalls(service):
    """400 clients send all of their content but the last byte. They get a 408, and what they sent is freed."""
    request = head("/attacked/bytes", {"content_length": str(LIMIT)}) + b"x" * (LIMIT - 1)
    connections, found = [], []
    try:
        for _ in range(400):
            connection = service.connect()
            connection.sendall(request)
            connections.append(connection)
        for connection in connections:
            found.append(status(connection.recv(1 << 12)))
    finally:
        for connection in connections:
            connection.close()
    held = service.memory()
    failure = f"{held:.0f} MB are held" if held > 100 else ""
    return Outcome(len(request) * 400, statuses(found), failure)
