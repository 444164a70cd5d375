"""The sentences of the section on lists: made of its figures, never claimed beyond them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench import locale
from workbench.strategy import gate_label, total_value, value_lists
from workbench.ui.state.parts import Kpi

if TYPE_CHECKING:
    from workbench.ui.state.sections.lists import ListsState


class ListsFindings:
    """Titles and key figures of the section.

    Parameters
    ----------
    state : ListsState
        Whose figures are put into words.
    """

    def __init__(self, state: ListsState) -> None:
        self._state = state

    def t(self, key: str, /, **values: object) -> str:
        """Return a message in the screen's language."""
        return self._state.t(key, **values)

    def _count(self, value: float) -> str:
        return locale.count(value, self._state.lang)

    def title(self) -> str:
        """Return which gate after the segment turns away the most customers."""
        gates = self._state.gates()
        reach = int(gates.loc[gates["gate"].eq("segment"), "n"].iloc[0])
        later = gates[~gates["gate"].isin(["all", "segment"])]
        worst = later.sort_values("lost_n", ascending=False, kind="stable").iloc[0]
        listed = int(gates["n"].iloc[-1])
        if not worst["lost_n"]:
            return self.t("strategy_lists.title.none", n=self._count(reach))
        return self.t(
            "strategy_lists.title.gate",
            gate=gate_label(str(worst["gate"]), self._state.lang),
            n=self._count(worst["lost_n"]),
            reach=self._count(reach),
            listed=self._count(listed),
        )

    def subtitle(self) -> str:
        """Return what the gates were counted on."""
        state, screen = self._state, self._state.screen
        assert state.funnel is not None
        n = f"{int(state.funnel['n_in'].iloc[0]):,}"
        day = locale.date(state.project.cycle.snapshot_date, state.lang)
        if state.launched:
            newest = screen.lists.iloc[-1]
            return self.t(
                "strategy_lists.subtitle.launched",
                n=n,
                day=day,
                date=locale.date(newest["launched_at"], state.lang),
                seed=newest["seed"],
            )
        key = "strategy_lists.subtitle.fresh" if state.fresh else "strategy_lists.subtitle.preview"
        return self.t(key, n=n, day=day, version=screen.plan.version)

    def gates_subtitle(self) -> str:
        """Return the measure of the gates' chart."""
        key = "launched" if self._state.launched else "preview"
        return self.t(f"strategy_lists.gates.{key}")

    def reasons_title(self) -> str:
        """Return the rule that turns away the most."""
        reasons = self._state.reasons()
        if reasons.empty:
            return self.t("strategy_lists.reasons.neutral")
        worst = reasons.iloc[0]
        return self.t("strategy_lists.reasons.title", reason=worst["label"], n=worst["shown"])

    def lists_title(self) -> str:
        """Return how many lists there are, and what they promise."""
        state = self._state
        rows = state.lists()
        if not rows or state.priced is None:
            return self.t("strategy_lists.lists.none")
        total = total_value(value_lists(state.priced, evidence=state.screen.evidence()))
        key = "launched" if state.launched else "preview"
        return self.t(
            f"strategy_lists.lists.{key}",
            lists=len(rows),
            n=self._count(len(state.priced)),
            value=locale.money(total["expected_value"], state.lang),
        )

    def kpis(self) -> list[Kpi]:
        """Return customers, in reach, turned away, contact policy, on lists, held back."""
        state = self._state
        gates = state.gates()
        left = dict(zip(gates["gate"], gates["n"].astype("int64"), strict=True))
        out = dict(zip(gates["gate"], gates["lost_n"].astype("int64"), strict=True))
        everyone, reach = int(left["all"]), int(left["segment"])
        listed = int(gates["n"].iloc[-1])
        assert state.priced is not None
        control = int(state.priced["arm"].eq("control").sum())

        def lost(*names: str) -> int:
            return sum(int(out.get(name, 0)) for name in names)

        def figure(key: str, n: int, of: int) -> Kpi:
            share = locale.percent(n / of, places=0) if of else locale.percent(None)
            label = self.t(f"strategy_lists.kpi.{key}")
            note = self.t(f"strategy_lists.kpi.{key}_note", share=share, of=self._count(of))
            return Kpi(label, self._count(n), note=note, exact=f"{n:,}")

        return [
            figure("reach", reach, everyone),
            figure("consent", lost("consent"), reach),
            figure("offer", lost("eligibility", "applicability", "suitability"), reach),
            figure("policy", lost("contact_policy", "recent_contact"), reach),
            figure("listed", listed, reach),
            figure("control", control, listed),
        ]


MESSAGE_PREFIXES = (
    "strategy_lists.gates.",
    "strategy_lists.lists.",
    "strategy_lists.kpi.",
)
