"""The pages that need no kernel: the index, and what went wrong."""

from __future__ import annotations

from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from tornado import web

from workbench import locale
from workbench.theme import MODES
from workbench.ui.style import css


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("workbench.publish", "pages"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def asked_language(handler: web.RequestHandler) -> str:
    """Return the language of the address, else of the browser."""
    asked = handler.get_query_argument("lang", "")
    return locale.normal_language(asked or handler.request.headers.get("Accept-Language", ""))


def asked_mode(handler: web.RequestHandler) -> str:
    """Return ``"light"`` or ``"dark"``; anything else that is asked is light."""
    asked = handler.get_query_argument("theme", "")
    return asked if asked in MODES else MODES[0]


def page(handler: web.RequestHandler, template: str, **values: Any) -> str:
    """Return a page in the language that was asked for, every value escaped."""
    lang, mode = asked_language(handler), asked_mode(handler)

    def t(key: str, **words: Any) -> str:
        return locale.text(key, lang, **words)

    handler.set_header("Content-Type", "text/html; charset=utf-8")
    handler.set_header("X-Content-Type-Options", "nosniff")
    return (
        _environment()
        .get_template(template)
        .render(
            t=t,
            lang=lang,
            html_lang="zh-CN" if lang == "zh_CN" else "en",
            mode=mode,
            css=css(),
            base_url=getattr(handler, "base_url", "/"),
            **values,
        )
    )
