"""What a cycle's cards owe to the review of the cycle before, as a card says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import locale
from workbench.review.recommendation_words import name_words
from workbench.review.rule_words import write_figure

if TYPE_CHECKING:
    from workbench.project import Project

MESSAGE_PREFIXES = ("review_advice.field.",)
_WORDS = ("lifecycle_stages", "tier", "channel", "channels")
_UNSAID = ("prior_a", "prior_b", "script")


def review_marks(project: Project, lang: str = "en") -> dict[str, tuple[str, str]]:
    """Return by strategy_id which review a card came from, and what it changed, in words.

    Parameters
    ----------
    project : Project
        At the cycle whose cards are shown.
    lang : str, default="en"
        Language of the words.

    Returns
    -------
    dict of str to (str, str)
        "From the review of 2026 Q2" and the changes. Strategies that the review ended are
        not among the cycle's cards, and not here.
    """
    if not project.cycle.opened_from:
        return {}
    carried = project.review.advice.carried()
    found: dict[str, tuple[str, str]] = {}
    for strategy_id, rows in carried.groupby("strategy_id", sort=False):
        lines = []
        for row in rows.to_dict("records"):
            field = str(row["field"])
            if field in _UNSAID or field == "strategy_id":
                continue
            values = {end: write_change(field, row[end], lang) for end in ("before", "after")}
            said = locale.text(
                "review_advice.mark.change",
                lang,
                field=locale.text(f"review_advice.field.{field}", lang),
                **values,
            )
            edited = locale.text("review_advice.mark.edited", lang)
            lines.append(said if row["holds"] else f"{said} ({edited})")
        if lines:
            title = locale.text("review_advice.mark.title", lang, cycle=project.cycle.opened_from)
            found[str(strategy_id)] = (title, ("；" if lang == "zh_CN" else "; ").join(lines))
    return found


def write_change(field: str, value: Any, lang: str = "en") -> str:
    """Return a card's field before or after a review, in words.

    Parameters
    ----------
    field : str
        The card's column.
    value : Any
        What stands there.
    lang : str, default="en"
        Language of the words.

    Examples
    --------
    >>> write_change("expected_response", 0.114), write_change("capacity_factor", 1.5)
    ('11.4%', '× 1.5')
    >>> write_change("lifecycle_stages", "", "zh_CN")
    '全部'
    """
    if field in _WORDS:
        name = "works_in" if field == "lifecycle_stages" else field
        return name_words(name, str(value), lang) if value else locale.text("review_advice.changes.all", lang)
    if value is None or value != value:
        return locale.count(None)
    if field in ("expected_response", "control_share"):
        return write_figure("mean", value, lang)
    if field == "capacity_factor":
        return locale.text("review_advice.changes.times", lang, factor=f"{value:.10g}")
    return str(value)
