"""Look a message up in the catalogues."""

from __future__ import annotations

import tomllib
from functools import cache
from importlib import resources
from typing import Any

LANGUAGES = ("en", "zh_CN")


def normal_language(wanted: str | None) -> str:
    """Return the catalogue for what a browser or a person asked for.

    Examples
    --------
    >>> normal_language("zh"), normal_language("en-GB"), normal_language(None)
    ('zh_CN', 'en', 'en')
    """
    return "zh_CN" if wanted and wanted.lower().startswith("zh") else "en"


def _flatten(table: dict[str, Any], prefix: str) -> dict[str, str]:
    flat: dict[str, str] = {}
    for name, value in table.items():
        key = f"{prefix}.{name}"
        if isinstance(value, dict):
            flat.update(_flatten(value, key))
        else:
            flat[key] = value
    return flat


@cache
def _catalogue(lang: str) -> dict[str, str]:
    messages: dict[str, str] = {}
    for entry in sorted(resources.files(__package__).joinpath(lang).iterdir(), key=lambda e: e.name):
        if entry.name.endswith(".toml"):
            parsed = tomllib.loads(entry.read_text(encoding="utf-8"))
            messages.update(_flatten(parsed, entry.name.removesuffix(".toml")))
    return messages


@cache
def keys(lang: str = "en") -> frozenset[str]:
    """Return every message key of a language."""
    return frozenset(_catalogue(lang))


def text(key: str, lang: str = "en", /, **values: Any) -> str:
    """Return a message in a language, with its placeholders filled.

    Parameters
    ----------
    key : str
        Key in the catalogues, for example ``"shell.stage.insight"``.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.
    **values : Any
        Values of the placeholders ``{name}``. They are inserted as they are: who
        shows the text on a page escapes it there.

    Returns
    -------
    str

    Raises
    ------
    KeyError
        If no such message exists: a fault of ours, caught by the tests.

    Examples
    --------
    >>> text("shell.stage.insight", "zh_CN")
    '客户洞察'
    """
    message = _catalogue(lang)[key]
    return message.format(**values) if values else message
