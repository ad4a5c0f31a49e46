"""Requests that nobody waits for."""

import contextlib
import os
import socket
import time

from attacks.attack import Outcome, attack, faults
from attacks.requests import GET, head, post


def close(connection):
    connection.close()


def close_after_more(connection):
    """The server cannot read the end of what was sent before the byte."""
    connection.sendall(b"G")
    connection.close()


def close_half_first(connection):
    """The interim response, or another one, is read before the connection is closed wholly."""
    connection.shutdown(socket.SHUT_WR)
    connection.recv(1 << 16)
    connection.close()


WAYS = [close, close_after_more, close_half_first]
"""How clients go away."""


@attack("closed", is_exact=True)
def requests_of_clients_that_are_gone(service):
    """Their methods would never end. Each is dropped, in time for the next interim response at the latest."""
    works, sent = [], 0
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listener:
        for way in WAYS * 20:
            connection = service.connect()
            request = GET % b"/work/async/%d" % listener.getsockname()[1]
            connection.sendall(request)
            works.append(listener.accept()[0])
            way(connection)
            sent += len(request)
    begin = time.monotonic()
    closed = []
    for work in works:
        work.settimeout(max(0.1, begin + 10 - time.monotonic()))
        with contextlib.closing(work), contextlib.suppress(TimeoutError):
            closed.append(work.recv(1) == b"")
    found = faults(all_noticed=len(closed) == len(works))
    return Outcome(sent, "closed", found, f"{len(closed)} of {len(works)} in {time.monotonic() - begin:.1f} s")


@attack("200", program="user", cpu=1_000, memory=os.cpu_count() * 20 + 20)
def logins_that_are_given_up(service):
    """600 clients begin to log in and go away in several ways. One that comes then waits for what has begun, which has 19 MiB per core."""
    form = {"content_type": "application/x-www-form-urlencoded"}
    created = post(service, "/1/", b"email=ada&password=secret", **form)
    if created.status != "201":
        return created
    given_up = head("/1/auth/nobody", {**form, "content_length": "10"}) + b"password=a"
    for way in WAYS * 200:
        connection = service.connect()
        connection.sendall(given_up)
        way(connection)
    begin = time.monotonic()
    while True:
        found = post(service, "/1/auth/ada", b"password=secret", **form)
        if found.status != "503":
            break
        time.sleep(0.01)
    waited = time.monotonic() - begin
    found.failure = f"the login takes {waited:.2f} s" if waited > 0.5 else ""
    return found
