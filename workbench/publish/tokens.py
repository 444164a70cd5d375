"""The token in front of every path: pages, static files and sockets alike."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Iterable
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

TOKEN_VARIABLE = "WORKBENCH_TOKEN"  # noqa: S105 (the variable's name)
_PURPOSE = b"workbench viewer cookie"


def new_token() -> str:
    """Return a token that nobody guesses (192 bits)."""
    return secrets.token_urlsafe(24)


class Token:
    """One process's token: who shows it once gets a cookie that stands for it.

    Parameters
    ----------
    value : str
        The secret.
    port : int
        Cookies don't tell ports apart, so the cookie's name does.

    Examples
    --------
    >>> token = Token("secret", 8866)
    >>> token.matches("secret"), token.matches("Secret"), token.matches("")
    (True, False, False)
    >>> token.in_cookies([f"{token.cookie_name}={token.cookie_value}"])
    True
    """

    def __init__(self, value: str, port: int) -> None:
        self._value = value.encode()
        self.cookie_name = f"workbench-{port}"
        self.cookie_value = hmac.new(self._value, _PURPOSE, hashlib.sha256).hexdigest()

    def matches(self, shown: str) -> bool:
        """Say whether a token is ours, in a time that tells nothing about it."""
        return bool(shown) and hmac.compare_digest(shown.encode("utf-8", "replace"), self._value)

    def in_cookies(self, headers: Iterable[str]) -> bool:
        """Say whether one of the Cookie headers carries our cookie."""
        for header in headers:
            try:
                morsel = SimpleCookie(header).get(self.cookie_name)
            except CookieError:
                continue
            if morsel and hmac.compare_digest(morsel.value.encode(), self.cookie_value.encode()):
                return True
        return False

    def in_header(self, authorization: str) -> bool:
        """Say whether an Authorization header carries the token.

        Examples
        --------
        >>> Token("secret", 1).in_header("Bearer secret"), Token("secret", 1).in_header("Basic secret")
        (True, False)
        """
        kind, _, shown = authorization.partition(" ")
        return kind.lower() in ("token", "bearer") and self.matches(shown.strip())


def split_query(query: str) -> tuple[str, str]:
    """Return the token of a query string, and the rest of it.

    Examples
    --------
    >>> split_query("lang=zh&token=abc")
    ('abc', 'lang=zh')
    """
    pairs = parse_qsl(query, keep_blank_values=True, errors="replace")
    shown = next((value for name, value in pairs if name == "token"), "")
    return shown, urlencode([(name, value) for name, value in pairs if name != "token"])
