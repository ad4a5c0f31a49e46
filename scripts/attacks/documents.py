"""Documents that grow, and that nobody reads."""

import contextlib
import http.client
import json
import socket
import time

from attacks.attack import Outcome, attack, faults
from attacks.database import with_database
from attacks.requests import GET, LIMIT, status, statuses
from attacks.service import WAIT

DOCUMENT = "/00000000-0000-4000-8000-000000000000"


@attack("200 413", program="store", cpu=5_000, memory=100, start=with_database, is_exact=True)
def document_that_grows(service):
    """Each of 25 requests adds 2 MiB to it."""
    connection = http.client.HTTPConnection(*service.address, timeout=WAIT)
    seen = [put(connection, str(number)) for number in range(25)]
    connection.request("GET", DOCUMENT)
    size = len(connection.getresponse().read())
    return Outcome(25 * LIMIT, statuses(seen), faults(bounded=size < LIMIT), f"{size} bytes")


@attack("200", program="store", cpu=5_000, memory=250, start=with_database, is_exact=True)
def large_documents_that_nobody_reads(service):
    """20 clients ask for the largest document, and read nothing. When they are gone, their memory is there for others."""
    put(http.client.HTTPConnection(*service.address, timeout=WAIT), "large")
    seen, peaks = [], []
    for _ in range(3):
        seen += unread(service, clients=20)
        peaks.append(service.peak())
    return Outcome(0, statuses(seen), faults(used_again=peaks[-1] - peaks[0] < 30))


def unread(service, clients):
    """The statuses of responses that are not read."""
    with contextlib.ExitStack() as connections:
        opened = [connections.enter_context(service.connect(receive_buffer=1 << 12)) for _ in range(clients)]
        for connection in opened:
            connection.sendall(GET % DOCUMENT.encode())
        seen = [status(connection.recv(16, socket.MSG_PEEK)) for connection in opened]
    while service.holds():
        time.sleep(0.05)
    return seen


def put(connection, name):
    """Adds a field of almost 2 MiB to a document."""
    content = json.dumps({name: "x" * (LIMIT - 100)})
    connection.request("PUT", DOCUMENT, content, {"content-type": "application/json"})
    response = connection.getresponse()
    response.read()
    return str(response.status)
