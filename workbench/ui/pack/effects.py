"""The pages on effects: each strategy's, each segment's, and the clearest by day."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from workbench import charts
from workbench.charts.review import uplift_table
from workbench.charts.review_daily import daily_table
from workbench.insight import hide_small_cells
from workbench.ui.pack.parts import HIDDEN, Column, Native, Page
from workbench.ui.state.review import ReviewState

Key = tuple[Any, ...]
_FIGURES: dict[str, int] = {"money": 3, "ratio": 3}
_PLACES: dict[str, int] = {"points": 3, "share": 3, "against": 2, "decimal": 2}


def coarse(state: ReviewState, value: Any, kind: str) -> Any:
    """Return a figure as finely as this reader's screen writes it; None where it is missing.

    A full-length figure would let its parts be worked out where counts are hidden.
    """
    if value is None or value is pd.NA or value != value:
        return None
    if state.may("analyst") or not isinstance(value, int | float):
        return value
    number = float(value)
    if kind in _FIGURES and number:
        return round(number, _FIGURES[kind] - 1 - math.floor(math.log10(abs(number))))
    return round(number, _PLACES[kind]) if kind in _PLACES else value


def strategies(state: ReviewState) -> Page:
    """Return each strategy's effect with its interval, its money, and what is recommended."""
    t = state.t
    title, subtitle = state.findings.uplift_title()
    drawn = state.figures.uplift()
    columns = (
        Column(t("review_pack.column.id")),
        Column(t("review_pack.column.strategy")),
        Column(t("review_pack.column.segment"), spare=True),
        Column(t("review_pack.column.channel"), spare=True),
        *_columns(state),
        Column(t("review_pack.column.p_holm"), "p"),
        Column(t("review_pack.column.lift"), "share", spare=True),
        Column(t("review_pack.column.amount"), "money", spare=True),
        Column(t("review_pack.column.value_won"), "money"),
        Column(t("review_pack.column.cost"), "money"),
        Column(t("review_pack.column.return"), "ratio"),
        Column(t("review_pack.column.verdict")),
    )
    overall = state.figures.overall()
    arms = _arms(overall, ["strategy_id"])
    unseen = unseen_of(state, overall, "strategy_id")
    amounts = overall[(overall["arm"] == "treatment") & (overall["outcome"] == "amount")]
    amount = dict(zip(amounts["strategy_id"], amounts["uplift"], strict=True))
    cards = {card["strategy_id"]: card for card in state.cards.to_dict("records")}
    rows = []
    for shown in drawn.itertuples():
        known: Any = shown.strategy_id
        card, treated = cards[known], arms[(known, "treatment")]
        small = (known,) in unseen.rates
        figures = [(treated["p_holm"], "p"), (treated["lift"], "share"), (amount.get(known), "money")]
        figures += [(treated[name], "money") for name in ("value", "cost")]
        figures += [(treated["return_on_cost"], "ratio")]
        rows.append(
            (
                known,
                card["name"],
                state.shown_segment(card["segment"]),
                state.channel_name(card["channel"]),
                *_arm_cells(state, arms, (known,), unseen),
                *(
                    HIDDEN if small and kind == "share" else coarse(state, value, kind)
                    for value, kind in figures
                ),
                shown.verdict,
            )
        )
    return Page(
        "strategies",
        t("review_pack.sheet.strategies"),
        title,
        subtitle,
        columns,
        rows,
        nothing=t("review.uplift.none"),
        chart=charts.uplift(uplift_table(drawn, "light"), lang=state.lang, mode="light"),
        native=Native("effects", 0, (8, 9, 10), tuple(bool(proven) for proven in drawn["proven"])),
    )


def segments(state: ReviewState) -> Page:
    """Return each strategy's effect in each segment, without singling one out."""
    t = state.t
    assert state.evaluation is not None
    found = state.evaluation.by_segment
    arms = _arms(found, ["strategy_id", "segment"])
    unseen = unseen_of(state, found, "strategy_id", "segment")
    names = dict(zip(state.cards["strategy_id"], state.cards["name"], strict=True))
    keys = dict.fromkeys((strategy, segment) for strategy, segment, _ in arms)
    rows = [
        (
            strategy,
            names.get(strategy, strategy),
            state.shown_segment(segment),
            *_arm_cells(state, arms, (strategy, segment), unseen),
        )
        for strategy, segment in keys
    ]
    return Page(
        "segments",
        t("review_pack.sheet.segments"),
        t("review_pack.segments.title", n=len(rows)),
        t("review_pack.segments.subtitle"),
        (
            Column(t("review_pack.column.id")),
            Column(t("review_pack.column.strategy")),
            Column(t("review_pack.column.segment")),
            *_columns(state),
        ),
        rows,
        nothing=t("review.uplift.none"),
    )


def days(state: ReviewState) -> Page:
    """Return how the effect of the clearest strategy grew from day to day."""
    t = state.t
    title, subtitle = state.findings.daily_title()
    found = state.figures.daily()
    known: list[Any] = list(found.itertuples())
    rows = [
        (
            int(each.day),
            *(coarse(state, value, "points") for value in (each.uplift, each.ci_low, each.ci_high)),
        )
        for each in known
    ]
    slot = state.figures.slots().get(state.figures.tracked(), 0)
    return Page(
        "days",
        t("review_pack.sheet.days"),
        title,
        subtitle,
        (
            Column(t("review_pack.column.day"), "count"),
            Column(t("review_pack.column.uplift"), "points"),
            Column(t("review_pack.column.low"), "points"),
            Column(t("review_pack.column.high"), "points"),
        ),
        rows,
        nothing=t("review.daily.nothing_do"),
        folded=True,
        chart=charts.daily(daily_table(found, slot, "light"), lang=state.lang) if rows else None,
        native=Native("days", 0, (1, 2, 3)),
    )


def _columns(state: ReviewState) -> tuple[Column, ...]:
    """Return the columns of both arms and their difference."""
    t = state.t
    return (
        Column(t("review_pack.column.treated"), "count"),
        Column(t("review_pack.column.control"), "count"),
        Column(t("review_pack.column.rate"), "share"),
        Column(t("review_pack.column.rate_control"), "share"),
        Column(t("review_pack.column.uplift"), "points"),
        Column(t("review_pack.column.low"), "points"),
        Column(t("review_pack.column.high"), "points"),
    )


def _arms(rows: pd.DataFrame, by: list[str]) -> dict[Key, dict[str, Any]]:
    """Return the rows on responses, by what they are of and their arm."""
    responses = rows[rows["outcome"] == "responded"]
    found: list[dict[str, Any]] = responses.to_dict("records")  # type: ignore[assignment]
    return {tuple(row[name] for name in (*by, "arm")): row for row in found}


def _arm_cells(
    state: ReviewState, arms: dict[Key, dict[str, Any]], key: Key, unseen: Unseen
) -> tuple[Any, ...]:
    cells: list[Any] = []
    for column, kind in (("n", "count"), ("mean", "share")):
        for arm in ("treatment", "control"):
            row = arms.get((*key, arm))
            known = None if row is None else coarse(state, row[column], kind)
            is_hidden = key in unseen.rates if column == "mean" else (*key, arm) in unseen.arms
            cells.append(HIDDEN if is_hidden else known)
    treated = arms.get((*key, "treatment"), {})
    ends = [coarse(state, treated.get(name), "points") for name in ("uplift", "ci_low", "ci_high")]
    return (*cells, *ends)


@dataclass(frozen=True)
class Unseen:
    """What this reader may not see: arms whose customers are few, and rates of few responses.

    A rate goes with the other arm's: the uplift beside them would tell the one by the other.
    """

    arms: set[Key]
    rates: set[Key]


def unseen_of(state: ReviewState, rows: pd.DataFrame, *by: str) -> Unseen:
    """Return what of an evaluation's rows this reader may not see.

    Customers and responses are looked at in turn, each with its totals; of more than one
    key, each arm is a table of its own.
    """
    if state.may("analyst"):
        return Unseen(set(), set())
    responses = rows[rows["outcome"] == "responded"]
    hidden: dict[str, set[Key]] = {}
    for count in ("n", "n_responded"):
        if len(by) == 1:
            hidden[count] = _hidden(state, responses, count, (*by, "arm"))
            continue
        parts = responses.groupby("arm")
        hidden[count] = {(*key, arm) for arm, part in parts for key in _hidden(state, part, count, by)}
    few = {key[:-1] for key in hidden["n"] | hidden["n_responded"]}
    return Unseen(hidden["n"], few)


def _hidden(state: ReviewState, rows: pd.DataFrame, count: str, by: Iterable[str]) -> set[Key]:
    columns = list(by)
    known = rows[[*columns, count]].dropna(subset=[count])
    if known.empty:
        return set()
    cells: Any = known.groupby(columns, as_index=False, sort=False)[count].sum()
    shown = hide_small_cells(cells, state.project.settings.small_cell, by=columns, count=count)
    return {tuple(key) for key in shown.loc[shown["hidden"], columns].itertuples(index=False, name=None)}
