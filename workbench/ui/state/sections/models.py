"""The section on propensity: how good the models are, what drives them, what has shifted."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.errors import NotFound
from workbench.insight import feature_label, hide_small_cells
from workbench.strategy import explain_refusals
from workbench.ui.state.parts import Banner, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.models_findings import SIGNS, ModelsFindings

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.project.models import StoredModel
    from workbench.project.plans import Plan
    from workbench.ui.state.jobs import Report

SHOWN_DRIVERS = 10
SHOWN_DRIFT = 10
MESSAGE_PREFIXES = ("strategy_models.algorithm.", "strategy_models.level.")


class ModelsState(SectionState):
    """What the plan's propensity models are worth, as stored when the plan was approved.

    Attributes
    ----------
    offer : str
        The offer whose model is shown.
    """

    name = "models"
    offer = traitlets.Unicode("")

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.models: list[StoredModel] = []
        self.moved = pd.DataFrame()
        self.rates = pd.DataFrame()
        self._kept: dict[str, Any] = {}
        super().__init__(screen, **traits)

    def load(self) -> None:
        """Read the models of the cycle's newest plan."""
        self._kept.clear()
        handle = self.project.strategy.models
        try:
            self.models, self.moved, self.rates = handle.stored(), handle.drift(), handle.past_rates()
        except NotFound:
            self.models, self.moved, self.rates = [], pd.DataFrame(), pd.DataFrame()
        if self.models and self.offer not in {each.offer for each in self.models}:
            self.offer = self.models[0].offer

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Compute a table once for the language and the offer shown."""
        key = f"{self.lang}:{self.offer}:{name}"
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    @property
    def shown(self) -> StoredModel:
        """The model that is shown, where there is one."""
        return next(each for each in self.models if each.offer == self.offer)

    def choose(self, offer: str) -> None:
        """Show another offer's model."""
        if offer in {each.offer for each in self.models}:
            self.offer = offer
            self.touch()

    def offer_name(self, offer: str) -> str:
        """Return an offer in the screen's language."""
        return self.screen.word("offer", offer) if offer else self.t("strategy.model.all_offers")

    def offers(self) -> list[tuple[str, str]]:
        """Return the offers that a model was learned for: value and name."""
        return [(each.offer, self.offer_name(each.offer)) for each in self.models]

    def algorithm_name(self, algorithm: str) -> str:
        """Return an algorithm's name."""
        return self.t(f"strategy_models.algorithm.{algorithm}")

    # Tables ----------------------------------------------------------------------

    def algorithms(self) -> list[dict[str, Any]]:
        """Return the figures of each algorithm that was tried, the chosen one first."""
        rows = self.shown.model.algorithms_
        rows = rows.assign(name=[self.algorithm_name(name) for name in rows["algorithm"]])
        records: list[dict[str, Any]] = [
            {str(name): cell for name, cell in row.items()} for row in rows.to_dict("records")
        ]
        return sorted(records, key=lambda row: not row["chosen"])

    def reliability(self) -> pd.DataFrame:
        """Return predicted against observed rates of both algorithms; small bins are left out."""
        return self.once("reliability", self._reliability)

    def _reliability(self) -> pd.DataFrame:
        rows = self.shown.model.reliability_by_algorithm_
        counts = rows[["algorithm", "bin", "n"]]
        parts = [
            hide_small_cells(part, minimum=self.project.small_cell, by=("algorithm", "bin"))
            for _, part in counts.groupby("algorithm", sort=False)
        ]
        if not parts:
            return rows.assign(shown="", chosen=False)
        hidden = pd.concat(parts).reindex(rows.index)["hidden"].to_numpy(dtype=bool)
        kept = rows[~hidden].reset_index(drop=True)
        return self._named(kept)

    def gains(self) -> pd.DataFrame:
        """Return both gains curves from the first customer on; none where a group is too small."""
        return self.once("gains", self._gains)

    def _gains(self) -> pd.DataFrame:
        rows = self._named(self.shown.model.gains_)
        if rows.empty or int(rows["n"].min()) < self.project.small_cell:
            return rows.iloc[:0]
        begin = rows.drop_duplicates("algorithm")[["algorithm", "shown", "chosen"]]
        begin = begin.assign(group=0, share_customers=0.0, share_responses=0.0)
        return pd.concat([begin, rows], ignore_index=True).sort_values(
            ["chosen", "algorithm", "group"], kind="stable", ignore_index=True
        )

    def lift(self) -> pd.DataFrame:
        """Return the chosen algorithm's lift by tenth."""
        return self.once("lift", self._lift)

    def _lift(self) -> pd.DataFrame:
        rows = self.gains()
        mine = rows[rows["chosen"].astype(bool) & rows["group"].gt(0)]
        return mine.assign(words=[f"× {locale.decimal(lift, 1)}" for lift in mine["lift"]])

    def _named(self, rows: pd.DataFrame) -> pd.DataFrame:
        chosen = self.shown.model.algorithm_
        return rows.assign(
            shown=[self.algorithm_name(str(name)) for name in rows["algorithm"]],
            chosen=rows["algorithm"].eq(chosen).to_numpy(dtype=bool),
        )

    def drivers(self) -> pd.DataFrame:
        """Return the columns that matter most, in the order to draw."""
        return self.once("drivers", self._drivers)

    def _drivers(self) -> pd.DataFrame:
        rows = self.shown.model.drivers_
        rows = rows[rows["importance"].gt(0)].head(SHOWN_DRIVERS)
        return rows.assign(
            label=[self.label(str(name)) for name in rows["column"]],
            sure=rows["ci_low"].gt(0).to_numpy(dtype=bool),
            words=[self.findings.driver(row) for row in rows.to_dict("records")],
        )

    def drift(self) -> pd.DataFrame:
        """Return all columns of the shown model's drift."""
        if self.moved.empty:
            return self.moved
        return self.moved[self.moved["offer"].eq(self.offer)].reset_index(drop=True)

    def drift_rows(self) -> pd.DataFrame:
        """Return the columns that moved most, as the chart of drift takes them."""
        return self.once("drift", self._drift_rows)

    def _drift_rows(self) -> pd.DataFrame:
        rows = self.drift()
        if rows.empty:
            return rows
        most = rows.head(SHOWN_DRIFT)
        if not most["feature"].eq("propensity").any():
            most = pd.concat([most.head(SHOWN_DRIFT - 1), rows[rows["feature"].eq("propensity")]])
        return most.assign(
            label=[self.label(str(name)) for name in most["feature"]],
            shown=[
                self.t(
                    "strategy_models.drift.shown",
                    psi=locale.decimal(row.psi, 3),
                    sign=SIGNS[str(row.level)],
                    level=self.t(f"strategy_models.level.{row.level}"),
                )
                for row in most.itertuples()
            ],
        ).reset_index(drop=True)

    def label(self, column: str) -> str:
        """Return a column's name in the reader's language."""
        if column == "propensity":
            return self.t("strategy_models.drift.score")
        name = feature_label(column, self.lang)
        return name[:1].upper() + name[1:]

    def past(self) -> pd.DataFrame:
        """Return past response rates by offer beside the planned ones, where no model is shown."""
        return self.once("past", self._past)

    def _past(self) -> pd.DataFrame:
        if self.rates.empty:
            return self.rates
        counts = hide_small_cells(self.rates[["offer", "n"]], minimum=self.project.small_cell, by=("offer",))
        rows = self.rates[~counts["hidden"].to_numpy(dtype=bool)].reset_index(drop=True)
        planned = self.screen.cards.groupby("offer")["expected_response"].mean()
        return rows.assign(
            label=[self.offer_name(str(offer)) for offer in rows["offer"]],
            planned=rows["offer"].map(planned).astype("float64"),
            words=[
                self.t("strategy_models.past.words", rate=locale.percent(row.rate), n=f"{row.n:,}")
                for row in rows.itertuples()
            ],
        )

    def refused(self) -> list[dict[str, str]]:
        """Return the refused columns with their reasons in the reader's language, leaks first."""
        table = explain_refusals(self.shown.model.refused_, self.lang)
        leaks = ("leaks", "dominates", "after_contact", "history_only")
        rows = [
            {
                "column": str(row["column"]),
                "reason": str(row["reason"]),
                "tone": "bad" if row["cause"] in leaks else "",
            }
            for row in table.to_dict("records")
        ]
        return sorted(rows, key=lambda row: row["tone"] != "bad")

    # Sentences -------------------------------------------------------------------

    @property
    def findings(self) -> ModelsFindings:
        """The sentences made of these figures."""
        return ModelsFindings(self)

    def heading(self) -> Heading:
        """Return how well the shown model tells responders apart, or what is missing."""
        if not self.models:
            return Heading(self.t("strategy_models.nothing.title"), self.nothing())
        return Heading(self.findings.title(), self.findings.subtitle())

    def nothing(self) -> str:
        """Say why there is no model, and what to do."""
        if self.project.strategy.artefact() is None:
            return self.t("strategy_models.nothing.no_plan")
        if "campaign_history" not in self.project.imports.sources():
            return self.t("strategy_models.nothing.no_history")
        return self.t("strategy_models.nothing.no_model")

    def kpis(self) -> list[Kpi]:
        """Return the six figures."""
        return self.findings.kpis() if self.models else []

    # Learning --------------------------------------------------------------------

    @property
    def can_learn(self) -> bool:
        """Whether there is a plan, and a history to learn from."""
        return (
            self.may("analyst")
            and self.project.strategy.artefact() is not None
            and "campaign_history" in self.project.imports.sources()
        )

    def learn(self) -> None:
        """Learn anew in the background, and approve the plan with the new models."""

        def work(report: Report) -> Plan:
            report(0.05, "strategy_models.phase.learn")
            return self.project.strategy.models.learn()

        self.jobs.start(work, self._learned, "strategy_models.phase.learn")

    def _learned(self, plan: Plan) -> None:
        self.screen.load()
        self.screen.banner = Banner(
            "done", "strategy_models.done", {"version": plan.version, "n": len(self.models)}
        )
        self.touch()
