"""The command line's language, and its help in that language."""

from __future__ import annotations

import os
import re
from typing import Any

from typer.core import TyperCommand, TyperGroup

from workbench import locale

MESSAGE_PREFIXES = ("cli.heading.",)

# What the parser writes by itself, at the beginning of a line or as a whole phrase.
_HEADINGS = {
    "usage": r"^Usage:",
    "options": r"^Options:",
    "arguments": r"^Arguments:",
    "commands": r"^Commands:",
    "show_help": r"Show this message and exit\.",
    "required": r"\[required\]",
    "default": r"\[default: ",
}


def machine_language() -> str:
    """Return the catalogue for the language that this machine's environment names.

    Examples
    --------
    >>> machine_language() in ("en", "zh_CN")
    True
    """
    for name in ("WORKBENCH_LANG", "LC_ALL", "LC_MESSAGES", "LANG"):
        if os.environ.get(name):
            return locale.normal_language(os.environ[name])
    return "en"


def say(key: str, **values: Any) -> str:
    """Return a message in the machine's language."""
    return locale.text(key, machine_language(), **values)


def translate_help(text: str, lang: str) -> str:
    """Return the parser's help with its own headings in a language.

    Parameters
    ----------
    text : str
        What the parser wrote.
    lang : {"en", "zh_CN"}
        The language.

    Returns
    -------
    str

    Examples
    --------
    >>> translate_help("Usage: workbench up", "zh_CN")
    '用法： workbench up'
    """
    for name, pattern in _HEADINGS.items():
        heading = locale.text(f"cli.heading.{name}", lang)
        text = re.sub(pattern, heading.replace("\\", "\\\\"), text, flags=re.M)
    return text


class Command(TyperCommand):
    """A command whose help is in the machine's language."""

    def get_help(self, ctx: Any) -> str:
        """Return the help text."""
        return translate_help(super().get_help(ctx), machine_language())


class Group(TyperGroup):
    """The list of commands, in the machine's language."""

    def get_help(self, ctx: Any) -> str:
        """Return the help text."""
        return translate_help(super().get_help(ctx), machine_language())
