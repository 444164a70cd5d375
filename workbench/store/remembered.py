"""Answers of the state file that are asked for many times between two writes."""

from __future__ import annotations

import os
import sqlite3
import threading
import weakref
from collections.abc import Callable, Hashable
from pathlib import Path
from typing import Any, TypeVar

_Answer = TypeVar("_Answer")
_listening: weakref.WeakKeyDictionary[Remembered, None] = weakref.WeakKeyDictionary()


class Remembered:
    """Answers kept for as long as nobody has written, in this process or another.

    A screen asks for its cycle hundreds of times between two writes. SQLite itself says
    whether somebody has committed since, for much less than an answer costs; the file must
    not be looked at past it, since closing any handle on a file drops the locks that the
    process holds on it.

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
        self._lock = threading.Lock()
        self._ear: _Ear | None = None
        _listening[self] = None

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

    def rest(self) -> None:
        """Hold no file open until the next question."""
        with self._lock:
            if self._ear is not None:
                self._ear.close()
                self._ear = None

    def _commits(self) -> tuple[object, ...] | None:
        """Return which file it is and what was last committed to it; None if nobody can say."""
        if self._path is None:
            return None
        with self._lock:
            try:
                which = self._path.stat()
                if self._ear is None or self._ear.file != (which.st_dev, which.st_ino):
                    if self._ear is not None:
                        self._ear.close()
                    self._ear = _Ear(self._path, (which.st_dev, which.st_ino))
                # A copy written over it may have seen as many commits: hence size and moment.
                return self._ear, self._ear.version(), which.st_size, which.st_mtime_ns
            except (OSError, sqlite3.Error):
                return None


class _Ear:
    """A connection that reads nothing but whether others have committed; it never writes."""

    def __init__(self, path: Path, file: tuple[int, int]) -> None:
        self.file = file
        self._connection = sqlite3.connect(
            f"{path.absolute().as_uri()}?mode=ro",
            uri=True,
            timeout=0,
            isolation_level=None,
            check_same_thread=False,
        )
        self.close = weakref.finalize(self, self._connection.close)

    def version(self) -> int:
        """Return a number that changes with every commit of anybody, while this stays open."""
        ((version,),) = self._connection.execute("PRAGMA data_version").fetchall()
        return int(version)


def _rest_all() -> None:
    # Another thread may open a project meanwhile, which a list of references does not mind.
    for remembered in [reference() for reference in _listening.keyrefs()]:
        if remembered is not None:
            remembered.rest()


# A connection must never cross a fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(before=_rest_all)
