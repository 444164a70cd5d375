"""Work that takes a while: off the main thread, with progress and a way to cancel."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from workbench.ui.state.guard import guarded
from workbench.ui.state.parts import Banner, Progress

if TYPE_CHECKING:
    from workbench.ui.state.base import ScreenState

Report = Callable[[float, str], None]


class Cancelled(Exception):
    """Raised inside a job at its next report after the user pressed Cancel."""


class Jobs:
    """The running job of one screen; a newer one replaces it.

    A result is handed over on the main thread when there is an event loop, and only if
    no newer job was started meanwhile: a stale result is never painted over a newer one.

    Parameters
    ----------
    state : ScreenState
        Whose ``progress`` and ``banner`` the job writes.
    """

    def __init__(self, state: ScreenState) -> None:
        self._state = state
        self._number = 0
        self._cancel = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self, work: Callable[[Report], Any], done: Callable[[Any], None], phase: str) -> None:
        """Run ``work(report)`` in a thread, then ``done(result)``.

        Parameters
        ----------
        work : callable
            Gets ``report(fraction, phase_key)``; must call it often enough that Cancel
            is felt, and must not touch the screen.
        done : callable
            Gets the result; may touch the screen and the store.
        phase : str
            Message key of the first phase.
        """
        self.cancel()
        self._number += 1
        number, cancelled = self._number, threading.Event()
        self._cancel = cancelled
        loop = _running_loop()
        started = time.monotonic()

        def report(fraction: float, phase_key: str) -> None:
            if cancelled.is_set():
                raise Cancelled
            gone = time.monotonic() - started
            left = gone / fraction - gone if fraction > 0.02 else None
            _on_main(loop, lambda: self._show(number, Progress(min(fraction, 1.0), phase_key, left)))

        def run() -> None:
            outcome: list[Callable[[], None]] = []
            try:
                result = work(report)
                outcome.append(lambda: done(result))
            except Cancelled:
                outcome.append(lambda: self._say(Banner("note", "shell.cancelled")))
            except Exception as problem:
                fault = problem
                outcome.append(lambda: self._raise(fault))
            _on_main(loop, lambda: self._finish(number, outcome[0]))

        self._state.progress = Progress(0.0, phase)
        self._thread = threading.Thread(target=run, name=f"workbench-job-{number}", daemon=True)
        self._thread.start()

    def cancel(self) -> None:
        """Ask the running job to stop at its next report."""
        self._cancel.set()

    def wait(self, timeout: float = 60.0) -> bool:
        """Wait for the job's thread; return whether it ended. For scripts and tests."""
        if self._thread is not None:
            self._thread.join(timeout)
            return not self._thread.is_alive()
        return True

    def _show(self, number: int, progress: Progress) -> None:
        if number == self._number:
            self._state.progress = progress

    def _finish(self, number: int, outcome: Callable[[], None]) -> None:
        if number != self._number:
            return
        self._state.progress = None
        with guarded(self._state):
            outcome()

    def _say(self, banner: Banner) -> None:
        self._state.banner = banner

    @staticmethod
    def _raise(fault: Exception) -> None:
        raise fault


def _running_loop() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _on_main(loop: asyncio.AbstractEventLoop | None, call: Callable[[], None]) -> None:
    if loop is None or loop.is_closed():
        call()
    else:
        loop.call_soon_threadsafe(call)
