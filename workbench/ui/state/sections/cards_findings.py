"""What the section on strategy cards says: titles, figures, advice, generated from the cards shown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from workbench import locale
from workbench.ui.state.parts import Kpi

if TYPE_CHECKING:
    from workbench.ui.state.sections.cards import CardsState

SIGNS = {"enough": "✓", "too_small": "!", "no_effect": "?", "no_rate": "✕", "no_control": "✕", "no_list": "–"}
TONES = {"enough": "g", "too_small": "w", "no_rate": "b", "no_control": "b"}
MESSAGE_PREFIXES = ("strategy_cards.verdict.", "strategy_cards.basis.", "strategy_cards.say.")


class CardsFindings:
    """The sentences of one state.

    Parameters
    ----------
    state : CardsState
        Whose figures.
    """

    def __init__(self, state: CardsState) -> None:
        self.state = state
        self.t, self.lang = state.t, state.lang

    # The section -----------------------------------------------------------------

    def counts(self) -> dict[str, int]:
        """Return how many cards have each verdict."""
        return {str(k): int(n) for k, n in self.state.power()["verdict"].value_counts().items()}

    def title(self) -> str:
        """Return the section's finding."""
        counts = self.counts()
        n, small, enough = len(self.state.power()), counts.get("too_small", 0), counts.get("enough", 0)
        if small:
            return self.t(
                "strategy_cards.title.small" if small > 1 else "strategy_cards.title.one", small=small, n=n
            )
        if enough and enough == n:
            return self.t("strategy_cards.title.enough", n=n)
        return self.t("strategy_cards.title.neutral", n=n)

    def subtitle(self) -> str:
        """Return what the finding rests on."""
        cards = self.state.screen.cards
        parts = [
            self.t("strategy.cards.title", n=len(cards), segments=cards["segment"].nunique()),
            self.t("strategy_cards.subtitle.method"),
        ]
        if self.state.day() is not None:
            parts.append(locale.date(self.state.day(), self.lang))
        return " · ".join(parts)

    def kpis(self) -> list[Kpi]:
        """Return the figures of the strip."""
        state, t = self.state, self.t
        counts, power = self.counts(), state.power()
        n, small = len(power), counts.get("too_small", 0)
        judged = small + counts.get("enough", 0)
        amiss = state.amiss()
        ended = [name for name, problems in amiss.items() if "ended" in problems]
        budget = state.screen.cards["budget"]
        needed = power["n_needed"].dropna()
        found = power["detectable"].dropna()
        some = ", ".join(list(amiss)[:5])
        return [
            Kpi(
                t("strategy_cards.kpi_label.enough"),
                f"{counts.get('enough', 0)}",
                unit=t("strategy_cards.kpi_label.of", n=judged),
                note=t("strategy_cards.kpi_label.enough_note"),
                tone="warn" if small else "",
            ),
            Kpi(
                t("strategy_cards.kpi_label.needed"),
                locale.count(needed.median() if len(needed) else None, self.lang),
                note=t("strategy_cards.kpi_label.needed_note"),
            ),
            Kpi(
                t("strategy_cards.kpi_label.detectable"),
                locale.points(found.median() if len(found) else None, self.lang).lstrip("+"),
                note=t("strategy_cards.kpi_label.detectable_note"),
            ),
            Kpi(
                t("strategy_cards.kpi_label.no_effect"),
                f"{counts.get('no_effect', 0)}",
                unit=t("strategy_cards.kpi_label.of", n=n),
                note=t("strategy_cards.kpi_label.no_effect_note"),
            ),
            Kpi(
                t("strategy_cards.kpi_label.ended"),
                f"{len(ended)}",
                note=t("strategy_cards.kpi_label.amiss", cards=some)
                if amiss
                else t("strategy_cards.kpi_label.none_amiss"),
                tone="warn" if amiss else "",
            ),
            Kpi(
                t("strategy_cards.kpi_label.budget"),
                locale.money(float(budget.sum()) if budget.notna().any() else None, self.lang),
                note=t("strategy_cards.kpi_label.budget_note", n=int(budget.notna().sum())),
            ),
        ]

    def chart_title(self) -> tuple[str, str]:
        """Return the chart's finding and what it shows."""
        rows = self.state.power()
        small = rows[rows["verdict"].eq("too_small")].sort_values("times_needed", ascending=False)
        title = self.t("strategy_cards.chart.neutral")
        if len(small):
            worst = small.iloc[0]
            times = f"{worst['times_needed']:,.1f}"
            title = self.t("strategy_cards.chart.worst", strategy=worst["strategy_id"], times=times)
        elif rows["verdict"].eq("enough").any():
            title = self.t("strategy_cards.chart.fine")
        return title, self.t("strategy_cards.chart.subtitle")

    # One card --------------------------------------------------------------------

    def verdict(self, figures: Mapping[Any, Any]) -> dict[str, str]:
        """Return the sign, the word and the tone of what a list can find out."""
        name = str(figures.get("verdict") or "no_list")
        return {
            "sign": SIGNS[name],
            "word": self.t(f"strategy_cards.verdict.{name}"),
            "tone": TONES.get(name, ""),
        }

    def has_and_needs(self, row: Mapping[str, Any]) -> str:
        """Return the customers that a card has and needs, in figures."""
        n, needed = row.get("power_n"), row.get("power_n_needed")
        if needed is None or needed != needed:
            return self.t("strategy_cards.has", n=locale.count(n, self.lang))
        return self.t(
            "strategy_cards.has_needs", n=locale.count(n, self.lang), needed=locale.count(needed, self.lang)
        )

    def explain(self, figures: Mapping[str, Any] | None, basis: str = "") -> list[str]:
        """Return in sentences what a list can find out, and what to change where it is too small.

        Parameters
        ----------
        figures : mapping or None
            A row of `workbench.check_power`.
        basis : str, default=""
            What the customers are: ``list``, ``preview``, ``reach`` …
        """
        if not figures:
            return []
        name, t = str(figures["verdict"]), self.t
        n, effect, found = figures["n"], figures["effect"], figures["detectable"]
        values = {
            "n": f"{n:,.0f}" if n == n else "–",
            "needed": f"{figures['n_needed']:,.0f}" if figures["n_needed"] == figures["n_needed"] else "–",
            "effect": self._points(effect),
            "found": self._points(found),
            "basis": t(f"strategy_cards.basis.{basis}") if basis else "",
            "base": locale.percent(figures["base_rate"]),
        }
        if name in ("no_rate", "no_control"):
            return [t(f"strategy_cards.say.{name}")]
        if name == "no_list":
            return [t("strategy_cards.say.no_list", **values)]
        if name == "no_effect":
            key = "strategy_cards.say.no_effect" if found == found else "strategy_cards.say.no_effect_no_list"
            return [t(key, **values)]
        power = locale.percent(figures["power_reached"], places=0)
        if name == "enough":
            return [t("strategy_cards.say.enough", power=power, **values)]
        said = [t("strategy_cards.say.small", power=power, **values)]
        if found == found:
            said.append(t("strategy_cards.say.instead", **values))
        share = figures["share_needed"]
        if share == share:
            said.append(
                t(
                    "strategy_cards.say.share",
                    share=locale.percent(share, places=0),
                    now=locale.percent(figures["control_share"], places=0),
                )
            )
        else:
            said.append(t("strategy_cards.say.longer", times=f"{figures['times_needed']:,.1f}"))
        others = self._others(str(figures["strategy_id"]))
        if others:
            said.append(t("strategy_cards.say.fewer", others=", ".join(others)))
        return said

    def _points(self, value: float) -> str:
        return locale.points(value, self.lang).lstrip("+")

    def _others(self, strategy_id: str) -> list[str]:
        """Return the other strategies of the same segment: they take customers from this list."""
        cards = self.state.screen.cards
        mine = cards.loc[cards["strategy_id"].eq(strategy_id), "segment"]
        if mine.empty:
            return []
        same = cards[cards["segment"].eq(mine.iloc[0]) & ~cards["strategy_id"].eq(strategy_id)]
        return [str(name) for name in same["strategy_id"]]
