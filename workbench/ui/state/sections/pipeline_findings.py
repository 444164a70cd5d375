"""The sentences and rows that the section on the pipeline makes of its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.ui.state.parts import Heading, Kpi
from workbench.ui.state.sections.customers_figures import coarse

if TYPE_CHECKING:
    from workbench.ui.state.sections.pipeline import PipelineState


MESSAGE_PREFIXES = ("execution_pipeline_page.forecast.",)


class PipelineFindings:
    """Sentences on the figures of one state.

    Parameters
    ----------
    state : PipelineState
        Whose figures.
    """

    def __init__(self, state: PipelineState) -> None:
        self._state = state
        self.t = state.t

    @property
    def whole(self) -> dict[str, Any] | None:
        """The forecast of all that is open; None where nothing is, or too little to be told."""
        rows = self._state.forecast
        return None if rows.empty else dict(rows.iloc[-1])

    @property
    def overdue(self) -> int | None:
        """How many stand longer than their step usually lasts; None where it is hidden."""
        known = self._state.ageing["overdue"]
        return None if known.isna().any() or known.empty else int(known.sum())

    def heading(self) -> Heading:
        """Return what is open, what it weighs, and how much of it stands too long."""
        state, whole = self._state, self.whole
        if whole is None:
            works = state.may("contributor")
            key = "execution_pipeline_page.nothing.do" if works else "execution_pipeline_page.nothing.wait"
            return Heading(self.t("execution_pipeline_page.nothing.title"), self.t(key))
        values = {"n": locale.count(whole["n"], state.lang), "weighted": state.money(whole["weighted"])}
        late = self.overdue
        key = "execution_pipeline_page.title.plain"
        if whole["n"] == 1:
            key = "execution_pipeline_page.title.one"
        elif late is not None:
            key = "execution_pipeline_page.title.late" if late else "execution_pipeline_page.title.none_late"
            values["late"] = locale.count(late, state.lang)
        parts = [
            self.t(
                "execution_pipeline_page.subtitle.companies", n=locale.count(whole["companies"], state.lang)
            ),
            state.currency,
            self.t("execution_pipeline_page.subtitle.day", day=locale.date(state.today, state.lang)),
        ]
        if state.sources:
            parts.append(
                self.t("execution_pipeline_page.subtitle.source", source=", ".join(state.sources[:2]))
            )
        return Heading(self.t(key, **values), " · ".join(parts))

    def kpis(self) -> list[Kpi]:
        """Return what is open, its worth and weight, what stands too long, what was won, what is due."""
        state, whole = self._state, self.whole
        if whole is None:
            return []
        lang = state.lang
        late, hidden = self.overdue, self.t("execution.hidden")
        interval = self.t(
            "execution_pipeline_page.kpi.interval",
            low=state.money(whole["low"]),
            high=state.money(whole["high"]),
        )
        found = [
            Kpi(
                self.t("execution_pipeline_page.kpi.open"),
                locale.count(whole["n"], lang),
                note=self.t(
                    "execution_pipeline_page.kpi.companies", n=locale.count(whole["companies"], lang)
                ),
            ),
            Kpi(
                self.t("execution_pipeline_page.kpi.amount"),
                state.money(whole["amount"]),
                note=self.t("execution_pipeline_page.kpi.if_all"),
            ),
            Kpi(
                self.t("execution_pipeline_page.kpi.weighted"), state.money(whole["weighted"]), note=interval
            ),
            Kpi(
                self.t("execution_pipeline_page.kpi.overdue"),
                hidden if late is None else locale.count(late, lang),
                note=self.t("execution_pipeline_page.kpi.too_long"),
                tone="warn" if late else "",
            ),
        ]
        first = self.chance_rows()[:1]
        if first:
            found.append(
                Kpi(
                    self.t("execution_pipeline_page.kpi.won"),
                    first[0]["won_rate"],
                    note=self.t("execution_pipeline_page.kpi.of_ended", n=first[0]["ended"]),
                )
            )
        if state.may("contributor"):
            found.append(
                Kpi(
                    self.t("execution_pipeline_page.kpi.due"),
                    locale.count(state.count("due"), lang),
                    note=self.t("execution_pipeline_page.kpi.by_today"),
                )
            )
        return found

    # Ageing ------------------------------------------------------------------------

    def run_name(self, step: str, last: str) -> str:
        """Return the name of a step, or of a run of joined ones."""
        first = self._state.step_name(step)
        return first if step == last else f"{first} – {self._state.step_name(last)}"

    def ageing_rows(self) -> pd.DataFrame:
        """Return the ageing chart's rows."""
        rows = []
        is_any = self._state.ageing["n"].sum() > 0
        for row in self._state.ageing.to_dict("records") if is_any else ():
            n = locale.count(row["n"], self._state.lang)
            if pd.isna(row["overdue"]):
                shown = self.t("execution_pipeline_page.ageing.n", n=n)
            else:
                shown = self.t("execution_pipeline_page.ageing.n_late", n=n, late=int(row["overdue"]))
            rows.append(
                {
                    "label": self.run_name(row["step"], row["last_step"]),
                    "median_days": row["median_days"],
                    "days_allowed": row["days_allowed"],
                    "shown": shown,
                }
            )
        return pd.DataFrame(rows, columns=["label", "median_days", "days_allowed", "shown"])

    def ageing_title(self) -> tuple[str, str]:
        """Return the ageing chart's finding, and what it shows."""
        state = self._state
        rows = state.ageing[state.ageing["n"].gt(0)]
        subtitle = self.t("execution_pipeline_page.ageing.subtitle", day=locale.date(state.today, state.lang))
        alone = rows.dropna(subset=["days_allowed"])
        over = (alone["median_days"] - alone["days_allowed"]).to_numpy(dtype="float64")
        if len(over) and over.max() > 0:
            worst = alone.iloc[int(over.argmax())]
            title = self.t(
                "execution_pipeline_page.ageing.title",
                step=state.step_name(worst["step"], numbered=False),
                days=locale.decimal(worst["median_days"], 0),
                allowed=int(worst["days_allowed"]),
            )
            return title, subtitle
        if len(over) == len(rows) and len(rows):
            return self.t("execution_pipeline_page.ageing.in_time"), subtitle
        return self.t("execution_pipeline_page.ageing.neutral"), subtitle

    # Forecast ----------------------------------------------------------------------

    def forecast_rows(self) -> pd.DataFrame:
        """Return the forecast chart's rows, the whole left out."""
        state = self._state
        rows = []
        for row in state.forecast.iloc[:-1].to_dict("records"):
            if not row["n"]:
                continue
            told = [state.money(row[name]) for name in ("weighted", "low", "high")]
            rows.append(
                {
                    "label": self._months(row["period"], row["last_period"]),
                    **{name: float(row[name]) for name in ("weighted", "low", "high", "amount")},
                    "shown": self.t(
                        "execution_pipeline_page.forecast.shown", weighted=told[0], low=told[1], high=told[2]
                    ),
                }
            )
        return pd.DataFrame(rows, columns=["label", "weighted", "low", "high", "amount", "shown"])

    def _months(self, first: str, last: str) -> str:
        if first != last and first[:5] == last[:5]:
            # Both months of one year: beside the figures there is little room on a phone.
            return f"{first}–{last[5:]}"
        names = [
            self.t("execution_pipeline_page.forecast.later") if name == "later" else name
            for name in dict.fromkeys((first, last))
        ]
        return " – ".join(names)

    def forecast_title(self) -> tuple[str, str]:
        """Return the forecast's finding, and how it was made."""
        state, whole = self._state, self.whole
        measured, steps = int(state.chances["source"].eq("measured").sum()), len(state.chances)
        key = "execution_pipeline_page.forecast.some"
        if measured in (0, steps):
            key = f"execution_pipeline_page.forecast.{'all' if measured else 'no'}_measured"
        chances = self.t(key, measured=measured, all=steps)
        subtitle = self.t("execution_pipeline_page.forecast.subtitle", chances=chances)
        if whole is None:
            return self.t("execution_pipeline_page.forecast.neutral"), subtitle
        title = self.t(
            "execution_pipeline_page.forecast.title",
            weighted=state.money(whole["weighted"]),
            amount=state.money(whole["amount"]),
        )
        return title, subtitle

    def legend(self, signs: tuple[str, ...]) -> list[tuple[str, str]]:
        """Return what the signs of a chart stand for."""
        words = {
            "tick": self.t("execution_pipeline_page.legend.tick"),
            "line": self.t("execution_pipeline_page.legend.line"),
            "whole": self.t("execution_pipeline_page.legend.whole"),
        }
        bar = (
            self.t("execution_pipeline_page.legend.median")
            if "tick" in signs
            else self.t("execution_pipeline_page.legend.weighted")
        )
        return [(sign, words.get(sign, bar)) for sign in signs]

    # Conversion --------------------------------------------------------------------

    def chance_rows(self) -> list[dict[str, Any]]:
        """Return step by step how many got on, and the chance of winning in force.

        For viewers rates are so coarse that no small count can be worked out.
        """
        state, minimum = self._state, self._state.minimum
        rows = []
        both = state.conversion.merge(state.chances, on="step", suffixes=("", "_won"))
        for row in both.to_dict("records"):
            got_on = [
                self._rate(row, name, "companies", "left") for name in ("rate", "rate_low", "rate_high")
            ]
            won = [
                self._rate(row, name, "companies_won", "ended")
                for name in ("rate_won", "rate_low_won", "rate_high_won")
            ]
            is_told = not minimum or row["companies"] >= minimum
            is_measured = row["source"] == "measured"
            known = not minimum or not is_measured or won[0] is not None
            rows.append(
                {
                    "step": state.step_name(row["step"]),
                    "left": locale.count(row["left"], state.lang) if is_told else self.t("execution.hidden"),
                    "waiting": locale.count(row["waiting"], state.lang) if not minimum else "",
                    "ended": (
                        locale.count(row["ended"], state.lang)
                        if not minimum or row["companies_won"] >= minimum
                        else self.t("execution.hidden")
                    ),
                    "rate": self._shown(got_on),
                    "low": got_on[1],
                    "high": got_on[2],
                    "mid": got_on[0],
                    "won_rate": self._percent(won[0]),
                    "chance": (
                        locale.percent(self._told(row["probability"], row["ended"], is_measured), places=0)
                        if known
                        else self.t("execution.hidden")
                    ),
                    "is_measured": is_measured,
                    "template": locale.percent(row["template"], places=0),
                }
            )
        return rows

    def _told(self, chance: float, n: int, is_measured: bool) -> float:
        if not is_measured:
            return chance
        shown = coarse(chance, int(n), self._state.minimum)
        return chance if shown is None else shown

    def _rate(self, row: dict[Any, Any], name: str, companies: str, of: str) -> float | None:
        if pd.isna(row[name]) or row[companies] < self._state.minimum:
            return None
        end = "low" if "low" in name else "high" if "high" in name else ""
        return coarse(float(row[name]), int(row[of]), self._state.minimum, end)

    def _percent(self, rate: float | None) -> str:
        return "–" if rate is None else locale.percent(rate, places=0)

    def _shown(self, ends: list[float | None]) -> str:
        if any(end is None for end in ends):
            return "–"
        rate, low, high = (locale.percent(end, places=0) for end in ends)
        return self.t("execution_pipeline_page.chances.rate", rate=rate, low=low, high=high)

    def chances_title(self) -> tuple[str, str]:
        """Return where most are lost, and how the rates are counted."""
        state = self._state
        subtitle = self.t("execution_pipeline_page.chances.subtitle")
        rows = state.conversion[state.conversion["companies"].ge(max(state.minimum, 1))]
        if rows.empty:
            return self.t("execution_pipeline_page.chances.neutral"), subtitle
        worst = rows.iloc[int(rows["rate"].to_numpy().argmin())]
        rate = coarse(float(worst["rate"]), int(worst["left"]), state.minimum)
        if rate is None or worst["left"] < 10:
            return self.t("execution_pipeline_page.chances.neutral"), subtitle
        return (
            self.t(
                "execution_pipeline_page.chances.title",
                step=state.step_name(worst["step"], numbered=False),
                rate=locale.percent(rate, places=0),
            ),
            subtitle,
        )

    def step_rows(self) -> list[dict[str, Any]]:
        """Return the sums of each step, or of joined ones, for the table."""
        state = self._state
        return [
            {
                "step": self.run_name(row["step"], row["last_step"]),
                "n": locale.count(row["n"], state.lang),
                "companies": locale.count(row["companies"], state.lang),
                "amount": state.money(row["amount"]) if row["n"] else "–",
                "weighted": state.money(row["weighted"]) if row["n"] else "–",
                "median": locale.decimal(row["median_days"], 0) if row["n"] else "–",
                "overdue": (
                    self.t("execution.hidden") if pd.isna(row["overdue"]) else locale.count(row["overdue"])
                ),
            }
            for row in state.ageing.to_dict("records")
        ]
