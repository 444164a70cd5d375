"""A board pack as one HTML file: opens without a network, prints, and asks for nothing."""

from __future__ import annotations

import datetime as dt
from functools import cache
from importlib import resources
from typing import Any

from markupsafe import Markup

from workbench import locale, theme
from workbench.ui.pack.parts import HIDDEN, Cell, Page, Story
from workbench.ui.render import render
from workbench.ui.state.review_figures import shade
from workbench.ui.vega import still_chart, still_script, unchecked_charts

_TEXTS = ("text", "long")
_SHORT = 24
"""Text up to this length stays on one line."""


def write_report(story: Story, moment: dt.datetime) -> bytes:
    """Return a board pack as an HTML file.

    Parameters
    ----------
    story : Story
        What to write.
    moment : datetime.datetime
        When, UTC; written in the footer.

    Returns
    -------
    bytes
        UTF-8. Styles, charts and the code that draws them as SVG are in it; its policy
        forbids the browser to load anything else. Whatever people wrote is escaped.
    """
    with unchecked_charts():
        sections = [draw_section(page, story.lang) for page in story.pages]
    page = render(
        "pack.html",
        story.lang,
        story=story,
        sections=sections,
        # Our own files; nothing of anybody's text is in them.
        style=Markup(style()),  # noqa: S704
        script=Markup(still_script()) if any(each["chart"] for each in sections) else "",  # noqa: S704
        moment=locale.timestamp(moment),
    )
    return page.encode("utf-8")


@cache
def style() -> str:
    """Return the rules of a page on paper."""
    # Paper is light, whatever the reader's machine prefers.
    tokens = "".join(f"--{name}:{value};" for name, value in theme.tokens("light").items())
    rules = resources.files("workbench.ui.pack").joinpath("pack.css").read_text(encoding="utf-8")
    return f":root{{--font:{theme.FONT};--mono:{theme.MONO};{tokens}}}\n{rules}"


def draw_section(page: Page, lang: str) -> dict[str, Any]:
    """Return a page as the template draws it."""
    drawn = None
    if page.chart is not None and page.rows:
        drawn = still_chart(page.chart.to_dict())
    return {
        "name": page.name,
        "label": page.label,
        "title": page.title,
        "subtitle": page.subtitle,
        "heads": [(head.label, head.kind not in _TEXTS) for head in page.columns if not head.spare],
        "rows": [
            [
                _cell(value, head.kind, lang)
                for head, value in zip(page.columns, row, strict=True)
                if not head.spare
            ]
            for row in page.rows
        ],
        "nothing": page.nothing,
        "folded": page.folded and drawn is not None,
        "chart": drawn,
    }


def _cell(value: Any, kind: str, lang: str) -> tuple[str, str]:
    """Return a cell as (text, its class)."""
    if isinstance(value, Cell):
        value, kind = value.value, value.kind
    if value is HIDDEN:
        return locale.text("review.hidden", lang), "hid"
    shown = written(value, kind, lang)
    if kind == "against":
        return shown, f"r pl-{shade(value) or 'none'}"
    if kind == "text":
        return shown, "nw" if len(shown) <= _SHORT else ""
    return shown, "long" if kind == "long" else "r"


def written(value: Any, kind: str, lang: str) -> str:
    """Return a value as a reader of the language writes it.

    Examples
    --------
    >>> written(0.029, "points", "en"), written(0.5, "share", "en"), written(None, "count", "en")
    ('+2.9', '50.0%', '–')
    >>> written(1_284_300, "money", "zh_CN"), written(0.0004, "p", "en")
    ('128万元', '< 0.001')
    """
    missing = value is None or value != value
    if kind in _TEXTS:
        return "" if missing else str(value)
    if missing:
        return locale.count(None)
    if kind == "count":
        return f"{round(value):,}"
    if kind == "money":
        return locale.money(value, lang)
    if kind == "ratio":
        return f"{'−' if value < 0 else ''}¥{abs(value):,.2f}"
    if kind == "share":
        return locale.percent(value)
    if kind == "against":
        return locale.percent(value, places=0)
    if kind == "points":
        return locale.points(value, lang, unit=False)
    if kind == "p":
        return "< 0.001" if value < 0.001 else locale.decimal(value, 3)
    return locale.decimal(value, 1)
