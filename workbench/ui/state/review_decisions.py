"""What a review recommends, in the reader's words, and what people decided on it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench import locale
from workbench.errors import NotFound
from workbench.review import state_change, state_reason

if TYPE_CHECKING:
    from workbench.ui.state.review import ReviewState

ACTION_SIGNS = {"scale": "✓", "keep": "✓", "adjust": "◐", "stop": "✕", "undecided": "?"}
ACTION_TONES = {"scale": "good", "keep": "good", "adjust": "accent", "stop": "bad", "undecided": "warn"}
LISTED = 6
"""Recommendations listed before one asks for all."""
MESSAGE_PREFIXES = ("review.action.", "review.evidence.", "review.status.")

# What the evidence shows, in this order, and how each figure is written.
_EVIDENCE = {
    "n": "count",
    "n_control": "count",
    "n_contacted": "count",
    "n_contaminated": "count",
    "mean": "percent",
    "control_mean": "percent",
    "uplift": "points",
    "p_holm": "p",
    "lift": "share",
    "value": "money",
    "cost": "money",
    "return_on_cost": "decimal",
    "planned_uplift": "points",
    "break_even_uplift": "points",
    "n_needed": "count",
    "parts_p": "p",
    "sample_ratio_p": "p",
}
_INTERVALS = {
    "uplift": ("ci_low", "ci_high"),
    "value": ("value_low", "value_high"),
    "return_on_cost": ("return_low", "return_high"),
}


class ReviewDecisions:
    """The recommendations of one state of the screen.

    Parameters
    ----------
    state : ReviewState
        Whose recommendations are shown.
    """

    def __init__(self, state: ReviewState) -> None:
        self._state = state
        self.t = state.t

    def n_open(self) -> int:
        """Return how many wait for a decision, whatever the filters show."""
        return int(self._state.advice["status"].eq("open").sum())

    def n_all(self) -> int:
        """Return how many there are."""
        return len(self._state.advice)

    def strategy_of(self, recommendation_id: str) -> str:
        """Return the strategy that a recommendation is for.

        Raises
        ------
        NotFound
            If the cycle has no such recommendation.
        """
        rows = self._state.advice
        found = rows.loc[rows["recommendation_id"] == recommendation_id, "strategy_id"]
        if found.empty:
            raise NotFound("store.error.no_recommendation", recommendation=recommendation_id)
        return str(found.iloc[0])

    def action(self, strategy_id: str) -> str:
        """Return what is recommended for a strategy; empty where nothing is."""
        rows = self._state.advice
        found = rows.loc[rows["strategy_id"] == strategy_id, "action"]
        return "" if found.empty else str(found.iloc[0])

    def rows(self) -> list[dict[str, Any]]:
        """Return one row a recommendation of the strategies shown, open ones with their buttons."""
        state = self._state
        cards = state.shown_cards()
        names = dict(zip(cards["strategy_id"], cards["name"], strict=True)) if len(cards) else {}
        slots = state.figures.slots()
        may_decide = state.may("analyst")
        found = []
        # What asks for a decision that changes something comes first.
        order = state.advice["action"].eq("undecided").to_numpy().argsort(kind="stable")
        ordered: list[dict[str, Any]] = state.advice.iloc[order].to_dict("records")  # type: ignore[assignment]
        for row in ordered:
            if row["strategy_id"] not in names:
                continue
            told = self._told(row)
            is_open = row["status"] == "open"
            found.append(
                {
                    "id": row["recommendation_id"],
                    "strategy": f"{row['strategy_id']} {names[row['strategy_id']]}",
                    "slot": slots.get(row["strategy_id"], 0),
                    "action": self.t(f"review.action.{row['action']}"),
                    "sign": ACTION_SIGNS[row["action"]],
                    "tone": ACTION_TONES[row["action"]],
                    # That it stops, the action's word says already.
                    "change": "" if row["action"] == "stop" else state_change(told, state.lang),
                    "reason": state_reason(told, state.lang),
                    "rule": row["rule"],
                    "evidence": self.evidence(row),
                    "status": row["status"],
                    "decided": "" if is_open else self.decided(row),
                    "why": "" if is_open else (row["decision_reason"] or ""),
                    "may_decide": may_decide and is_open,
                    "hint": f"project.review.accept({row['recommendation_id']!r})",
                }
            )
        return found

    def shown(self) -> list[dict[str, Any]]:
        """Return the rows listed before one asks for all."""
        rows = self.rows()
        return rows if self._state.all_advice else rows[:LISTED]

    def more(self) -> str:
        """Return the strategies whose recommendations are not among the first."""
        return ", ".join(row["strategy"].split(" ")[0] for row in self.rows()[LISTED:])

    def decided(self, row: dict[str, Any]) -> str:
        """Return what was decided, by whom (for analysts) and when."""
        who = row["decided_by"] if self._state.may("analyst") else ""
        parts = [self.t(f"review.status.{row['status']}"), who, locale.timestamp(row["decided_at"])]
        return " · ".join(part for part in parts if part)

    def _told(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return a row whose evidence and change hold nothing that a reader may not see."""
        known = self._evidence(row)
        change: dict[str, Any] = json.loads(row["change"])
        if "posterior_mean" in json.loads(row["evidence"]) and "posterior_mean" not in known:
            change = {name: value for name, value in change.items() if name != "expected_response"}
        fewer = self.t("review.fewer", n=self._state.project.settings.small_cell)
        hidden = {name: fewer for name in json.loads(row["evidence"]) if name.startswith("n_")}
        told = {**hidden, **known}
        return {**row, "evidence": json.dumps(told), "change": json.dumps(change)}

    def _evidence(self, row: dict[str, Any]) -> dict[str, Any]:
        """Return the figures behind a row, without those that a reader may not see."""
        known: dict[str, Any] = json.loads(row["evidence"])
        if self._state.may("analyst"):
            return known
        minimum = self._state.project.settings.small_cell
        small = {name for name in known if name.startswith("n_") and 0 < known[name] < minimum}
        if "n_responded" in small:
            # The rates, and what was learned of them, would tell the count.
            small |= {"mean", "control_mean", "expected_count", "lift", "planned_uplift"}
            small |= {name for name in known if name.startswith("posterior")}
        return {name: value for name, value in known.items() if name not in small}

    def evidence(self, row: dict[str, Any]) -> list[tuple[str, str]]:
        """Return the figures behind a recommendation as (label, in words)."""
        known = self._evidence(row)
        found = []
        for name, kind in _EVIDENCE.items():
            if known.get(name) is None:
                continue
            shown = self._write(kind, known[name])
            low, high = (known.get(end) for end in _INTERVALS.get(name, ("", "")))
            if low is not None and high is not None:
                shown = self.t(
                    "review.interval",
                    value=shown,
                    low=self._write(kind, low, short=True),
                    high=self._write(kind, high, short=True),
                )
            found.append((self.t(f"review.evidence.{name}"), shown))
        return found

    def _write(self, kind: str, value: float, short: bool = False) -> str:
        lang = self._state.lang
        if kind == "count":
            return locale.count(value, lang)
        if kind == "money":
            return locale.money(value, lang)
        if kind == "points":
            return locale.points(value, lang, unit=not short)
        if kind == "percent":
            return locale.percent(value)
        if kind == "share":
            return ("+" if value > 0 else "") + locale.percent(value)
        if kind == "p":
            return "< 0.001" if value < 0.001 else locale.decimal(value, 3)
        return locale.decimal(value, 2)
