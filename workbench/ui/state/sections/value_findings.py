"""What the section on customer value says: titles, figures, checks, generated from the data shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import locale
from workbench.insight import summarise_value
from workbench.insight.value.summary import top_share
from workbench.ui.state.parts import Kpi, Tone

if TYPE_CHECKING:
    from workbench.ui.state.sections.value import ValueState

TOP = 0.2
SIGNS = {"good": "✓", "doubtful": "!", "unsuited": "✕", "unknown": "–"}
TONES: dict[str, Tone] = {"good": "good", "doubtful": "warn", "unsuited": "bad", "unknown": ""}
_ORDER = {"unsuited": 0, "doubtful": 1, "good": 2, "unknown": 3}
MESSAGE_PREFIXES = (
    "insight_value.fact.",
    "insight_value.advice.",
    "insight_value.verdict.",
    "insight_value.model.",
    "insight_value.period.",
    "insight_value.parameter.",
    "insight_value.verdict_word.",
)


class ValueFindings:
    """The sentences of one state.

    Parameters
    ----------
    state : ValueState
        Whose figures.
    """

    def __init__(self, state: ValueState) -> None:
        self.state = state
        self.t, self.lang = state.t, state.lang

    def title(self) -> str:
        """Return the section's finding."""
        state = self.state
        n = f"{len(state.found.customers):,}"
        if not state.has_model:
            return self.t("insight_value.title.no_model", n=n)
        share = top_share(state.found.customers["expected_value"], TOP)
        if share != share or state.deciles().empty:
            return self.t("insight_value.title.neutral", n=n)
        months = state.found.settings["months"]
        return self.t("insight_value.title.top", share=locale.percent(share, places=0), months=months)

    def subtitle(self) -> str:
        """Return what the finding rests on."""
        value = self.state.found
        settings = value.settings
        parts = [
            self.t("insight_value.subtitle.version", version=value.version),
            self.t("insight_value.subtitle.scope", n=f"{len(value.customers):,}"),
            self.meaning(),
            locale.date(settings["as_of"], self.lang),
        ]
        if self.state.stale:
            parts.insert(1, self.t("insight_value.subtitle.stale"))
        return " · ".join(parts)

    def meaning(self) -> str:
        """Say what value is: turnover, or a share of it, of which transactions."""
        settings = self.state.found.settings
        types = ", ".join(settings["types"] or ()) or self.t("insight_value.all_types")
        if settings["margin"] < 1:
            margin = locale.percent(settings["margin"], places=1)
            return self.t("insight_value.subtitle.margin", types=types, margin=margin)
        return self.t("insight_value.subtitle.turnover", types=types)

    def purchase(self) -> str:
        """Say what counts as a purchase."""
        settings = self.state.found.settings
        return self.t(
            "insight_value.purchase",
            types=", ".join(settings["types"] or ()) or self.t("insight_value.all_types"),
            period=self.t(f"insight_value.period.{settings['period']}"),
            rate=locale.percent(settings["discount_rate"], places=1),
        )

    def kpis(self) -> list[Kpi]:
        """Return the six figures of the strip."""
        state, t = self.state, self.t
        value = state.found
        figures = [
            Kpi(
                t("insight_value.kpi.customers"),
                locale.count(len(value.customers), self.lang),
                note=t("insight_value.kpi.without", n=locale.count(value.summary["n_without"], self.lang)),
            )
        ]
        if not state.has_model:
            return [*figures, self._correlation()]
        customers = value.customers
        whole = summarise_value(customers["expected_value"], ["all"] * len(customers), value.sensitivity)
        row = whole.iloc[0]
        money = [locale.money(row[name] * row["n"], self.lang) for name in ("mean", "ci_low", "ci_high")]
        mean = [locale.money(row[name], self.lang) for name in ("mean", "ci_low", "ci_high")]
        months = value.settings["months"]
        bought = locale.decimal(customers["expected_purchases"].mean(), 1)
        return [
            *figures,
            Kpi(
                t("insight_value.kpi.total", months=months),
                money[0],
                note=t("insight_value.kpi.interval", low=money[1], high=money[2]),
            ),
            Kpi(
                t("insight_value.kpi.mean"),
                mean[0],
                note=t("insight_value.kpi.interval", low=mean[1], high=mean[2]),
            ),
            Kpi(
                t("insight_value.kpi.alive"),
                locale.percent(customers["p_alive"].mean(), places=0),
                note=t("insight_value.kpi.purchases", n=bought),
            ),
            self._correlation(),
            self._holdout(),
        ]

    def _correlation(self) -> Kpi:
        row = self.state.check("correlation")
        return Kpi(
            self.t("insight_value.kpi.correlation"),
            locale.signed(row["estimate"]),
            note=f"{SIGNS[row['verdict']]} {self._interval(row, locale.signed)}",
            tone=TONES[row["verdict"]],
        )

    def _holdout(self) -> Kpi:
        row = self.state.check("holdout")
        known = row["estimate"] == row["estimate"]
        return Kpi(
            self.t("insight_value.kpi.holdout"),
            f"× {locale.decimal(row['estimate'])}" if known else locale.decimal(None),
            note=f"{SIGNS[row['verdict']]} {self._interval(row, locale.decimal)}",
            tone=TONES[row["verdict"]],
        )

    def _interval(self, row: Any, shown: Any) -> str:
        if row["ci_low"] != row["ci_low"]:
            return self.t("insight_value.verdict.unknown")
        return self.t("insight_value.kpi.interval", low=shown(row["ci_low"]), high=shown(row["ci_high"]))

    # Cards -----------------------------------------------------------------------

    def deciles_title(self) -> tuple[str, str]:
        """Return the title and subtitle of the tenths."""
        rows = self.state.deciles()
        if rows.empty:
            return self.t("insight_value.deciles.neutral"), ""
        first = rows.iloc[0]
        interval = (
            f"{locale.percent(first['share_low'], places=0)}–{locale.percent(first['share_high'], places=0)}"
        )
        title = self.t(
            "insight_value.deciles.title",
            part=locale.percent(first["share_customers"], places=0),
            share=locale.percent(first["share_value"], places=0),
            interval=interval,
        )
        n = f"{int(rows['n'].sum()):,}"
        day = locale.date(self.state.found.settings["as_of"], self.lang)
        return title, self.t("insight_value.deciles.subtitle", n=n, groups=len(rows), day=day)

    def segments_title(self) -> tuple[str, str]:
        """Return the title and subtitle of the segments."""
        rows = self.state.segments()
        if rows.empty:
            return self.t("insight_value.segments.neutral"), ""
        first = rows.iloc[0]
        title = self.t(
            "insight_value.segments.title",
            segment=first["segment"],
            mean=locale.money(first["mean"], self.lang),
        )
        # A title that the interval of the next segment makes doubtful is none.
        if len(rows) < 2 or first["ci_low"] <= rows.iloc[1]["ci_high"]:
            title = self.t("insight_value.segments.neutral")
        return title, self.t(
            "insight_value.segments.subtitle",
            n=f"{int(rows['n'].sum()):,}",
            months=self.state.found.settings["months"],
        )

    def calibration_title(self) -> tuple[str, str]:
        """Return the title and subtitle of the forecast's check."""
        if self.state.calibration().empty:
            return self.t("insight_value.calibration.neutral"), ""
        whole = self.state.found.calibration.iloc[-1]
        ratio = self.state.check("holdout")["estimate"]
        off = locale.percent(abs(ratio - 1), places=0)
        word = "above" if ratio >= 1 else "below"
        keys = {
            "above": "insight_value.calibration.above",
            "below": "insight_value.calibration.below",
        }
        settings = self.state.found.settings
        return self.t(keys[word], off=off), self.t(
            "insight_value.calibration.subtitle",
            n=f"{int(whole['n']):,}",
            begin=locale.date(settings["calibrated_on"], self.lang),
            end=locale.date(settings["as_of"], self.lang),
        )

    def grid_title(self) -> tuple[str, str]:
        """Return the title and subtitle of the grid."""
        customers = self.state.found.customers
        best = customers[(customers["r_score"] >= 4) & (customers["f_score"] >= 4)]
        day = locale.date(self.state.found.settings["as_of"], self.lang)
        subtitle = self.t("insight_value.grid.subtitle", n=f"{len(customers):,}", day=day)
        if len(best) < self.state.project.small_cell:
            return self.t("insight_value.grid.neutral"), subtitle
        share = locale.percent(len(best) / len(customers), places=0)
        if not self.state.has_model:
            return self.t("insight_value.grid.title", share=share), subtitle
        worth = best["expected_value"].sum() / customers["expected_value"].sum()
        return self.t(
            "insight_value.grid.title_value", share=share, value=locale.percent(worth, places=0)
        ), subtitle

    def verdict(self) -> tuple[str, str]:
        """Return whether the model suits: the worst verdict, and its sentence."""
        known = [str(verdict) for verdict in self.state.found.checks["verdict"] if verdict != "unknown"]
        worst = min(known, key=lambda verdict: _ORDER[verdict])
        return worst, self.t(f"insight_value.verdict.{worst}")

    def checks(self) -> list[dict[str, Any]]:
        """Return one line a check, the worst first: sign, what was found, what to do."""
        found = []
        for row in self.state.found.checks.to_dict("records"):
            verdict, check = str(row["verdict"]), str(row["check"])
            if verdict == "unknown":
                continue
            counted = check in ("customers", "repeaters")
            estimate = f"{row['estimate']:,.0f}" if counted else locale.decimal(row["estimate"])
            low, high = locale.decimal(row["ci_low"]), locale.decimal(row["ci_high"])
            fact = self.t(f"insight_value.fact.{check}", estimate=estimate, low=low, high=high)
            if check == "surface":
                fact = self.t(
                    "insight_value.surface_flat" if row["estimate"] else "insight_value.surface_round"
                )
            advice = "" if verdict == "good" else self.t(f"insight_value.advice.{check}")
            found.append(
                {
                    "verdict": verdict,
                    "tone": TONES[verdict],
                    "sign": SIGNS[verdict],
                    "word": self.t(f"insight_value.verdict_word.{verdict}"),
                    "fact": fact,
                    "advice": advice,
                }
            )
        return sorted(found, key=lambda line: _ORDER[line["verdict"]])

    def parameters(self) -> list[dict[str, str]]:
        """Return the parameters of the models with their intervals."""
        return [
            {
                "model": self.t(f"insight_value.model.{row['model']}"),
                "name": self.t(f"insight_value.parameter.{row['parameter']}"),
                "estimate": _figures(row["estimate"]),
                "interval": f"{_figures(row['ci_low'])}–{_figures(row['ci_high'])}",
            }
            for row in self.state.found.parameters.to_dict("records")
        ]

    def likelihoods(self) -> list[str]:
        """Return the log-likelihood of each model in words."""
        known = self.state.found.summary.get("log_likelihood", {})
        return [
            self.t(
                "insight_value.likelihood",
                model=self.t(f"insight_value.model.{name}"),
                value=locale.decimal(value, 1),
            )
            for name, value in known.items()
        ]


def _figures(value: float) -> str:
    """Return a parameter to four significant figures."""
    return f"{value:,.4g}" if value < 1e4 else f"{value:,.0f}"
