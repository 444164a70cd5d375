"""Fill a screen's templates; whatever a user wrote is escaped here."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from jinja2 import BytecodeCache, Environment, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket

from workbench import locale


class _Compiled(BytecodeCache):
    """Compiled templates, kept for both languages."""

    def __init__(self) -> None:
        self._known: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Take a compiled template; one of other text is not taken."""
        if bucket.key in self._known:
            bucket.bytecode_from_string(self._known[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a compiled template."""
        self._known[bucket.key] = bucket.bytecode_to_string()


_COMPILED = _Compiled()


@cache
def _environment(lang: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("workbench.ui", "templates"),
        bytecode_cache=_COMPILED,
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )

    def t(key: str, **values: Any) -> str:
        return locale.text(key, lang, **values)

    environment.globals.update(t=t, lang=lang)
    environment.filters.update(
        count=partial(locale.count, lang=lang),
        money=partial(locale.money, lang=lang),
        percent=locale.percent,
        points=partial(locale.points, lang=lang),
        signed=locale.signed,
        decimal=locale.decimal,
        day=partial(locale.date, lang=lang),
        moment=locale.timestamp,
    )
    return environment


def render(template: str, lang: str = "en", /, **values: Any) -> str:
    """Return a template filled in a language, every value escaped.

    Parameters
    ----------
    template : str
        File name in ``ui/templates``.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.
    **values : Any
        The template's variables. Templates have the filters ``count``, ``money``,
        ``percent``, ``points``, ``signed``, ``decimal``, ``day`` and ``moment``, and
        ``t("key", …)`` for messages.

    Returns
    -------
    str
        HTML.

    Examples
    --------
    >>> render("card_head.html", title="<b>Old & rich</b>", subtitle="", legend=()).strip()
    '<div class="head"><div><h2>&lt;b&gt;Old &amp; rich&lt;/b&gt;</h2></div></div>'
    """
    return _environment(lang).get_template(template).render(**values)
