"""The sentences of the section on the evaluation: made of the figures on screen, never beyond them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.ui.state.parts import Kpi

if TYPE_CHECKING:
    from workbench.ui.state.sections.evaluation import EvaluationState

MESSAGE_PREFIXES = ("review_evaluation.daily.",)


class EvaluationFindings:
    """Titles, key figures and sentences of one state.

    Parameters
    ----------
    state : EvaluationState
        Whose figures are put into words.
    """

    def __init__(self, state: EvaluationState) -> None:
        self.state, self.figures = state, state.figures
        self.t, self.lang = state.t, state.lang

    # The page ------------------------------------------------------------------------

    def _holding(self) -> dict[str, int]:
        rows = [row for row in self.figures.rows() if row["p"] != locale.decimal(None)]
        counts = {key: sum(row["holds"][key] for row in rows) for key in ("p_value", "p_holm", "p_bh")}
        return counts | {"n": len(rows)}

    def title(self) -> str:
        """Return whether the results can be read, and how many hold after correction."""
        alarmed = self.state.alarmed()
        if alarmed:
            return self.t("review_evaluation.title.alarm", strategies=", ".join(alarmed))
        counts = self._holding()
        if not counts["n"]:
            return self.t("review_evaluation.title.none")
        if counts["p_value"] > counts["p_holm"]:
            return self.t(
                "review_evaluation.title.fewer", holm=counts["p_holm"], n=counts["n"], raw=counts["p_value"]
            )
        return self.t("review_evaluation.title.holds", holm=counts["p_holm"], n=counts["n"])

    def subtitle(self) -> str:
        """Return what the page rests on."""
        evaluation = self.state.screen.evaluation
        n = self.figures.treated("responded")
        last = self.state.screen.outcomes["recorded_at"].max()
        return self.t(
            "review_evaluation.subtitle",
            version=evaluation.version,
            n=f"{int(n['n'].sum() + n['n_control'].sum()):,}",
            date=locale.date(None if pd.isna(last) else last.date(), self.lang),
            confidence=self.confidence(),
        )

    def confidence(self) -> str:
        """Return the intervals' confidence."""
        return locale.percent(1 - self.state.screen.evaluation.alpha, places=0)

    def kpis(self) -> list[Kpi]:
        """Return the checks before the results, then how many results hold."""
        return [
            self._ratio_kpi(),
            self._before_kpi(),
            self._clean_kpi(),
            self._holm_kpi(),
            self._cuped_kpi(),
            self._caveat_kpi(),
        ]

    def _ratio_kpi(self) -> Kpi:
        ratio = self.state.screen.evaluation.sample_ratio
        alarmed, smallest = self.state.alarmed(), ratio["p_value"].min()
        label = self.t("review_evaluation.kpi.ratio")
        if alarmed:
            note = self.t("review_evaluation.kpi.ratio_off", strategies=", ".join(alarmed))
            return Kpi(label, "✕ " + self.t("review_evaluation.kpi.off"), note=note, tone="bad")
        if smallest != smallest:
            return Kpi(label, locale.count(None), note=self.t("review_evaluation.kpi.ratio_none"))
        note = self.t("review_evaluation.kpi.smallest_p", p=self.figures.p(smallest))
        return Kpi(label, "✓ " + self.t("review_evaluation.kpi.as_drawn"), note=note)

    def _before_kpi(self) -> Kpi:
        rows = self.state.tables["pre_period"]
        label = self.t("review_evaluation.kpi.before")
        if rows.empty:
            return Kpi(label, locale.count(None), note=self.t("review_evaluation.kpi.ratio_none"))
        alarms = int(rows["alarm"].astype(bool).sum())
        note = self.t("review_evaluation.kpi.compared", n=f"{len(rows):,}")
        if alarms:
            return Kpi(label, "✕ " + self.t("review_evaluation.kpi.differ", n=alarms), note=note, tone="bad")
        return Kpi(label, "✓ " + self.t("review_evaluation.kpi.alike"), note=note)

    def _clean_kpi(self) -> Kpi:
        rows = self.figures.treated("responded")
        n: Any = rows["n_contaminated"].sum(min_count=1)
        label = self.t("review_evaluation.kpi.contaminated")
        held = self.t("review_evaluation.kpi.held_back", n=f"{rows['n_control'].sum():,.0f}")
        if n != n:
            return Kpi(label, locale.count(None), note=held)
        if self.figures.is_small(n):
            few = self.t("review_evaluation.caveat.few", n=self.state.minimum)
            return Kpi(label, few, note=held, tone="warn")
        return Kpi(label, locale.count(n, self.lang), note=held, tone="warn" if n else "")

    def _holm_kpi(self) -> Kpi:
        counts = self._holding()
        return Kpi(
            self.t("review_evaluation.kpi.holm"),
            locale.count(counts["p_holm"], self.lang),
            unit=self.t("review.kpi.of", n=counts["n"]),
            note=self.t("review_evaluation.kpi.others", raw=counts["p_value"], bh=counts["p_bh"]),
        )

    def _cuped_kpi(self) -> Kpi:
        rows = self.state.tables["cuped"]
        rows = rows[rows["outcome"].eq(self.state.outcome)]
        helps = int(rows["helps"].astype(bool).sum())
        best = rows["variance_removed"].max()
        note = self.t("review_evaluation.kpi.cuped_most", share=locale.percent(max(best, 0.0)))
        if best != best:
            note = ""
        return Kpi(
            self.t("review_evaluation.kpi.cuped"),
            locale.count(helps, self.lang),
            unit=self.t("review.kpi.of", n=len(rows)),
            note=note,
        )

    def _caveat_kpi(self) -> Kpi:
        rows = self.state.tables["caveats"]
        note = self.t("review_evaluation.kpi.caveats_of", n=rows["strategy_id"].nunique())
        return Kpi(
            self.t("review_evaluation.kpi.caveats"),
            locale.count(len(rows), self.lang),
            note=note if len(rows) else self.t("review_evaluation.kpi.caveats_none"),
            tone="warn" if len(rows) else "",
        )

    # The cards -----------------------------------------------------------------------

    def table_title(self) -> str:
        """Return what the correction leaves standing."""
        counts = self._holding()
        if not counts["n"]:
            return self.t("review_evaluation.table.neutral")
        return self.t(
            "review_evaluation.table.title",
            level=locale.percent(self.state.screen.evaluation.alpha, places=0),
            raw=counts["p_value"],
            bh=counts["p_bh"],
            holm=counts["p_holm"],
        )

    def stopped(self) -> str:
        """Return why the chosen strategy's results are greyed; empty where they can be read."""
        strategy = self.state.strategy()
        if strategy not in self.state.alarmed():
            return ""
        row = self.state.screen.evaluation.sample_ratio.set_index("strategy_id").loc[strategy]
        return self.t(
            "review_evaluation.stopped",
            strategy=strategy,
            share=locale.percent(row["share"]),
            expected=locale.percent(row["expected_share"]),
            p=self.figures.p(row["p_value"]),
        )

    def ratio(self) -> tuple[str, str]:
        """Return the sample-ratio check of the chosen strategy, and its tone."""
        rows = self.state.screen.evaluation.sample_ratio.set_index("strategy_id")
        strategy = self.state.strategy()
        if strategy not in rows.index or rows.at[strategy, "p_value"] != rows.at[strategy, "p_value"]:
            return self.t("review_evaluation.side.ratio_none"), "w"
        row = rows.loc[strategy]
        key = "review_evaluation.side.ratio_bad" if row["alarm"] else "review_evaluation.side.ratio_good"
        hidden = self.figures.is_small(row["n_control"], row["n"] - row["n_control"])
        return self.t(
            key,
            n_control=self.t("review.hidden") if hidden else f"{int(row['n_control']):,}",
            n=f"{int(row['n']):,}",
            share=locale.percent(row["share"]) if not hidden else self.t("review.hidden"),
            expected=locale.percent(row["expected_share"]),
            p=self.figures.p(row["p_value"]),
        ), "x" if row["alarm"] else "g"

    def methods_title(self) -> str:
        """Return what the draw says, and what it does to those reached."""
        strategy = self.state.strategy_name(self.state.strategy(), with_id=False)
        if self.state.strategy() in self.state.alarmed():
            return self.t("review_evaluation.methods.stopped", strategy=strategy)
        rows = self.figures.methods().set_index("method")
        if "intention_to_treat" not in rows.index:
            return self.t("review_evaluation.methods.none", strategy=strategy)
        drawn = self.figures.one(rows.at["intention_to_treat", "estimate"])
        if "complier_average" not in rows.index:
            return self.t("review_evaluation.methods.drawn", strategy=strategy, drawn=drawn)
        reached = self.figures.one(rows.at["complier_average", "estimate"])
        return self.t("review_evaluation.methods.title", strategy=strategy, drawn=drawn, reached=reached)

    def parts_title(self) -> str:
        """Return how far the parts differ."""
        rows = self.figures.parts()
        firm = rows[rows["firm"].astype(bool)] if len(rows) else rows
        if len(firm) < 2:
            return self.t("review_evaluation.parts.neutral")
        if firm["q_p"].iloc[0] < self.state.screen.evaluation.alpha:
            return self.t(
                "review_evaluation.parts.differ",
                i2=locale.percent(firm["i2"].iloc[0], places=0),
                best=firm["label"].iloc[0],
            )
        return self.t("review_evaluation.parts.alike", p=self.figures.p(firm["q_p"].iloc[0]))

    def fishing(self) -> str:
        """Return how many parts were looked at, and how many would look good by chance."""
        rows = self.figures.of_level(self.state.current_level())
        if rows.empty or not rows["n_parts"].iloc[0] > 1:
            return ""
        row = rows.iloc[0]
        return self.t(
            "review_evaluation.parts.fishing",
            n=int(row["n_parts"]),
            good=int(row["n_good"]),
            chance=locale.decimal(row["by_chance"]),
            any=locale.percent(row["any_by_chance"], places=0),
        )

    def heterogeneity(self) -> str:
        """Return Q and I² of the parts pooled."""
        rows = self.figures.of_level(self.state.current_level())
        if rows.empty or rows["q"].isna().all():
            return ""
        row = rows.iloc[0]
        return self.t(
            "review_evaluation.parts.spread",
            q=locale.decimal(row["q"], 1),
            p=self.figures.p(row["q_p"]),
            i2=locale.percent(row["i2"], places=0),
            pooled=self.figures.one(row["pooled"]),
        )

    # The chosen strategy, in sentences -------------------------------------------------

    def sentences(self) -> list[tuple[str, str]]:
        """Return what the side says of the chosen strategy, as (head, sentence); nothing under an alarm."""
        if self.stopped():
            return []
        found = [self._received(), self._cuped(), self._daily()]
        return [each for each in found if each is not None]

    def _received(self) -> tuple[str, str] | None:
        rows = self.figures.of_chosen("received").set_index("method")
        if rows.empty or "complier_average" not in rows.index:
            return None
        row = rows.loc["complier_average"]
        head = self.t("review_evaluation.side.reached")
        shares = {
            "treated": locale.percent(row["received_treatment"], places=0),
            "control": locale.percent(
                row["received_control"], places=0 if row["received_control"] == 0 else None
            ),
        }
        reached = row["received_control"] * row["n_control"]
        if self.figures.is_small(reached, row["n_treatment"], row["n_control"]):
            shares["control"] = self.t("review.hidden")
        if row["estimate"] != row["estimate"]:
            return head, self.t("review_evaluation.side.weak", **shares)
        return head, self.t("review_evaluation.side.complier", **shares)

    def _cuped(self) -> tuple[str, str] | None:
        rows = self.figures.of_chosen("cuped")
        if rows.empty or rows["estimate"].isna().all():
            return None
        row = rows.iloc[0]
        key = "review_evaluation.side.cuped_helps" if row["helps"] else "review_evaluation.side.cuped_useless"
        return "CUPED", self.t(
            key,
            covariate=self.figures.before_name(str(row["covariate"])),
            share=locale.percent(max(float(row["variance_removed"]), 0.0)),
            correlation=locale.decimal(row["correlation"], 2),
        )

    def _daily(self) -> tuple[str, str] | None:
        rows = self.state.tables["decided"]
        mine = rows[rows["strategy_id"].eq(self.state.strategy())]
        if mine.empty:
            return None
        row = mine.iloc[0]
        day = "" if pd.isna(row["day"]) else int(row["day"])
        said = self.t(f"review_evaluation.daily.{row['verdict']}", day=day, last=int(row["last_day"]))
        return self.t("review_evaluation.side.daily"), said
