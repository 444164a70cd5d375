"""Answers of the state file that are asked for many times between two writes."""

from __future__ import annotations

import os
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

_Answer = TypeVar("_Answer")
_COUNTER = slice(24, 28)
"""Where an SQLite file counts its commits: section 1.3.7 of its "Database File Format"."""


class Remembered:
    """Answers kept for as long as nobody has written, in this process or another.

    A screen asks for its cycle hundreds of times between two writes. Each question opens
    the file, which costs a hundred times as much as a look at its count of commits. With a
    rollback journal, which this product's files have, every commit is counted.

    Parameters
    ----------
    path : pathlib.Path or None
        The SQLite file; None remembers nothing, as for a server.

    Examples
    --------
    >>> asked = []
    >>> nothing = Remembered(None)
    >>> [nothing.answer("cycles", lambda: asked.append(1) or len(asked)) for _ in range(2)]
    [1, 2]
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._known: dict[Hashable, tuple[Any, Any]] = {}

    def answer(self, question: Hashable, ask: Callable[[], _Answer]) -> _Answer:
        """Return what is remembered, or ask; what is returned must not be changed.

        Parameters
        ----------
        question : hashable
            Names what is asked.
        ask : callable
            Reads the answer, in a transaction of its own.
        """
        before = self._commits()
        if before is None:
            return ask()
        known = self._known.get(question)
        if known is not None and known[0] == before:
            found: _Answer = known[1]
            return found
        answer = ask()
        # Whoever wrote while it was read makes it nobody's answer.
        if self._commits() == before:
            self._known[question] = (before, answer)
        return answer

    def _commits(self) -> tuple[int | bytes, ...] | None:
        """Return which file it is, and how often it was committed to."""
        if self._path is None:
            return None
        try:
            with self._path.open("rb", buffering=0) as file:
                which = os.fstat(file.fileno())
                counter = file.read(_COUNTER.stop)[_COUNTER]
        except OSError:
            return None
        # A copy put in its place may have seen as many commits.
        return which.st_dev, which.st_ino, which.st_size, which.st_mtime_ns, counter
