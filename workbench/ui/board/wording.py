"""The board's words in a language, as the page gets them."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType

from workbench import locale

MESSAGE_PREFIXES = ("room_page.board.",)


@cache
def _messages(lang: str) -> MappingProxyType[str, str]:
    begin = MESSAGE_PREFIXES[0]
    found = {
        key.removeprefix(begin): locale.text(key, lang)
        for key in sorted(locale.keys(lang))
        if key.startswith(begin)
    }
    return MappingProxyType(found)


def words(lang: str = "en") -> dict[str, str]:
    """Return every word of the board, with its placeholders as they are: the page fills them.

    Parameters
    ----------
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``, or what a browser asks for.

    Returns
    -------
    dict of str to str
        Name in the catalogue's table ``[board]`` → text.

    Examples
    --------
    >>> words("en")["stage_vote"], words("zh_CN")["stage_vote"]
    ('Vote', '投票')
    """
    return dict(_messages(locale.normal_language(lang)))
