"""Fill a screen's templates; whatever a user wrote is escaped here."""

from __future__ import annotations

from functools import cache, partial
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined

from workbench import locale


@cache
def _environment(lang: str) -> Environment:
    environment = Environment(
        loader=PackageLoader("workbench.ui", "templates"),
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
