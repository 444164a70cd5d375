"""One line of the doctor's report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from workbench import locale

Level = Literal["good", "watch", "bad"]


@dataclass(frozen=True)
class Finding:
    """What one check found.

    Parameters
    ----------
    level : {"good", "watch", "bad"}
        Fine; works but should be known; must be mended.
    key : str
        Key of the sentence in the message catalogues.
    values : dict, default={}
        What fills the sentence's placeholders.

    Examples
    --------
    >>> Finding("good", "machine.python.good", {"version": "3.12.1"}).message("en")
    'Python 3.12.1'
    """

    level: Level
    key: str
    values: dict[str, Any] = field(default_factory=dict)

    def message(self, lang: str = "en") -> str:
        """Return the sentence in a language, ``"en"`` or ``"zh_CN"``."""
        return locale.text(self.key, lang, **self.values)
