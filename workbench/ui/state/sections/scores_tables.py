"""Rows of the section on scores, in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench import locale
from workbench.strategy import CRITERIA, METHODS

if TYPE_CHECKING:
    from workbench.ui.state.sections.scores import ScoresState

SHOWN = 12
"""Strategies that are drawn, and ranks; the rest are counted together."""
RIVALS = 5
MESSAGE_PREFIXES = ("strategy_scores.method.", "strategy_scores.column.", "strategy.criterion.")


class ScoresTables:
    """Rows for the templates and charts of one state of the section.

    Parameters
    ----------
    state : ScoresState
        Whose figures are shown.
    """

    def __init__(self, state: ScoresState) -> None:
        self._state = state

    def _words(self) -> dict[str, tuple[str, int]]:
        """Return each strategy's shown name and the colour slot of its segment."""
        return self._state.in_words("strategies", self._read_words)

    def _read_words(self) -> dict[str, tuple[str, int]]:
        tables = self._state.screen.tables
        names, segments = tables.names(), tables.segments()
        return {
            str(row["strategy_id"]): (
                str(names.get(row["strategy_id"], row["name"])),
                segments.get(str(row["segment"]), ("", 0))[1],
            )
            for row in self._state.criteria.to_dict("records")
        }

    def name(self, strategy_id: Any) -> str:
        """Return a strategy's shown name."""
        return self._words()[strategy_id][0]

    def slot(self, strategy_id: Any) -> int:
        """Return the colour slot of a strategy's segment."""
        return self._words()[strategy_id][1]

    def method(self, name: str) -> str:
        """Return a method's name."""
        return self._state.t(f"strategy_scores.method.{name}")

    def criterion(self, name: str) -> str:
        """Return a criterion's name."""
        return self._state.t(f"strategy.criterion.{name}")

    def drawn(self) -> list[str]:
        """Return the strategies that are drawn: the first by the weighted sum, in the plan's order.

        The order of rows stays while a slider moves, so that only what has changed is sent.
        """
        ranks = self._state.compared().ranks
        first = set(ranks["strategy_id"].head(SHOWN))
        return [each for each in self._state.criteria["strategy_id"] if each in first]

    # The methods side by side ----------------------------------------------------

    def bumps(self) -> pd.DataFrame:
        """Return a row for each strategy drawn and each method: its rank, and words for a tooltip."""
        state = self._state
        ranks = _by_strategy(state.compared().ranks)
        rows = []
        for strategy_id in self.drawn():
            label, slot = f"{strategy_id}  {self.name(strategy_id)}", self.slot(strategy_id)
            for place, method in enumerate(METHODS):
                score = float(ranks[strategy_id][f"score_{method}"])
                money = method == "expected_value"
                rows.append(
                    {
                        "strategy_id": strategy_id,
                        "label": label,
                        "slot": slot,
                        "place": place,
                        "method": self.method(method),
                        "rank": int(ranks[strategy_id][f"rank_{method}"]),
                        "score": self._money(strategy_id, score) if money else locale.decimal(score, 3),
                    }
                )
        return pd.DataFrame(rows)

    def columns(self) -> list[str]:
        """Return the methods' names for the chart's columns, lines parted by a bar."""
        return [self._state.t(f"strategy_scores.column.{method}") for method in METHODS]

    def agreement(self) -> list[dict[str, Any]]:
        """Return how far each pair of methods agrees."""
        return [
            {
                "method": self.method(row["method"]),
                "other": self.method(row["other"]),
                "tau": locale.signed(row["kendall_tau"]) if row["kendall_tau"] == row["kendall_tau"] else "–",
                "swaps": int(row["swaps"]),
                "same_first": bool(row["same_first"]),
            }
            for row in self._state.compared().agreement.to_dict("records")
        ]

    # Ranks under sampled weights -------------------------------------------------

    def shares(self) -> pd.DataFrame:
        """Return a row for each strategy drawn and each rank: the share of draws, in words too."""
        state = self._state
        found = state.shares()
        n = len(state.criteria)
        # A row for each strategy and rank, strategies by their rank: a square.
        order = [str(each) for each in found["strategy_id"].to_numpy()[::n]]
        square = found["share"].to_numpy().reshape(n, n)
        last = min(n, SHOWN)
        square = np.column_stack([square[:, : last - 1], square[:, last - 1 :].sum(axis=1)])
        columns = [str(rank) for rank in range(1, last)] + [f"{last}+" if n > SHOWN else str(last)]
        rank = {strategy_id: number for number, strategy_id in enumerate(order)}
        drawn = [each for each in state.criteria["strategy_id"] if rank[each] < SHOWN]
        ranks = np.array([rank[each] for each in drawn])
        flat = square[ranks].reshape(-1).tolist()
        return pd.DataFrame(
            {
                "strategy_id": np.repeat(drawn, last),
                "label": np.repeat([f"{each}  {self.name(each)}" for each in drawn], last),
                "order": np.repeat(ranks + 1, last),
                "column": columns * len(drawn),
                "share": flat,
                "shown": [_percent(share) for share in flat],
                "brief": [f"{100 * share:.0f}" if share >= 0.005 else "" for share in flat],
                "own": (ranks[:, None] == np.arange(last)[None, :]).reshape(-1),
            }
        )

    # What the score is made of ---------------------------------------------------

    def contributions(self) -> list[dict[str, Any]]:
        """Return each strategy's score and what each criterion gives to it, best first."""
        state = self._state
        scored = state.ranking()
        compared = _by_strategy(state.compared().ranks)
        before = _by_strategy(state.compared(planned=True).ranks)
        largest = float(scored[[f"contribution_{name}" for name in CRITERIA]].max().max()) or 1.0
        rows = []
        for row in scored.to_dict("records"):
            strategy_id = str(row["strategy_id"])
            given = [float(row[f"contribution_{name}"]) for name in CRITERIA]
            move = int(before[strategy_id]["rank_weighted_sum"]) - int(row["rank"])
            rows.append(
                {
                    "id": strategy_id,
                    "name": self.name(strategy_id),
                    "slot": self.slot(strategy_id),
                    "rank": int(row["rank"]),
                    "move": f"↑{move}" if move > 0 else f"↓{-move}" if move < 0 else "",
                    "parts": [
                        {"shown": locale.decimal(part), "width": round(part / largest, 3)} for part in given
                    ],
                    "score": locale.decimal(row["score"]),
                    "value": self._money(strategy_id, float(compared[strategy_id]["score_expected_value"])),
                    "ranks": [int(compared[strategy_id][f"rank_{name}"]) for name in METHODS],
                    "spread": int(compared[strategy_id]["spread"]),
                }
            )
        return rows

    def _money(self, strategy_id: str, value: float) -> str:
        """Return an expected value; a strategy for few customers would tell of them."""
        state = self._state
        reached = dict(zip(state.criteria["strategy_id"], state.criteria["n"], strict=True))
        few = 0 < reached[strategy_id] < state.project.small_cell
        if few and not state.may("analyst"):
            return state.t("strategy_scores.table.hidden")
        return locale.money(value, state.lang)

    # What would change the first place -------------------------------------------

    def flips(self) -> list[dict[str, Any]]:
        """Return for each criterion at which weight, alone, who would come first."""
        found = {row["criterion"]: row for row in self._state.flips().to_dict("records")}
        shares = self._state.compared().weights
        return [
            {
                "criterion": self.criterion(name),
                "now": locale.decimal(shares[name]),
                "at": locale.decimal(found[name]["flips_at"]) if name in found else "",
                "first": self.name(found[name]["first"]) if name in found else "",
                "id": found[name]["first"] if name in found else "",
            }
            for name in CRITERIA
        ]

    def rivals(self) -> list[dict[str, Any]]:
        """Return the nearest rivals: the weight that must move until they are level."""
        rows = self._state.changes().head(RIVALS)
        largest = float(rows["moved"].max()) if len(rows) else 0.0
        return [
            {
                "id": row["strategy_id"],
                "name": self.name(row["strategy_id"]),
                "slot": self.slot(row["strategy_id"]),
                "moved": locale.decimal(row["moved"]),
                "width": round(float(row["moved"]) / largest, 3) if largest else 0,
                "leads": bool(row["leads"]),
            }
            for row in rows.to_dict("records")
        ]


def _by_strategy(ranks: pd.DataFrame) -> dict[str, dict[Any, Any]]:
    return {str(row["strategy_id"]): row for row in ranks.to_dict("records")}


def _percent(share: float) -> str:
    """Return a share for a small cell; nothing where it never happened."""
    if share == 0:
        return ""
    if share < 0.005:
        return "<1%"
    return ">99%" if 0.995 <= share < 1 else locale.percent(share, places=0)
