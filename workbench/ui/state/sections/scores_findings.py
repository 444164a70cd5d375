"""The sentences of the section on scores: made of the figures on screen, never beyond them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.strategy import CRITERIA, METHODS
from workbench.strategy.scoring import DRAWS
from workbench.ui.state.parts import Kpi

if TYPE_CHECKING:
    from workbench.strategy import MethodComparison
    from workbench.ui.state.sections.scores import ScoresState

FIRM = 0.5
"""A first place that holds under fewer sampled weights than this is said to be open."""
MESSAGE_PREFIXES = (
    "strategy_scores.method.",
    "strategy_scores.reach.",
    "strategy_scores.scope.",
    "strategy_scores.criterion.",
)


class ScoresFindings:
    """Titles, key figures and sentences of one state of the section.

    Parameters
    ----------
    state : ScoresState
        Whose figures are put into words.
    """

    def __init__(self, state: ScoresState) -> None:
        self._state = state

    def t(self, key: str, /, **values: object) -> str:
        """Return a message in the screen's language."""
        return self._state.t(key, **values)

    def _name(self, strategy_id: Any) -> str:
        return self._state.tables.name(strategy_id)

    # Page ------------------------------------------------------------------------

    def title(self) -> str:
        """Return how firm the plan's first place is; no slider touches it."""
        state = self._state
        compared = state.compared(planned=True)
        if len(compared.ranks) == 1:
            return self.t("strategy_scores.title.one", strategy=self._name(compared.first["weighted_sum"]))
        first = self._name(compared.first["weighted_sum"])
        if len(set(compared.first.values())) > 1:
            return self._split(compared, "strategy_scores.title.split")
        changes = state.changes(planned=True)
        if changes.empty:
            return self.t("strategy_scores.title.always", strategy=first)
        return self.t("strategy_scores.title.agree", strategy=first, moved=_points(changes["moved"].iloc[0]))

    def _split(self, compared: MethodComparison, key: str) -> str:
        """Say which methods put which strategy first; the weighted sum's speaks first."""
        own = compared.first["weighted_sum"]
        other = next(name for name in METHODS if compared.first[name] != own)
        n = sum(first == own for first in compared.first.values())
        return self.t(
            key,
            strategy=self._name(own),
            n=n,
            of=len(METHODS),
            other=self._name(compared.first[other]),
            method=self.t(f"strategy_scores.method.{other}"),
        )

    def subtitle(self) -> str:
        """Return what the finding rests on."""
        plan = self._state.plan
        assert plan is not None
        parts = [
            self.t("strategy.subtitle.plan", version=plan.version, n=len(plan.criteria)),
            self.t("strategy.subtitle.segmentation", version=plan.segmentation_version or "–"),
            self.t("strategy_scores.subtitle.criteria", n=len(CRITERIA)),
        ]
        return " · ".join(parts)

    def kpis(self) -> list[Kpi]:
        """Return how firm the plan's first place is: six figures."""
        state = self._state
        compared = state.compared(planned=True)
        own = compared.first["weighted_sum"]
        n_first = sum(first == own for first in compared.first.values())
        return [
            Kpi(self.t("strategy_scores.kpi.first"), own, note=self._name(own)),
            Kpi(
                self.t("strategy_scores.kpi.methods"),
                self.t("strategy_scores.kpi.of", n=n_first, of=len(METHODS)),
                note=self.t("strategy_scores.kpi.methods_note"),
                tone="" if n_first == len(METHODS) else "warn",
            ),
            self._holds("strategy_scores.kpi.near", "weighted_sum", "near", own),
            self._holds("strategy_scores.kpi.any", "weighted_sum", "any", own),
            self._change(),
            self._agreement(compared),
        ]

    def _holds(self, label: str, method: str, reach: str, strategy_id: str) -> Kpi:
        shares = self._state.shares(method, reach, planned=True)
        kept = _share_first(shares, strategy_id)
        note = self.t(f"strategy_scores.scope.{reach}")
        loose = kept < FIRM
        return Kpi(
            self.t(label),
            locale.percent(kept, places=0),
            note=f"! {note}" if loose else note,
            tone="warn" if loose else "",
            exact=f"{kept:.1%}",
        )

    def _change(self) -> Kpi:
        changes = self._state.changes(planned=True)
        label = self.t("strategy_scores.kpi.change")
        if changes.empty:
            return Kpi(label, "–", note=self.t("strategy_scores.kpi.change_none"))
        nearest = changes.iloc[0]
        return Kpi(
            label,
            _points(nearest["moved"]),
            note=self.t("strategy_scores.kpi.change_note", strategy=nearest["strategy_id"]),
            exact=f"{nearest['moved']:.4f}",
        )

    def _agreement(self, compared: MethodComparison) -> Kpi:
        rows = compared.agreement
        pair = rows[(rows["method"] == "weighted_sum") & (rows["other"] == "topsis_vector")].iloc[0]
        tau, n = pair["kendall_tau"], len(compared.ranks)
        return Kpi(
            self.t("strategy_scores.kpi.tau"),
            locale.signed(tau) if tau == tau else "–",
            note=self.t("strategy_scores.kpi.tau_note", n=int(pair["swaps"]), pairs=n * (n - 1) // 2),
        )

    # Cards -----------------------------------------------------------------------

    def bump_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the methods side by side."""
        state = self._state
        compared = state.compared()
        n, shown = len(compared.ranks), len(state.tables.drawn())
        subtitle = self.t(
            "strategy_scores.bump.subtitle" if n == shown else "strategy_scores.bump.subtitle_some",
            n=n,
            shown=shown,
            date=locale.date(state.project.cycle.snapshot_date, state.lang),
        )
        if n < 2:
            return self.t("strategy_scores.bump.neutral"), subtitle
        if len(set(compared.first.values())) > 1:
            return self._split(compared, "strategy_scores.bump.split"), subtitle
        first = self._name(compared.first["weighted_sum"])
        spread = compared.ranks["spread"]
        if not spread.any():
            return self.t("strategy_scores.bump.same", strategy=first), subtitle
        widest = compared.ranks.iloc[int(spread.to_numpy().argmax())]
        return self.t(
            "strategy_scores.bump.agree",
            strategy=first,
            other=self._name(widest["strategy_id"]),
            n=int(widest["spread"]),
        ), subtitle

    def shares_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the ranks under sampled weights."""
        state = self._state
        found = state.shares()
        subtitle = self.t(
            "strategy_scores.shares.subtitle",
            draws=f"{DRAWS:,}",
            method=self.t(f"strategy_scores.method.{state.method}"),
            scope=self.t(f"strategy_scores.scope.{state.reach}"),
        )
        best = found[found["rank"] == 1].sort_values("share", ascending=False, kind="stable").iloc[0]
        share = float(best["share"])
        values = {"strategy": self._name(best["strategy_id"]), "share": locale.percent(share, places=0)}
        key = "strategy_scores.shares.firm" if share >= FIRM else "strategy_scores.shares.open"
        return self.t(key, **values), subtitle

    def table_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of what the scores are made of."""
        ranked = self._state.ranking()
        subtitle = self.t("strategy_scores.table.subtitle")
        if len(ranked) < 2:
            return self.t("strategy_scores.table.neutral"), subtitle
        first, second = ranked.iloc[0], ranked.iloc[1]
        lead = float(first["score"] - second["score"])
        gaps = {
            name: float(first[f"contribution_{name}"] - second[f"contribution_{name}"]) for name in CRITERIA
        }
        most = max(gaps, key=lambda name: gaps[name])
        if round(lead, 2) <= 0:
            names = {"strategy": self._name(first["strategy_id"]), "other": self._name(second["strategy_id"])}
            return self.t("strategy_scores.table.level", **names), subtitle
        return self.t(
            "strategy_scores.table.title",
            strategy=self._name(first["strategy_id"]),
            other=self._name(second["strategy_id"]),
            lead=locale.decimal(lead),
            criterion=self.t(f"strategy_scores.criterion.{most}"),
            gap=locale.signed(gaps[most]),
        ), subtitle

    # What would change the first place -------------------------------------------

    def change(self) -> str:
        """Return the smallest joint change of the weights, and who comes first then."""
        state = self._state
        changes = state.changes()
        if len(state.criteria) < 2:
            return self.t("strategy_scores.change.one")
        if changes.empty:
            first = state.compared().first["weighted_sum"]
            return self.t("strategy_scores.change.never", strategy=self._name(first))
        nearest = changes.iloc[0]
        values = {"strategy": self._name(nearest["strategy_id"])}
        if round(float(nearest["moved"]), 4) == 0:
            return self.t("strategy_scores.change.level", **values)
        return self.t(
            "strategy_scores.change.joint",
            moved=_points(nearest["moved"]),
            steps=self._steps(nearest),
            **values,
        )

    def _steps(self, change: pd.Series) -> str:
        """Return each weight that moves: from what to what; the largest move first."""
        shares = self._state.compared().weights
        moves = {name: float(change[f"change_{name}"]) for name in CRITERIA}
        moving = sorted(
            (name for name in moves if abs(moves[name]) > 5e-5), key=lambda name: -abs(moves[name])
        )
        return self.t("strategy_scores.change.and").join(
            self.t(
                "strategy_scores.change.step",
                criterion=self.t(f"strategy_scores.criterion.{name}"),
                now=_points(shares[name]),
                at=_points(change[f"weight_{name}"]),
            )
            for name in moving
        )


def _points(share: float) -> str:
    """Return a weight as a decimal, with as many places as it takes to be more than nothing."""
    places = 2 if round(share, 2) > 0 or share == 0 else 4
    return locale.decimal(share, places)


def _share_first(shares: pd.DataFrame, strategy_id: str) -> float:
    found = shares[(shares["strategy_id"] == strategy_id) & (shares["rank"] == 1)]
    return float(found["share"].iloc[0])
