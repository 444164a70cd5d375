"""The strategy screen's sentences: made of the figures on screen, never claimed beyond them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from workbench import locale
from workbench.strategy import find_flips, gate_label, summarise_map, total_value, value_lists
from workbench.strategy.scoring import DRAWS
from workbench.ui.state.parts import Kpi

if TYPE_CHECKING:
    from workbench.ui.state.strategy import StrategyState


class StrategyFindings:
    """Titles and key figures of one state of the screen.

    Parameters
    ----------
    state : StrategyState
        Whose figures are put into words.
    """

    def __init__(self, state: StrategyState) -> None:
        self._state = state

    def t(self, key: str, /, **values: object) -> str:
        """Return a message in the screen's language."""
        return self._state.t(key, **values)

    def _money(self, value: float | None) -> str:
        return locale.money(value, self._state.lang)

    def _count(self, value: float) -> str:
        return locale.count(value, self._state.lang)

    # Page ------------------------------------------------------------------------

    def valued(self) -> pd.DataFrame:
        """Return what the lists promise as launched, or without a limit; no slider touches it."""
        state = self._state
        priced = state.priced
        assert priced is not None
        return state.once("valued", lambda: value_lists(priced, evidence=state.evidence()))

    def title(self) -> str:
        """Return the page's title: what the plan is worth."""
        state = self._state
        if state.plan is None:
            return self.t("strategy.nothing.plan")
        if state.priced is None or state.priced.empty:
            return self.t("strategy.title.empty", n=len(state.cards))
        total = total_value(self.valued())
        values = {
            "n": self._count(len(state.priced)),
            "lists": len(self.valued()),
            "value": self._money(total["expected_value"]),
            "low": self._money(total["expected_value_low"]),
            "high": self._money(total["expected_value_high"]),
        }
        if total["expected_value_low"] <= 0:
            return self.t("strategy.title.uncertain", **values)
        return self.t("strategy.title.launched" if len(state.lists) else "strategy.title.planned", **values)

    def subtitle(self) -> str:
        """Return what the finding rests on."""
        state = self._state
        if state.plan is None:
            return self.t("strategy.nothing.plan_do")
        parts = [
            self.t("strategy.subtitle.plan", version=state.plan.version, n=len(state.cards)),
            self.t("strategy.subtitle.segmentation", version=state.plan.segmentation_version or "–"),
        ]
        cards = state.cards
        if len(cards) and cards["starts_on"].notna().any() and cards["ends_on"].notna().any():
            begin, end = cards["starts_on"].min(), cards["ends_on"].max()
            parts.append(
                self.t(
                    "strategy.subtitle.dates",
                    begin=locale.date(begin, state.lang),
                    end=locale.date(end, state.lang),
                )
            )
        return " · ".join(parts)

    # Key figures -----------------------------------------------------------------

    def kpis(self) -> list[Kpi]:
        """Return value, customers, cost, balances covered, gaps and clashes."""
        return [self._value(), self._customers(), self._cost(), *self._of_map()]

    def _value(self) -> Kpi:
        label = self.t("strategy.kpi.value")
        if self._state.priced is None:
            return Kpi(label, self._money(None), note=self.t("strategy.kpi.no_plan"))
        total = total_value(self.valued())
        note = self.t(
            "strategy.kpi.interval",
            low=self._money(total["expected_value_low"]),
            high=self._money(total["expected_value_high"]),
        )
        exact = f"CNY {total['expected_value']:,.0f}"
        return Kpi(label, self._money(total["expected_value"]), note=note, exact=exact)

    def _customers(self) -> Kpi:
        state = self._state
        label = self.t("strategy.kpi.listed" if len(state.lists) else "strategy.kpi.would_list")
        if state.priced is None or state.funnel is None:
            return Kpi(label, locale.percent(None), note=self.t("strategy.kpi.no_plan"))
        n = len(state.priced)
        control = float(state.priced["arm"].eq("control").mean()) if n else None
        reach = int(state.funnel["n_out"].iloc[0])
        note = self.t(
            "strategy.kpi.reach", reach=self._count(reach), control=locale.percent(control, places=0)
        )
        return Kpi(label, self._count(n), note=note, exact=f"{n:,}")

    def _cost(self) -> Kpi:
        label = self.t("strategy.kpi.cost")
        if self._state.priced is None:
            return Kpi(label, self._money(None), note=self.t("strategy.kpi.no_plan"))
        valued = self.valued()
        cost, minutes = float(valued["cost"].sum()), valued["minutes"].sum(min_count=1)
        note = self.t("strategy.kpi.contacts", n=self._count(valued["contacts"].sum()))
        if minutes == minutes:
            note = self.t(
                "strategy.kpi.hours", hours=self._count(minutes / 60), n=self._count(valued["contacts"].sum())
            )
        return Kpi(label, self._money(cost), note=note, exact=f"CNY {cost:,.0f}")

    def _of_map(self) -> list[Kpi]:
        cells = self._state.cells()
        known = summarise_map(cells) if len(cells) else None
        has_balance = known is not None and bool(cells["balance"].notna().any())
        covered = self.t("strategy.kpi.covered" if has_balance else "strategy.kpi.covered_customers")
        gaps, clashes = self.t("strategy.kpi.gaps"), self.t("strategy.kpi.clashes")
        if known is None:
            return [Kpi(label, locale.percent(None)) for label in (covered, gaps, clashes)]
        balance = known["balance_gaps"]
        gap_note = (
            self.t("strategy.kpi.gaps_worth", balance=self._money(balance)) if balance == balance else ""
        )
        return [
            Kpi(
                covered,
                locale.percent(known["share_covered"], places=0),
                note=self.t("strategy.kpi.covered_note"),
            ),
            Kpi(
                gaps,
                str(known["n_gaps"]),
                note=f"! {gap_note}" if known["n_gaps"] else self.t("strategy.kpi.gaps_none"),
                tone="warn" if known["n_gaps"] else "",
            ),
            Kpi(
                clashes,
                str(known["n_clashes"]),
                note=self.t(
                    "strategy.kpi.clashes_note" if known["n_clashes"] else "strategy.kpi.clashes_none"
                ),
                tone="warn" if known["n_clashes"] else "",
            ),
        ]

    # Cards of the page -----------------------------------------------------------

    def map_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the strategy map."""
        state = self._state
        cells = state.cells()
        n = f"{int(cells['n'].sum()):,}" if len(cells) else "0"
        values = {
            "n": n,
            "date": locale.date(state.project.cycle.snapshot_date, state.lang),
            "minimum": state.project.settings.small_cell,
        }
        has_balance = len(cells) and cells["balance"].notna().any()
        subtitle = self.t(
            "strategy.map.subtitle" if has_balance else "strategy.map.subtitle_customers", **values
        )
        if cells.empty:
            return self.t("strategy.map.neutral"), subtitle
        known = summarise_map(cells)
        found = []
        for count, one, many in (
            (known["n_gaps"], "strategy.map.gaps_one", "strategy.map.gaps_many"),
            (known["n_clashes"], "strategy.map.clashes_one", "strategy.map.clashes_many"),
        ):
            if count:
                found.append(self.t(one if count == 1 else many, n=int(count)))
        if not found:
            return self.t("strategy.map.fine"), subtitle
        return self.t("strategy.map.both", gaps=found[0], clashes=found[1]) if len(found) > 1 else found[
            0
        ], subtitle

    def ranking_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the ranking."""
        state = self._state
        ranked = state.ranking()
        subtitle = self.t("strategy.ranking.subtitle", n=len(ranked), draws=f"{DRAWS:,}")
        if ranked.empty:
            return self.t("strategy.ranking.neutral"), subtitle
        best = ranked.iloc[0]
        name = state.tables.names().get(best["strategy_id"], best["name"])
        values = {"strategy": name, "share": locale.percent(best["rank_stability"], places=0)}
        key = "strategy.ranking.what_if" if state.weights_differ else "strategy.ranking.title"
        return self.t(key, **values), subtitle

    def flip(self) -> str:
        """Return how little must change for another strategy to come first."""
        state = self._state
        assert state.plan is not None
        flips = find_flips(state.plan.criteria, state.weights)
        if flips.empty:
            return self.t("strategy.what_if.no_flip")
        nearest = flips.iloc[0]
        name = state.tables.names().get(nearest["first"], nearest["first"])
        return self.t(
            "strategy.what_if.flip",
            criterion=self.t(f"strategy.criterion.{nearest['criterion']}"),
            now=locale.decimal(nearest["weight"]),
            at=locale.decimal(nearest["flips_at"]),
            strategy=name,
        )

    def gates_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the gates."""
        state = self._state
        gates = state.tables.gates()
        key = "strategy.gates.launched" if len(state.lists) else "strategy.gates.preview"
        subtitle = self.t("strategy.gates.what_if") if state.capacity is not None else self.t(key)
        if len(state.lists) and state.capacity is None:
            newest = state.lists.iloc[-1]
            subtitle = self.t(key, date=locale.date(newest["launched_at"], state.lang), seed=newest["seed"])
        worst = gates.sort_values("lost_n", ascending=False, kind="stable").iloc[0]
        reach = int(gates["n"].iloc[0])
        if not worst["lost_n"]:
            return self.t("strategy.gates.none", n=self._count(reach)), subtitle
        values = {
            "gate": gate_label(worst["gate"], state.lang),
            "n": self._count(worst["lost_n"]),
            "reach": self._count(reach),
        }
        return self.t("strategy.gates.title", **values), subtitle

    def trace_title(self) -> tuple[str, str]:
        """Return what the lists are worth at the slider's capacity, and the curve's measure."""
        state = self._state
        total = total_value(state.listed())
        places = len(state.priced) if state.capacity is None else state.capacity  # type: ignore[arg-type]
        return self.t(
            "strategy.trace.title",
            n=f"{places:,}",
            value=self._money(total["expected_value"]),
            low=self._money(total["expected_value_low"]),
            high=self._money(total["expected_value_high"]),
        ), self.t("strategy.trace.subtitle")

    def lists_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the lists."""
        state = self._state
        if state.lists.empty:
            return self.t("strategy.lists.none"), self.t("strategy.lists.none_subtitle")
        n, control = int(state.lists["n"].sum()), int(state.lists["n_control"].sum())
        title = self.t(
            "strategy.lists.title", n=len(state.lists), customers=self._count(n), control=self._count(control)
        )
        return title, self.t("strategy.lists.subtitle")

    def model_title(self) -> tuple[str, str]:
        """Return the title and the subtitle of the propensity model."""
        models = self._state.tables.models()
        if not models:
            return self.t("strategy.model.none"), self.t("strategy.model.none_subtitle")
        model = models[0]["model"]
        key = "strategy.model.title" if model.is_useful_ else "strategy.model.weak"
        title = self.t(key, auc=locale.decimal(model.auc_), share=locale.percent(model.auc_, places=0))
        return title, self.t(
            "strategy.model.subtitle", n=f"{model.n_validation_:,}", train=f"{model.n_train_:,}"
        )


MESSAGE_PREFIXES = ("strategy.criterion.",)
