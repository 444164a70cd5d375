"""The tables behind the cards of the board."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.review import funnel_of, state_alert
from workbench.ui.state.review_figures import shade

if TYPE_CHECKING:
    from workbench.ui.state.sections.board import BoardState

ROWS = 10
"""Members listed before one asks for all: the best and the last."""
BARS = 8
"""Members whose cost and return are drawn."""
ALERTS = 5
PLANNED = 5
"""Responses planned below which a title does not name a member."""
_SIGNS = {"bad": "✕", "warn": "!", "note": "i"}
_TONES = {"bad": "x", "warn": "w", "note": "a"}
_STEP_HIDES = {step: f"hide_{step}" for step in ("listed", "contacted", "reached", "responded", "bought")}
MESSAGE_PREFIXES = (
    "review.step.",
    "review_board.severity.",
    "review_board.state.",
    "review.section.",
    "review.channel.",
)


class BoardTables:
    """The tables of one state of the board.

    Parameters
    ----------
    state : BoardState
        Whose filters are in force.
    """

    def __init__(self, state: BoardState) -> None:
        self._state = state
        self.t = state.t

    # Names -------------------------------------------------------------------------

    def name(self, dimension: str, member: str) -> str:
        """Return what a member of a dimension is called on the screen."""
        state = self._state
        if not member:
            return self.t("review_board.unknown")
        if dimension == "strategy_id":
            names = dict(zip(state.cards["strategy_id"], state.cards["name"], strict=True))
            return f"{member} {names.get(member, '')}".strip()
        if dimension == "segment":
            return str(state.screen.shown_segment(member))
        if dimension == "channel":
            return str(state.screen.channel_name(member))
        return member

    def slot(self, dimension: str, member: str) -> int | None:
        """Return the colour slot of a strategy's or a segment's row; others have none."""
        state = self._state
        if dimension == "strategy_id":
            return int(state.screen.figures.slots().get(member, 0))
        if dimension == "segment":
            rows = state.screen.segments
            found = rows.loc[rows["segment"] == member, "slot"]
            return int(found.iloc[0]) if len(found) else 0
        return None

    # The funnel --------------------------------------------------------------------

    def funnel(self) -> pd.DataFrame:
        """Return the steps to draw: see `workbench.charts.funnel`."""
        found: pd.DataFrame = self._state.once("funnel", self._funnel, self._state.lang)
        return found

    def _funnel(self) -> pd.DataFrame:
        lang = self._state.lang
        whole = self._state.whole()
        steps = funnel_of(whole)
        steps["label"] = [self.t(f"review.step.{step}") for step in steps["step"]]
        hidden = [bool(len(whole) and whole[_STEP_HIDES[step]].iloc[0]) for step in steps["step"]]
        steps["hidden"] = hidden
        steps["shown"] = [
            self.t("review_board.hidden") if gone else locale.count(n, lang)
            for n, gone in zip(steps["n"], hidden, strict=True)
        ]
        steps["kept"] = [
            "" if step == "listed" else locale.percent(share, places=0) if share == share else ""
            for step, share in zip(steps["step"], steps["of_previous"], strict=True)
        ]
        return steps

    # Against plan ------------------------------------------------------------------

    def ranked(self) -> pd.DataFrame:
        """Return the members of the dimension, the best first; what is not known last."""
        by = self._state.dimension()
        found: pd.DataFrame = self._state.once("ranked", lambda: self._ranked(by), by)
        return found

    def _ranked(self, by: str) -> pd.DataFrame:
        rows = self._state.members()
        if rows.empty:
            return rows
        # An empty name is nobody's: it stands last, whatever its figure.
        nameless = rows[by].eq("")
        order = (
            rows["responded_to_plan"]
            .where(~nameless)
            .sort_values(ascending=False, kind="stable", na_position="last")
        )
        return rows.loc[order.index].reset_index(drop=True)

    def named(self) -> pd.DataFrame:
        """Return the ranked members that a title may name: known, and with enough planned to be judged."""
        by, rows = self._state.dimension(), self.ranked()
        if rows.empty:
            return rows
        judged = ~(rows["plan_responses"] < PLANNED)
        return rows[rows["responded_to_plan"].notna() & rows[by].ne("") & judged]

    def heat(self) -> dict[str, Any]:
        """Return the table against plan: its rows, the best first, and the whole last."""
        state = self._state
        found: dict[str, Any] = state.once("heat", self._heat, state.dimension(), state.all_rows, state.lang)
        return found

    def _heat(self) -> dict[str, Any]:
        state = self._state
        by, rows = state.dimension(), self.ranked()
        shown = rows
        if len(rows) > ROWS and not state.all_rows:
            # The last that is known says more than the first that is hidden.
            named = self.named()
            kept = named if len(named) >= ROWS else rows
            half = ROWS // 2
            shown = pd.concat([kept.head(half), kept.tail(half)])
        found = [self._row(row, self.name(by, str(row[by])), by) for row in shown.to_dict("records")]
        total = [
            self._row(row, self.t("review_board.heat.all"), "") for row in state.whole().to_dict("records")
        ]
        money = any(row["value"] for row in found)
        return {"rows": found, "total": total, "n": len(rows), "shown": len(shown), "money": money}

    def _row(self, row: dict[Any, Any], name: str, by: str) -> dict[str, Any]:
        lang = self._state.lang
        can_filter = by in ("strategy_id", "segment", "channel", "region", "branch")
        value = None
        if row["value"] == row["value"]:
            interval = ""
            if row["value_low"] == row["value_low"]:
                interval = self.t(
                    "review_board.interval",
                    low=locale.money(row["value_low"], lang),
                    high=locale.money(row["value_high"], lang),
                )
            left_out = self.t("review_board.left_out", n=row["left_out"]) if row["left_out"] else ""
            value = {"shown": locale.money(row["value"], lang), "interval": interval, "left_out": left_out}
        return {
            "name": name,
            "member": str(row[by]) if by else "",
            "dimension": by if can_filter and row[by] else "",
            "slot": self.slot(by, str(row[by])) if by else None,
            "listed": self._count(row, "listed"),
            "contacted": self._ratio(row, "contacted_to_plan", ("contacted", "listed")),
            "reached": self._ratio(row, "reach_rate", ("contacted", "reached")),
            "responded": self._ratio(row, "responded_to_plan", ("responded", "listed")),
            "n_responded": self._count(row, "responded"),
            "cost": self._ratio(row, "cost_to_plan", ("contacted", "listed"), turned=True),
            "value": value,
            "value_hidden": value is None and row["basis"] != "none",
            "gross": row["basis"] in ("gross", "mixed"),
            "basis": row["basis"],
            "returned": self.per_yuan(row["return_on_cost"]),
        }

    def _count(self, row: dict[Any, Any], measure: str) -> dict[str, Any]:
        hidden = bool(row[f"hide_{measure}"])
        return {"hidden": hidden, "shown": locale.count(row[measure], self._state.lang)}

    @staticmethod
    def _ratio(
        row: dict[Any, Any], name: str, rests_on: tuple[str, ...], turned: bool = False
    ) -> dict[str, Any]:
        value = None if row[name] != row[name] else float(row[name])
        hidden = value is None and any(bool(row[f"hide_{measure}"]) for measure in rests_on)
        # Less than planned is better of a cost: its shades are turned round.
        shown = value if value is None or not turned else 2 - value
        return {"hidden": hidden, "value": value, "shade": shade(shown)}

    @staticmethod
    def per_yuan(value: float) -> str:
        """Return a return on one CNY spent in words."""
        if value != value:
            return locale.count(None)
        return f"{'−' if value < 0 else ''}¥{abs(value):,.2f}"

    # Cost and return -----------------------------------------------------------------

    def money_dimension(self) -> str:
        """Return the dimension of the bars: the table's, unless its values are not published."""
        by = self._state.dimension()
        rows = self._state.members()
        told = not rows.empty and rows["value"].notna().any()
        return by if told else "strategy_id"

    def returns(self) -> pd.DataFrame:
        """Return the bars to draw: see `workbench.charts.cost_and_return`."""
        by = self.money_dimension()
        found: pd.DataFrame = self._state.once("returns", lambda: self._returns(by), by, self._state.lang)
        return found

    def _returns(self, by: str) -> pd.DataFrame:
        lang = self._state.lang
        rows = self._state.members(by)
        if rows.empty:
            return rows
        rows = rows[rows["value"].notna() & rows[by].ne("")].sort_values(
            "value", ascending=False, kind="stable", ignore_index=True
        )
        if len(rows) > BARS:
            half = BARS // 2
            rows = pd.concat([rows.head(half), rows.tail(half)], ignore_index=True)
        gross = rows["basis"].isin(("gross", "mixed"))
        return pd.DataFrame(
            {
                "label": [self.name(by, str(member)) for member in rows[by]],
                "slot": [self.slot(by, str(member)) for member in rows[by]],
                "value": rows["value"].astype(float),
                "low": rows["value_low"].astype(float),
                "high": rows["value_high"].astype(float),
                "cost": rows["cost"].astype(float),
                "gross": gross,
                "figures": [self._figures(row, lang) for row in rows.to_dict("records")],
            }
        )

    def _figures(self, row: dict[Any, Any], lang: str) -> str:
        key = "review_board.money.net" if row["basis"] == "incremental" else "review_board.money.gross"
        return self.t(
            key,
            value=("◐ " if row["left_out"] else "") + locale.money(row["value"], lang),
            per_yuan=self.per_yuan(row["return_on_cost"]),
        )

    # Alerts --------------------------------------------------------------------------

    def alerts(self) -> list[dict[str, Any]]:
        """Return the alerts, the gravest first."""
        state = self._state
        minimum = 0 if state.may("analyst") else state.project.small_cell
        found = []
        raised: list[dict[str, Any]] = state.raised.to_dict("records")  # type: ignore[assignment]
        for place, alert in enumerate(raised):
            dimension = "strategy_id" if alert["scope"] == "strategy" else "branch"
            section = str(alert["section"])
            leads = section in state.screen.homes
            where = self.t(f"review.section.{section}") if leads else ""
            key = "review_board.alerts.here" if section == state.name else "review_board.alerts.look"
            found.append(
                {
                    "place": place,
                    "tone": _TONES[alert["severity"]],
                    "sign": _SIGNS[alert["severity"]],
                    "severity": self.t(f"review_board.severity.{alert['severity']}"),
                    "text": state_alert(
                        alert, self.name(dimension, str(alert["member"])), state.lang, minimum=minimum
                    ),
                    "where": self.t(key, where=where) if leads else "",
                }
            )
        return found

    def shown_alerts(self) -> list[dict[str, Any]]:
        """Return the alerts listed before one asks for all."""
        return self.alerts() if self._state.all_alerts else self.alerts()[:ALERTS]

    # Comments and action items -------------------------------------------------------

    def comments(self) -> list[dict[str, Any]]:
        """Return the review's comments of which no action item was made yet, the newest first."""
        taken = set(self._state.items["comment_id"].dropna()) if len(self._state.items) else set()
        rows = self._state.comments
        if rows.empty:
            return []
        left = rows[~rows["comment_id"].isin(taken)]
        return [
            {
                "id": int(row["comment_id"]),
                "text": row["text"],
                "by": f"{row['author']} · {locale.timestamp(row['at'])}",
            }
            for row in left.iloc[::-1].to_dict("records")
        ]

    def items(self) -> list[dict[str, Any]]:
        """Return the action items: open ones first, what is due first before others."""
        state = self._state
        order = {"open": 0, "done": 1, "dropped": 2}
        rows = sorted(state.items.to_dict("records"), key=lambda row: order[row["state"]])
        may = state.may("contributor")
        return [
            {
                "id": int(row["action_id"]),
                "version": int(row["row_version"]),
                "text": row["text"],
                "owner": row["owner"],
                "due": locale.date(row["due_on"], state.lang),
                "state": row["state"],
                "word": self.t(
                    "review_board.state.overdue" if row["overdue"] else f"review_board.state.{row['state']}"
                ),
                "sign": "!" if row["overdue"] else {"open": "○", "done": "✓", "dropped": "✕"}[row["state"]],
                "tone": "w" if row["overdue"] else {"open": "a", "done": "g", "dropped": ""}[row["state"]],
                "from": row["cycle_id"] if row["carried"] else "",
                "note": row["note"],
                "may_change": may,
            }
            for row in rows
        ]
