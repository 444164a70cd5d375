"""Nothing is answered without the token: the check stands before all routing."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from tornado import httputil, web

from workbench.publish.pages import page
from workbench.publish.tokens import Token, split_query


class GuardedApplication(web.Application):
    """A tornado application that looks for the token before it looks for a handler.

    A path that doesn't exist, a static file and a socket are refused like any page, so
    that no handler can forget to ask.

    Parameters
    ----------
    token : Token
        What must be shown: in the address once, then by a cookie, or in a header.
    kernel_prefix : str
        Path that only this process's kernels know; they have no cookie.
    **settings : Any
        Of the application; ``base_url`` is where the dashboards live on the server.
    """

    def __init__(self, token: Token, kernel_prefix: str, **settings: Any) -> None:
        super().__init__(**settings)
        self.token, self.kernel_prefix = token, kernel_prefix
        self.base_url = settings.get("base_url", "/")

    def find_handler(self, request: httputil.HTTPServerRequest, **kwargs: Any) -> Any:
        """Return the handler of a request, or the one that refuses it."""
        shown, rest = split_query(request.query)
        if shown and self.token.matches(shown) and request.method == "GET" and not _is_socket(request):
            # The secret leaves the address at once: it would stay in the history.
            target = "/" + quote(request.path.lstrip("/"), safe="/%") + (f"?{rest}" if rest else "")
            values = {"token": self.token, "target": target, "base_url": self.base_url}
            return self.get_handler_delegate(request, Welcome, values)
        if not self._is_allowed(request, shown):
            return self.get_handler_delegate(request, Refused, {"base_url": self.base_url})
        return super().find_handler(request, **kwargs)

    def _is_allowed(self, request: httputil.HTTPServerRequest, shown: str) -> bool:
        headers = request.headers
        return (
            self.token.in_cookies(headers.get_list("Cookie"))
            or self.token.in_header(headers.get("Authorization", ""))
            or self.token.matches(shown)
            or self._is_kernel(request.path)
        )

    def _is_kernel(self, path: str) -> bool:
        # Compared like the token: whoever guesses must not learn from the time it takes.
        prefix, found = self.kernel_prefix, path[: len(self.kernel_prefix)]
        return Token(prefix, 0).matches(found)


def _is_socket(request: httputil.HTTPServerRequest) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


class Refused(web.RequestHandler):
    """Say that the address needs its token, and nothing else about what is here."""

    def initialize(self, base_url: str) -> None:
        """Take the way home."""
        self.base_url = base_url

    def prepare(self) -> None:
        """Answer every method alike."""
        self.set_status(403)
        self.finish(page(self, "refused.html"))

    def check_xsrf_cookie(self) -> None:
        """There is nothing to protect here."""


class Welcome(web.RequestHandler):
    """Exchange the token for a cookie, and go on to the same page without it."""

    def initialize(self, token: Token, target: str, base_url: str) -> None:
        """Take the token, and where to go on to."""
        self.token, self.target, self.base_url = token, target, base_url

    def get(self, *_: Any) -> None:
        """Set the cookie.

        Not a redirection: a cookie that is Strict does not follow one that began on
        another site, for example in a mail. This page is our own site already.
        """
        self.set_cookie(
            self.token.cookie_name,
            self.token.cookie_value,
            path=self.base_url,
            expires_days=self.token.days,
            httponly=True,
            samesite="Strict",
            secure=self.request.protocol == "https",
        )
        self.set_header("Cache-Control", "no-store")
        self.set_header("Referrer-Policy", "no-referrer")
        self.finish(page(self, "welcome.html", target=self.target))
