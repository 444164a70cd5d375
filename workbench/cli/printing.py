"""Tables and progress on a terminal."""

from __future__ import annotations

import sys
import time
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

import typer

from workbench import locale
from workbench.cli.words import say


def shown_width(text: str) -> int:
    """Return how many columns a text takes; a Chinese character takes two.

    Examples
    --------
    >>> shown_width("ab"), shown_width("客户")
    (2, 4)
    """
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def table_text(headings: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """Return rows under their headings, columns aligned, numbers to the right.

    Parameters
    ----------
    headings : sequence of str
        The columns' names.
    rows : iterable of sequences
        The cells.

    Returns
    -------
    str

    Examples
    --------
    >>> print(table_text(["file", "rows"], [["a.csv", 1200], ["b.csv", 7]]))
    file    rows
    a.csv  1,200
    b.csv      7
    """
    numeric = [True] * len(headings)
    cells = []
    for row in rows:
        for place, cell in enumerate(row):
            numeric[place] = numeric[place] and isinstance(cell, (int, float))
        cells.append([f"{cell:,}" if isinstance(cell, (int, float)) else str(cell) for cell in row])
    if not cells:
        numeric = [False] * len(headings)
    lines = [list(headings), *cells]
    widths = [max(shown_width(line[place]) for line in lines) for place in range(len(headings))]
    printed = []
    for line in lines:
        padded = []
        for place, cell in enumerate(line):
            gap = " " * (widths[place] - shown_width(cell))
            padded.append(gap + cell if numeric[place] else cell + gap)
        printed.append("  ".join(padded).rstrip())
    return "\n".join(printed)


def _in_words(phase: str) -> str:
    """Return a phase's name in the machine's language, where it is a message's key."""
    return say(phase) if phase in locale.keys("en") else phase


class Progress:
    """A callback that shows how far something is: one line that moves, or plain lines.

    Called with a share from 0 to 1 and the key of a phase's name, or with one of them.
    """

    def __init__(self) -> None:
        self.is_terminal = sys.stdout.isatty()
        self._started = time.monotonic()
        self._last = ""

    def __call__(self, *told: Any) -> None:
        """Show one step."""
        share = next((part for part in told if isinstance(part, (int, float))), None)
        # A part of something longer says that it is done; the whole is not.
        named = (part for part in told if isinstance(part, str) and not part.endswith(".phase.done"))
        words = next(map(_in_words, named), "")
        if not self.is_terminal:
            if words and words != self._last:
                typer.echo(f"  {time.monotonic() - self._started:4.0f} s  {words}")
            self._last = words or self._last
            return
        self._last = words or self._last
        percent = f"{min(max(share, 0.0), 1.0):4.0%} " if share is not None else ""
        line = f"  {percent}{self._last}"[:100]
        typer.echo("\r" + line + " " * max(0, 100 - shown_width(line)), nl=False)

    def done(self) -> None:
        """End the moving line."""
        if self.is_terminal and self._last:
            typer.echo("")
        self._last = ""
