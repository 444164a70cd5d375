"""The pages on what follows: recommendations with their decisions, and caveats."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from workbench.tables import mask_identifier
from workbench.ui.pack.parts import Column, Page
from workbench.ui.state.review import ReviewState

MESSAGE_PREFIXES = ("review_pack.caveats.",)

_WORD = re.compile(r"\w+")
_NUMBER = re.compile(r"\d{9,}")
"""A run of digits that may be a telephone's or an account's number."""


def without_numbers(text: Any, customers: Collection[str] = ()) -> str:
    """Return what a person wrote, with whatever may be a customer's number masked.

    Examples
    --------
    >>> without_numbers("call 13812341234 again in 2026, then C000123", {"C000123"})
    'call 138****1234 again in 2026, then C****3'
    """

    def masked(found: re.Match[str]) -> str:
        return mask_identifier(found.group()) if found.group() in customers else found.group()

    plain = _WORD.sub(masked, str(text or ""))
    return _NUMBER.sub(lambda found: mask_identifier(found.group()), plain)


def recommendations(state: ReviewState) -> Page:
    """Return what was recommended, by which rule and on what evidence, and what became of it."""
    t, decisions = state.t, state.decisions
    shown = decisions.rows()
    customers = set(state.targets["customer_id"])
    n_open = sum(row["status"] == "open" for row in shown)
    rows: list[tuple[Any, ...]] = [
        (
            row["strategy"],
            f"{row['sign']} {row['action']}",
            row["change"],
            row["reason"],
            row["rule"],
            " · ".join(f"{label}: {figure}" for label, figure in row["evidence"]),
            row["decided"] or t("review.side.waits"),
            without_numbers(row["why"], customers),
        )
        for row in shown
    ]
    accepted = sum(row["status"] == "accepted" for row in shown)
    return Page(
        "recommendations",
        t("review_pack.sheet.recommendations"),
        t(
            "review_pack.recommendations.title",
            decided=len(shown) - n_open,
            n=len(shown),
            accepted=accepted,
        ),
        t("review.side.opens"),
        (
            Column(t("review_pack.column.strategy")),
            Column(t("review_pack.column.action")),
            Column(t("review_pack.column.change"), "long"),
            Column(t("review_pack.column.reason"), "long"),
            Column(t("review_pack.column.rule")),
            Column(t("review_pack.column.evidence"), "long", spare=True),
            Column(t("review_pack.column.decision")),
            Column(t("review_pack.column.because"), "long"),
        ),
        rows,
        nothing=t("review.side.nothing_do"),
    )


def caveats(state: ReviewState) -> Page:
    """Return what to know before reading the figures, as the evaluation found it in the data."""
    from workbench.review import state_caveat

    t, project = state.t, state.project
    stored = project.review.evidence.artefact()
    rows: list[tuple[Any, ...]] = []
    if stored is not None:
        names = dict(zip(state.cards["strategy_id"], state.cards["name"], strict=True))
        minimum = 0 if state.may("analyst") else project.settings.small_cell
        found: list[Any] = project.review.evidence.tables()["caveats"].to_dict("records")
        rows = [
            (
                row["strategy_id"],
                names.get(row["strategy_id"], ""),
                state_caveat(row, state.lang, minimum=minimum),
            )
            for row in found
        ]
    return Page(
        "caveats",
        t("review_pack.sheet.caveats"),
        t(f"review_pack.caveats.{'title' if rows else 'none' if stored else 'neutral'}", n=len(rows)),
        "",
        (
            Column(t("review_pack.column.id")),
            Column(t("review_pack.column.strategy")),
            Column(t("review_pack.column.caveat"), "long"),
        ),
        rows,
        nothing=t("review_pack.caveats.nothing" if stored else "review_pack.caveats.unchecked"),
    )
