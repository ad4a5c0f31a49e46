"""Logins that nobody waits for."""

import os
import time

from attacks.attack import attack
from attacks.requests import head, post


@attack("200", program="user", cpu=500, memory=os.cpu_count() * 20 + 20)
def logins_that_are_given_up(service):
    """600 clients begin to log in and go away. One that comes then waits for what has begun, which has 19 MiB per core."""
    form = {"content_type": "application/x-www-form-urlencoded"}
    created = post(service, "/1/", b"email=ada&password=secret", **form)
    if created.status != "201":
        return created
    given_up = head("/1/auth/nobody", {**form, "content_length": "10"}) + b"password=a"
    for _ in range(600):
        with service.connect() as connection:
            connection.sendall(given_up)
    begin = time.monotonic()
    while True:
        found = post(service, "/1/auth/ada", b"password=secret", **form)
        if found.status != "503":
            break
        time.sleep(0.01)
    waited = time.monotonic() - begin
    found.failure = f"the login takes {waited:.2f} s" if waited > 0.5 else ""
    return found
