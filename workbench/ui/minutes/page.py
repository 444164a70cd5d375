"""A room's minutes as one HTML file: opens without a network, prints, and asks for nothing."""

from __future__ import annotations

import datetime as dt
from importlib import resources
from typing import Any

from markupsafe import Markup

from workbench import locale, theme
from workbench.ui.minutes.record import RoomRecord
from workbench.ui.minutes.words import Words
from workbench.ui.pack.parts import Story
from workbench.ui.pack.report import draw_section, style
from workbench.ui.render import render

MESSAGE_PREFIXES = ("room_minutes.kind.",)
_TABLES = ("sides", "stages", "people")


def write_page(record: RoomRecord, story: Story, moment: dt.datetime) -> bytes:
    """Return a room's minutes as an HTML file.

    Parameters
    ----------
    record : RoomRecord
        What `read_room` read.
    story : Story
        The same in words.
    moment : datetime.datetime
        When, UTC; written in the footer.

    Returns
    -------
    bytes
        UTF-8. Whatever people wrote is escaped; the page has no script, and its policy
        forbids the browser to run or load any.
    """
    words = Words(record, story.lang)
    pages = {page.name: page for page in (*story.pages, *story.appendix)}
    rules = resources.files("workbench.ui.minutes").joinpath("minutes.css").read_text(encoding="utf-8")
    page = render(
        "room_minutes.html",
        story.lang,
        story=story,
        room=record.room,
        segment=_segment(record, words),
        decisions=[
            {
                "kind": words.t(f"room_minutes.kind.{each.kind}"),
                "what": words.what(each),
                "measured": words.measured(each),
                "became": words.became(each),
                "texts": words.of_ideas(each),
            }
            for each in record.decisions
        ],
        themes=_themes(record, words),
        pages=pages,
        tables=[draw_section(pages[name], story.lang) for name in _TABLES],
        moves=draw_section(pages["moves"], story.lang),
        # Our own files; nothing of anybody's text is in them.
        style=Markup(style() + rules),  # noqa: S704
        moment=locale.timestamp(moment),
    )
    return page.encode("utf-8")


def _segment(record: RoomRecord, words: Words) -> dict[str, Any]:
    """Return what is known of the segment, as the participants saw it."""
    profile, lang = record.profile, words.lang
    told = profile.get("description_zh" if lang == "zh_CN" else "description")
    figures = []
    if profile.get("n"):
        figures.append(words.t("room_minutes.customers", n=locale.count(profile["n"], lang)))
    if profile.get("share"):
        figures.append(words.t("room_minutes.share", share=locale.percent(profile["share"])))
    if profile.get("snapshot_date"):
        figures.append(locale.date(str(profile["snapshot_date"]), lang))
    return {
        "name": words.segment(),
        "colour": theme.segment_color(int(profile.get("slot") or 0)),
        "figures": " · ".join(figures),
        "description": str(told or ""),
        "sentences": list((profile.get("sentences") or {}).get(lang, [])),
    }


def _themes(record: RoomRecord, words: Words) -> list[dict[str, Any]]:
    """Return the groups with their ideas, each with its share of the votes that the first one has."""
    most = max((idea.votes for idea in record.ideas.values()), default=0)
    grouped = any(theme.name for theme in record.themes)
    return [
        {
            "name": theme.name or (words.t("room_minutes.stands_alone") if grouped else ""),
            "counts": words.t("room_minutes.theme_counts", n=len(theme.ideas), votes=theme.votes),
            "ideas": [
                {
                    "text": idea.text,
                    "side": words.side(idea.side),
                    "name": idea.person.name,
                    "votes": idea.votes,
                    "width": round(100 * idea.votes / most) if most else 0,
                }
                for idea in theme.ideas
            ],
        }
        for theme in record.themes
    ]
