"""The tables behind the review screen: each from a function of the review room."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import NotFound
from workbench.insight import hide_small_cells
from workbench.review import (
    build_funnel,
    compare_to_plan,
    count_verdicts,
    first_lasting_day,
    summarise_kpis,
    track_uplift,
)
from workbench.ui.state.review_decisions import ACTION_SIGNS, ACTION_TONES

if TYPE_CHECKING:
    from workbench.ui.state.review import ReviewState

PARTS_SHOWN = 6
"""Branches listed before one asks for all: the best and the last."""
HALF = 0.5
FILTERS = ("segment", "channel")
VERDICT_SIGNS = {"works": "✓", "harms": "✕", "open": "?"}
VERDICT_TONES = {"works": "good", "harms": "bad", "open": "warn"}
# Result over plan from which a cell is of the next shade; 1 is as planned.
_SHADES = ((0.8, "n3"), (0.9, "n2"), (0.98, "n1"), (1.02, "z"), (1.1, "p1"), (1.2, "p2"))
MESSAGE_PREFIXES = ("review.action.", "review.verdict.", "review.step.", "review.daily.since_")


class ReviewFigures:
    """The tables of one state of the screen.

    Parameters
    ----------
    state : ReviewState
        Whose filters are in force.
    """

    def __init__(self, state: ReviewState) -> None:
        self._state = state
        self.t = state.t

    # The strategies that the filters leave -----------------------------------------

    def overall(self) -> pd.DataFrame:
        """Return the evaluation's rows of the strategies shown."""
        evaluation = self._state.evaluation
        assert evaluation is not None
        return self._of_shown(evaluation.overall)

    def _of_shown(self, rows: pd.DataFrame) -> pd.DataFrame:
        shown = self._state.shown_cards()
        return rows[rows["strategy_id"].isin(shown["strategy_id"])].reset_index(drop=True)

    def is_filtered(self) -> bool:
        """Say whether the filters leave strategies out."""
        return len(self._state.shown_cards()) < len(self._state.cards)

    def slots(self) -> dict[str, int]:
        """Return the colour slot of each strategy's segment."""
        state = self._state
        known = dict(zip(state.segments["segment"], state.segments["slot"], strict=True))
        return {row.strategy_id: int(known.get(row.segment, 0)) for row in _rows(state.cards)}

    def verdicts(self) -> dict[str, int]:
        """Return how many strategies work, do harm, and are open."""
        counts = count_verdicts(self.overall())
        return dict(zip(counts["verdict"], counts["n"], strict=True))

    def kpis(self) -> pd.DataFrame:
        """Return the six figures of the strategies shown."""
        evaluation = self._state.evaluation
        assert evaluation is not None
        if not self.is_filtered():
            return evaluation.kpis.set_index("kpi")
        return self._state.once(
            "kpis",
            lambda: summarise_kpis(self.overall(), alpha=evaluation.alpha).set_index("kpi"),
            *FILTERS,
        )

    # Effects ---------------------------------------------------------------------

    def uplift(self) -> pd.DataFrame:
        """Return the effects to draw, the largest first: see `workbench.charts.uplift`."""
        return self._state.once("uplift", self._uplift, *FILTERS, "measure", "lang")

    def _uplift(self) -> pd.DataFrame:
        state = self._state
        assert state.evaluation is not None
        overall = self.overall()
        treated = overall[overall["arm"] == "treatment"]
        rows = treated[treated["outcome"] == state.measure].copy()
        listed = overall[overall["outcome"] == state.measure].groupby("strategy_id")["n"].sum()
        responses = treated[treated["outcome"] == "responded"].set_index("strategy_id")["verdict"]
        rows["label"] = [dict(self._state.names())[i] for i in rows["strategy_id"]]
        rows["slot"] = rows["strategy_id"].map(self.slots())
        rows["size"] = [locale.count(listed[i], state.lang) for i in rows["strategy_id"]]
        rows["proven"] = rows["p_holm"] < state.evaluation.alpha
        if state.measure == "responded":
            # The verdict also asks for enough responses behind the interval.
            rows["proven"] = rows["strategy_id"].map(responses).isin(("works", "harms"))
        # The rate of so small an arm would tell a reader of single customers.
        small = rows["strategy_id"].isin(overall.loc[[self.is_small(n) for n in overall["n"]], "strategy_id"])
        rows[["uplift", "ci_low", "ci_high"]] = rows[["uplift", "ci_low", "ci_high"]].mask(small)
        rows["figures"] = [self.effect(row.uplift, row.ci_low, row.ci_high) for row in _rows(rows)]
        rows["figures"] = rows["figures"].mask(small, self.t("review.hidden"))
        words = [self.word(i, responses.get(i)) for i in rows["strategy_id"]]
        rows["verdict"] = [word for word, _ in words]
        rows["tone"] = [tone for _, tone in words]
        return rows.sort_values("uplift", ascending=False, na_position="last", ignore_index=True)

    def effect(self, uplift: float, low: float, high: float) -> str:
        """Return an effect with its interval in words, in the measure's unit."""
        if uplift != uplift:
            return locale.count(None)
        lang = self._state.lang
        if low != low:
            alone = self._state.measure == "responded"
            one = locale.points(uplift, lang, unit=False) if alone else locale.money(uplift, lang)
            return self.t("review_evaluation.no_interval", estimate=one)
        if self._state.measure == "responded":
            shown = [locale.points(x, lang, unit=False) for x in (uplift, low, high)]
        else:
            shown = [("+" if x > 0 else "") + locale.money(x, lang) for x in (uplift, low, high)]
        return self.t("review.chart.effect", uplift=shown[0], low=shown[1], high=shown[2])

    def word(self, strategy_id: str, verdict: Any) -> tuple[str, str]:
        """Return what is recommended (or found) for a strategy, with its sign, and its tone."""
        action = self._state.decisions.action(strategy_id)
        if action:
            return f"{ACTION_SIGNS[action]} {self.t(f'review.action.{action}')}", ACTION_TONES[action]
        if verdict in VERDICT_SIGNS:
            return f"{VERDICT_SIGNS[verdict]} {self.t(f'review.verdict.{verdict}')}", VERDICT_TONES[verdict]
        return f"– {self.t('review.verdict.none')}", ""

    # The way from the list to the sale ----------------------------------------------

    def funnel(self) -> pd.DataFrame:
        """Return the steps to draw: see `workbench.charts.funnel`."""
        return self._state.once("funnel", self._funnel, *FILTERS, "lang")

    def _funnel(self) -> pd.DataFrame:
        state = self._state
        steps = build_funnel(
            self._of_shown(state.targets),
            self._of_shown(state.outcomes),
            state.shown_cards(),
            contacts=self._of_shown(state.contacts),
        )
        steps["label"] = [self.t(f"review.step.{step}") for step in steps["step"]]
        hidden = [self.is_small(n) for n in steps["n"]]
        steps["shown"] = [
            self.t("review.hidden") if small else locale.count(n, state.lang)
            for n, small in zip(steps["n"], hidden, strict=True)
        ]
        near = [small or before for small, before in zip(hidden, [False, *hidden[:-1]], strict=True)]
        steps["kept"] = [
            "" if step == "listed" or small else locale.percent(share, places=0)
            for step, share, small in zip(steps["step"], steps["of_previous"], near, strict=True)
        ]
        steps["n"] = steps["n"].mask(pd.Series(hidden))
        return steps

    def is_small(self, n: float) -> bool:
        """Say whether a count is too small for this reader."""
        return not self._state.may("analyst") and 0 < n < self._state.project.settings.small_cell

    # Against plan ----------------------------------------------------------------

    def against_plan(self) -> pd.DataFrame:
        """Return the results of each branch by strategy, small cells hidden.

        Returns
        -------
        pandas.DataFrame
            What `compare_to_plan` returned (the part's column is called ``part``), with
            ``hidden``; the figures of hidden cells are missing.
        """
        return self._state.once("plan", lambda: self._against_plan(self.level()), *FILTERS, "level")

    def level(self) -> str:
        """Return by what the results are held against the plan.

        By itself the finest of which at least half of the cells are large enough to show.
        """
        state = self._state
        if state.level:
            return state.level
        return state.once("level", self._level, *FILTERS)

    def _level(self) -> str:
        state = self._state
        levels = state.levels()
        for level in levels:
            rows = self._compared(level)
            sizes = rows.loc[rows["strategy_id"] != "", "n"]
            if len(sizes) and (sizes >= state.project.settings.small_cell).mean() >= HALF:
                return level
        return levels[-1]

    def _compared(self, level: str) -> pd.DataFrame:
        return self._state.once(f"compared {level}", lambda: self._compare(level), *FILTERS)

    def _compare(self, level: str) -> pd.DataFrame:
        state = self._state
        return compare_to_plan(
            self._of_shown(state.targets),
            self._of_shown(state.outcomes),
            state.shown_cards(),
            None if level == "segment" else state.parts,
            by=level,
            contacts=self._of_shown(state.contacts),
        )

    def _against_plan(self, level: str) -> pd.DataFrame:
        state = self._state
        rows = self._compared(level).rename(columns={level: "part"})
        rows["part"] = rows["part"].astype("object").where(rows["part"].notna(), "").astype("str")
        cells = rows.loc[rows["strategy_id"] != "", ["part", "strategy_id", "n"]]
        if cells.empty:
            return rows.assign(hidden=False)
        shown = hide_small_cells(
            cells, state.project.settings.small_cell, by=("part", "strategy_id"), totals=True
        )
        hidden = {
            (row.part, "" if pd.isna(row.strategy_id) else row.strategy_id): bool(row.hidden)
            for row in _rows(shown)
        }
        rows["hidden"] = [hidden[key] for key in zip(rows["part"], rows["strategy_id"], strict=True)]
        figures = ["n", "tries", "responded", "rate", "planned", "to_plan"]
        rows[figures] = rows[figures].astype("float64").mask(rows["hidden"])
        return rows

    def plan_table(self) -> dict[str, Any]:
        """Return the table against plan: its columns, and its rows, the best first."""
        state = self._state
        table = self.against_plan()
        columns = [row.strategy_id for row in _rows(state.shown_cards())]
        names = dict(zip(state.cards["strategy_id"], state.cards["name"], strict=True))
        parts = list(dict.fromkeys(table["part"]))
        shown = parts
        if len(parts) > PARTS_SHOWN and not state.all_parts:
            half = PARTS_SHOWN // 2
            shown = [*parts[:half], *parts[-half:]]
        cells = {(row.part, row.strategy_id): row for row in _rows(table)}
        rows = []
        for part in shown:
            found = [self._cell(cells.get((part, column))) for column in [*columns, ""]]
            whole = cells[(part, "")]
            name = state.shown_segment(part) if self.level() == "segment" else part
            rows.append(
                {
                    "name": name or self.t("review.plan.unknown"),
                    "cells": found,
                    "tries": None if whole.hidden else whole.tries,
                }
            )
        return {
            "columns": [(column, names[column]) for column in columns],
            "rows": rows,
            "n": len(parts),
            "shown": len(shown),
        }

    @staticmethod
    def _cell(row: Any) -> dict[str, Any]:
        if row is None:
            return {"hidden": False, "value": None, "shade": "", "n": None}
        value = None if row.to_plan != row.to_plan else float(row.to_plan)
        return {"hidden": bool(row.hidden), "value": value, "shade": shade(value), "n": row.n}

    # By day ----------------------------------------------------------------------

    def tracked(self) -> str:
        """Return the strategy whose days are drawn: the chosen one, else the clearest."""
        state = self._state
        shown = state.shown_cards()
        if state.tracked in set(shown["strategy_id"]):
            return state.tracked
        rows = self.overall()
        rows = rows[(rows["arm"] == "treatment") & (rows["outcome"] == "responded") & rows["uplift"].notna()]
        if rows.empty:
            return ""
        return str(rows.sort_values("p_holm", kind="stable").iloc[0]["strategy_id"])

    def daily(self) -> pd.DataFrame:
        """Return the tracked strategy's days: see `workbench.charts.daily`.

        Their interval is the one that may be looked at every day; it is missing as long as
        too few have responded.
        """
        return self._state.once("daily", self._daily, *FILTERS, "tracked", "lang")

    def _daily(self) -> pd.DataFrame:
        tracked, days = self.tracked(), self._state.once("days", self._days)
        mine = days[days["strategy_id"] == tracked].reset_index(drop=True)
        if mine.empty:
            return mine
        lang, last = self._state.lang, len(mine) - 1
        low, high = mine["seq_low"], mine["seq_high"]
        mine = mine.assign(
            ci_low=low, ci_high=high, interval="anytime_valid", since="", end="", end_interval=""
        )
        found = self.decided()
        if found is not None and found.verdict in ("works", "harms"):
            said = self.t(f"review.daily.since_{found.verdict}", day=int(found.day))
            mine.loc[mine["day"] == found.day, "since"] = said
        mine.loc[last, "end"] = locale.points(mine.at[last, "uplift"], lang)
        if pd.notna(low.iloc[-1]):
            ends = [locale.points(side.iloc[-1], lang, unit=False) for side in (low, high)]
            mine.loc[last, "end_interval"] = self.t("review.daily.ends", low=ends[0], high=ends[1])
        return mine

    def decided(self) -> Any:
        """Return since when the tracked strategy's effect was told from zero; None without days."""
        days = self._state.once("days", self._days)
        rows = self._state.once("decided", lambda: first_lasting_day(days))
        mine = _rows(rows[rows["strategy_id"] == self.tracked()])
        return mine[0] if mine else None

    def _days(self) -> pd.DataFrame:
        """Return every strategy's days, as they were stored with the evaluation."""
        state = self._state
        assert state.evaluation is not None
        try:
            return state.project.review.evidence.tables()["sequences"].dropna(subset=["uplift"])
        except NotFound:
            # An evaluation from before evidence was kept.
            pass
        days = track_uplift(
            state.targets,
            state.outcomes,
            state.cards,
            contacts=state.contacts,
            alpha=state.evaluation.alpha,
        )
        return days.dropna(subset=["uplift"])

    # Past campaigns ------------------------------------------------------------------

    def past(self) -> pd.DataFrame:
        """Return past campaigns' effects to draw, the largest first."""
        return self._state.once("past", self._past, "lang")

    def _past(self) -> pd.DataFrame:
        history, lang = self._state.history, self._state.lang
        if history.empty:
            return history
        rows = history[(history["arm"] == "treatment") & (history["outcome"] == "responded")].copy()
        listed = history[history["outcome"] == "responded"].groupby("campaign")["n"].sum()
        rows = rows[rows["uplift"].notna()]
        rows["label"] = rows["campaign"].astype("str")
        rows["slot"] = 0
        rows["size"] = [locale.count(listed[name], lang) for name in rows["campaign"]]
        rows["proven"] = rows["p_holm"] < self._alpha()
        rows["figures"] = [
            self.t(
                "review.chart.effect",
                uplift=locale.points(row.uplift, lang, unit=False),
                low=locale.points(row.ci_low, lang, unit=False),
                high=locale.points(row.ci_high, lang, unit=False),
            )
            for row in _rows(rows)
        ]
        found = ["open" if not row.proven else "works" if row.uplift > 0 else "harms" for row in _rows(rows)]
        rows["found"] = found
        rows["verdict"] = [f"{VERDICT_SIGNS[v]} {self.t(f'review.verdict.{v}')}" for v in found]
        rows["tone"] = [VERDICT_TONES[v] for v in found]
        return rows.sort_values("uplift", ascending=False, ignore_index=True)

    def _alpha(self) -> float:
        evaluation = self._state.evaluation
        return 0.05 if evaluation is None else evaluation.alpha


def _rows(frame: pd.DataFrame) -> list[Any]:
    return list(frame.itertuples())


def shade(value: float | None) -> str:
    """Return the shade of a result over plan, from n3 (far below) to p3 (far above).

    Examples
    --------
    >>> shade(0.74), shade(1.0), shade(1.28), shade(None)
    ('n3', 'z', 'p3', '')
    """
    if value is None:
        return ""
    for limit, name in _SHADES:
        if value < limit:
            return name
    return "p3"
