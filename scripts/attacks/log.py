"""What clients can write to the log."""

from attacks.attack import Outcome, attack
from attacks.requests import status, statuses
from attacks.service import Service

REQUEST = b"BREW /1/" + b"1" * 7_000 + b" HTTP/1.1\r\nhost: localhost\r\n\r\n"


def with_each_request(program):
    """Starts a service that logs each request."""
    return Service(program, log="info")


@attack("501", program="geoip", cpu=2_000, start=with_each_request, is_exact=True)
def long_targets_with_an_unknown_method(service):
    """1,000 of them; the runner looks at the size of the log."""
    found = []
    for _ in range(1_000):
        with service.connect() as connection:
            connection.sendall(REQUEST)
            found.append(status(connection.recv(1 << 12)))
    return Outcome(len(REQUEST) * 1_000, statuses(found))
