"""What a screen is made of: small records that a template draws."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Tone = Literal["", "good", "warn", "bad"]
Fact = tuple[str, str]


@dataclass(frozen=True)
class Button:
    """A button of the title row; a blocked one says why it does nothing; `href` leads to a page.

    One with `choices` (value, label) opens a menu of them, with a note and the Python of it.
    """

    action: str
    label: str
    primary: bool = False
    blocked: str = ""
    value: str = ""
    href: str = ""
    choices: tuple[tuple[str, str], ...] = ()
    note: str = ""
    hint: str = ""


@dataclass(frozen=True)
class Heading:
    """The finding of a screen, what it rests on, and at most three buttons."""

    title: str
    subtitle: str
    buttons: tuple[Button, ...] = ()


@dataclass(frozen=True)
class Kpi:
    """One figure of the strip; the note is one line of comparison or interval."""

    label: str
    value: str
    unit: str = ""
    note: str = ""
    tone: Tone = ""
    exact: str = ""


@dataclass(frozen=True)
class StageLink:
    """One stage in the top bar: its state carries a sign and a word."""

    name: str
    href: str
    state: Literal["done", "stale", "current", "not_started"]
    sign: str
    detail: str
    current: bool


@dataclass(frozen=True)
class Banner:
    """What a screen has to say; kept as a message's key, so that it follows the language.

    Parameters
    ----------
    kind : {"note", "done", "warn", "error"}
        How grave it is.
    key : str
        The message.
    values : dict
        Its placeholders.
    """

    kind: Literal["note", "done", "warn", "error"]
    key: str
    values: dict[str, Any] = field(default_factory=dict)

    @property
    def sign(self) -> str:
        """The sign that goes with the colour."""
        return {"note": "i", "done": "✓", "warn": "!", "error": "✕"}[self.kind]


@dataclass(frozen=True)
class Progress:
    """How far a running job is; `phase` is a message's key."""

    fraction: float
    phase: str
    seconds_left: float | None = None
