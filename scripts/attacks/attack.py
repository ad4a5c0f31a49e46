"""What an attack is."""

import dataclasses
import math
import typing

from attacks.service import Service


@dataclasses.dataclass
class Outcome:
    """What an attack led to."""

    sent: int
    """The bytes that were sent."""
    status: str
    """The status of the response, or several of them."""
    failure: str = ""
    """What is wrong, if the attack checks more than the runner does."""
    note: str = ""
    """A figure of its own."""


@dataclasses.dataclass
class Attack:
    run: typing.Callable
    start: typing.Callable
    """Starts the service, until the end of a block."""
    program: str
    statuses: str
    cpu: float
    """The maximum processor time, in ms."""
    memory: float
    """The maximum growth of the memory, in MB."""
    is_exact: bool
    """Whether its result depends neither on the machine nor on the profile of the build."""
    debug_statuses: str
    """What else the statuses may be in a debug build, which may run out of time."""
    debug_cpu: float
    """The maximum processor time in a debug build, if the service bounds it, in ms."""

    @property
    def name(self):
        return self.run.__name__.replace("_", " ")


class NotPossible(Exception):
    """This process may not do what the attack requires."""


ATTACKS = []


def attack(
    statuses,
    program="wire-service",
    cpu=100.0,
    memory=42.0,
    start=None,
    is_exact=False,
    debug_statuses="",
    debug_cpu=math.inf,
):
    """Declares an attack: the statuses that the response must have, and what it may cost.

    The service is started without options, unless `start` does it: it gets the program, and is a context manager. Memory is
    at most 20 times the content by default."""

    def declare(run):
        begin = start or Service
        ATTACKS.append(Attack(run, begin, program, statuses, cpu, memory, is_exact, debug_statuses, debug_cpu))
        return run

    return declare


def faults(**expected):
    """What was expected and is not true, in words."""
    return ", ".join(f"not {name.replace('_', ' ')}" for name, is_true in expected.items() if not is_true)
