"""Databases that are full or locked, and services that are killed while they write."""

import contextlib
import http.client
import itertools
import json
import os
import pathlib
import resource
import sqlite3
import subprocess
import tempfile
import threading
import time
import urllib.parse

from attacks.attack import NotPossible, Outcome, attack, faults
from attacks.requests import post, statuses
from attacks.service import WAIT, Service

FORM = "application/x-www-form-urlencoded"
WRITERS = 16
NUMBERS = itertools.count()
"""What was not written before."""
SIZE = 20_000
"""The size of what is written, in bytes."""
ROOM = 3 << 20
"""How much room there is for a database, in bytes."""
HASHING = os.cpu_count() * 20 + 40
"""The memory for passwords that are hashed, and 40 MB for everything else."""


# Clients that write


class Writer:
    """A client that creates things, and knows what was acknowledged."""

    def __init__(self, service, kind):
        self.kind = kind
        self.connection = http.client.HTTPConnection(*service.address, timeout=WAIT)
        self.statuses = []
        self.acknowledged = {}
        """The content of each by its path."""
        self.last = None

    def write(self, number):
        """Creates the thing with this number."""
        target, fields, content, kept = self.kind(number)
        self.connection.request("POST", target, content, fields)
        self.last = self.connection.getresponse()
        self.last.read()
        self.statuses.append(str(self.last.status))
        if self.last.status == 201:
            self.acknowledged[target + self.last.headers["location"].rpartition("/")[2]] = kept

    def write_until(self, has_ended):
        """Writes until it is told to end, or the service has ended."""
        with contextlib.suppress(OSError, http.client.HTTPException):
            while not has_ended(self):
                self.write(next(NUMBERS))


def document(number):
    text = f"{number}-".ljust(SIZE, "x")
    return "/", {"content-type": "application/json"}, json.dumps({"text": text}), text


def user(number):
    email = f"{number}-".ljust(SIZE, "x")
    form = urllib.parse.urlencode({"email": email, "password": "secret"})
    return "/1/", {"content-type": FORM}, form, email


@contextlib.contextmanager
def writers(service, kind, has_ended):
    """Many clients write during the block and then until they have ended."""
    found = [Writer(service, kind) for _ in range(WRITERS)]
    threads = [threading.Thread(target=writer.write_until, args=(has_ended,)) for writer in found]
    for thread in threads:
        thread.start()
    yield found
    for thread in threads:
        thread.join()


def acknowledged(writers):
    return {path: kept for writer in writers for path, kept in writer.acknowledged.items()}


def seen(writers):
    return statuses(status for writer in writers for status in writer.statuses)


def lost(service, acknowledged):
    """How many of those that were acknowledged cannot be read."""
    connection = http.client.HTTPConnection(*service.address, timeout=WAIT)
    count = 0
    for path, kept in acknowledged.items():
        connection.request("GET", path)
        response = connection.getresponse()
        count += kept.encode() not in response.read() or response.status != 200
    return count


# Services with a database


@contextlib.contextmanager
def with_database(program, folder=None):
    """Starts a service whose database is a file."""
    with tempfile.TemporaryDirectory(dir=folder) as folder:
        file = pathlib.Path(folder) / "data.db"
        with Service(program, "--database", file) as service:
            service.file = file
            yield service


@contextlib.contextmanager
def small_disk():
    """Mounts a small file system; yields its folder, and a function that makes it larger."""
    with tempfile.TemporaryDirectory() as folder:
        mount = ["mount", "-t", "tmpfs", "-o"]
        if subprocess.run([*mount, f"size={ROOM}", "attack", folder], stderr=subprocess.DEVNULL).returncode != 0:
            raise NotPossible("requires root")
        try:
            yield folder, lambda: subprocess.run([*mount, f"remount,size={20 * ROOM}", folder], check=True)
        finally:
            subprocess.run(["umount", folder], check=True)


@contextlib.contextmanager
def on_a_small_disk(program):
    """Starts a service whose database is in a small file system."""
    with small_disk() as (folder, make_room), with_database(program, folder) as service:
        service.make_room = make_room
        yield service


@contextlib.contextmanager
def with_small_files(program):
    """Starts a service whose files may not grow beyond a size."""
    with with_database(program) as service:
        service.limit(resource.RLIMIT_FSIZE, ROOM)
        service.make_room = lambda: service.limit(resource.RLIMIT_FSIZE, resource.RLIM_INFINITY)
        yield service


# Attacks


def without_room(service, kind):
    """Many clients write until there is no room. When there is, writes go on; nothing that was acknowledged is lost."""
    latest = time.monotonic() + 20
    with writers(service, kind, lambda writer: "503" in writer.statuses or time.monotonic() > latest) as clients:
        pass
    kept = acknowledged(clients)
    lost_without_room = lost(service, kept)
    service.make_room()
    later = Writer(service, kind)
    for _ in range(80):
        later.write(next(NUMBERS))
    kept |= later.acknowledged
    service.restart()
    found = faults(
        Retry_After=all(writer.last.headers["retry-after"] for writer in clients),
        readable_without_room=lost_without_room == 0,
        written_with_room=len(later.acknowledged) == 80,
        there_after_a_restart=lost(service, kept) == 0,
    )
    return Outcome(SIZE * len(kept), seen(clients), found, f"{len(kept)} acknowledged")


@attack("201 503", program="store", cpu=5_000, start=on_a_small_disk, is_exact=True)
def full_disk(service):
    return without_room(service, document)


@attack("201 503", program="user", cpu=15_000, memory=HASHING, start=on_a_small_disk, is_exact=True)
def full_disk_of_users(service):
    return without_room(service, user)


@attack("201 503", program="store", cpu=5_000, start=with_small_files, is_exact=True)
def files_that_cannot_grow(service):
    return without_room(service, document)


@attack("201 503", program="user", cpu=15_000, memory=HASHING, start=with_small_files, is_exact=True)
def files_of_users_that_cannot_grow(service):
    return without_room(service, user)


def locked(service, kind, is_usable=lambda _: True):
    """Another program locks it. Writes get a 503 and reads succeed; when it is free again, writes go on."""
    first = Writer(service, kind)
    first.write(next(NUMBERS))
    with contextlib.closing(sqlite3.connect(service.file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        begin = time.monotonic()
        with writers(service, kind, lambda writer: writer.statuses) as clients:
            time.sleep(0.5)
            lost_meanwhile = lost(service, first.acknowledged)
            is_usable_meanwhile = is_usable(service)
            read = time.monotonic() - begin - 0.5
        refused = time.monotonic() - begin
        other.execute("ROLLBACK")
    first.write(next(NUMBERS))
    found = faults(
        readable=lost_meanwhile == 0,
        usable=is_usable_meanwhile,
        readable_at_once=read < 2,
        refused_in_time=refused < 15,
        Retry_After=all(writer.last.headers["retry-after"] for writer in clients),
        written_again=first.statuses == ["201", "201"],
    )
    return Outcome(SIZE * WRITERS, seen(clients), found, f"read after {read:.1f} s, refused after {refused:.1f} s")


@attack("503", program="store", cpu=2_000, start=with_database, is_exact=True)
def locked_database(service):
    return locked(service, document)


@attack("503", program="user", cpu=5_000, memory=HASHING, start=with_database, is_exact=True)
def locked_database_of_users(service):
    """Logins only read, so that they succeed, too."""

    def login(service):
        found = post(service, "/1/auth/nobody", b"password=secret", content_type=FORM)
        return found.status == "401"

    return locked(service, user, login)


def killed(service, kind, times):
    """It is killed while many clients write, several times. Nothing that was acknowledged is lost, and writes go on."""
    kept, all_clients, lost_ones = {}, [], 0
    for _ in range(times):
        with writers(service, kind, lambda _: False) as clients:
            while sum(len(writer.acknowledged) for writer in clients) < 3 * WRITERS:
                time.sleep(0.05)
            service.kill()
        kept |= acknowledged(clients)
        all_clients += clients
        service.start()
        lost_ones += lost(service, kept)
    last = Writer(service, kind)
    last.write(next(NUMBERS))
    found = faults(nothing_lost=lost_ones == 0, written_again=last.statuses == ["201"])
    return Outcome(0, seen(all_clients), found, f"{len(kept)} acknowledged in {times} processes")


@attack("201", program="store", cpu=20_000, start=with_database, is_exact=True)
def killed_while_documents_are_written(service):
    return killed(service, document, times=10)


@attack("201", program="user", cpu=30_000, memory=HASHING, start=with_database, is_exact=True)
def killed_while_users_are_written(service):
    return killed(service, user, times=10)
