"""What the board's page may report, checked: whoever holds the page can send anything."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

LONGEST_TEXT = 20_000
"""Characters of an idea that are passed on. The store refuses beyond 10,000 in a sentence
that says how many there were; what is longer still is nobody's typing."""
LONGEST_WORD = 200
MOST_PICKED = 2_000
_LARGEST_NUMBER = 2**53
"""The page counts in floating point: beyond this its whole numbers are not whole."""


def _text(longest: int) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and len(value) <= longest


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and abs(value) <= _LARGEST_NUMBER


def _content(value: Any) -> bool:
    """Whether it is a small flat record of texts and whole numbers."""
    if not isinstance(value, dict) or len(value) > 8:
        return False
    return all(
        _text(LONGEST_WORD)(name) and (each is None or _whole(each) or _text(LONGEST_TEXT)(each))
        for name, each in value.items()
    )


def _picked(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= MOST_PICKED and all(map(_whole, value))


_word = _text(LONGEST_WORD)
FIELDS: Mapping[str, Mapping[str, Callable[[Any], bool]]] = {
    "hello": {"token": _word},
    "join": {"code": _word, "name": _word, "side": _word},
    "move": {"key": _word, "action": _word, "content": _content},
    "draft": {"text": _text(LONGEST_TEXT)},
    "lang": {"value": _word},
    "theme": {"value": _word},
    "leave": {},
    "pick": {"ideas": _picked},
}
"""What a page can ask for → its fields, and what each must be."""


def checked_message(content: Any) -> dict[str, Any] | None:
    """Return a report of the page with the fields it may have, or None if it is malformed.

    Parameters
    ----------
    content : Any
        Whatever arrived.

    Returns
    -------
    dict or None
        ``do`` and that action's fields; whatever else was sent is left out. Types and
        lengths are checked, not what they mean: that is the store's.

    Examples
    --------
    >>> checked_message({"do": "draft", "text": "call", "role": "admin"})
    {'do': 'draft', 'text': 'call'}
    >>> checked_message({"do": "draft", "text": 3}) is None
    True
    """
    if not isinstance(content, dict):
        return None
    name = content.get("do")
    fields = FIELDS.get(name) if isinstance(name, str) else None
    if fields is None or not all(field in content and fits(content[field]) for field, fits in fields.items()):
        return None
    return {"do": name, **{field: content[field] for field in fields}}


def plain(value: Any) -> Any:
    """Return a value as JSON can carry it: a time becomes text, a missing number None.

    Examples
    --------
    >>> plain({"n": float("nan"), "ids": (1, 2)})
    {'n': None, 'ids': [1, 2]}
    """
    if isinstance(value, Mapping):
        return {str(name): plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(each) for each in value]
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if value is None or isinstance(value, str | bool | int | float):
        return value
    return str(value)
