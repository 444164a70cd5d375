"""The section on targeting: whether the lists' order found those whom a contact changes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench.errors import NotFound, ParameterProblem
from workbench.ui.state.parts import Banner, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.targeting_findings import TargetingFindings

if TYPE_CHECKING:
    from workbench.project.targeting import LearnedUplift, TargetingQuality
    from workbench.ui.state.jobs import Report

ALL = ""
"""All lists together."""
METHODS, LEARNERS = ("t_learner", "transformed_outcome"), ("logistic", "boosting")
SOURCES = ("lists", "model")
SHARES = ("uplift_at_10", "uplift_at_30", "uplift_at_50")
MESSAGE_PREFIXES = (
    "review_targeting.order.",
    "review_targeting.method.",
    "review_targeting.learner.",
    "review_targeting.problem.",
)


class TargetingState(SectionState):
    """Targeting quality of the cycle shown, as stored with its evaluation.

    Attributes
    ----------
    chosen : str
        The list whose curve is drawn; empty is all together.
    source : {"lists", "model"}
        Whether the lists' own order is drawn, or the uplift model beside it.
    """

    name = "targeting"
    chosen = traitlets.Unicode(ALL)
    source = traitlets.Enum(SOURCES, default_value="lists")

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.quality: TargetingQuality | None = None
        self.learned: LearnedUplift | None = None
        self.versions = pd.DataFrame()
        self.asked = {"method": METHODS[0], "learner": LEARNERS[0]}
        self._kept: dict[str, pd.DataFrame] = {}
        super().__init__(screen, **traits)

    def load(self) -> None:
        """Read what was stored with the evaluation, and the models that were learned since."""
        self._kept.clear()
        handle = self.project.review.targeting
        try:
            self.quality = handle.current()
        except NotFound:
            self.quality = None
        self.learned = handle.learned() if self.quality is not None else None
        self.versions = handle.versions()
        if self.chosen not in self.judged():
            self.chosen = ALL
        if self.learned is None:
            self.source = "lists"

    # What is shown ---------------------------------------------------------------

    @property
    def ready(self) -> bool:
        """Whether anything was judged: all lists together, or one of them."""
        return self.quality is not None and bool(self.judged())

    def table(self, name: str) -> pd.DataFrame:
        """Return a stored table of the lists; empty where nothing is stored."""
        return pd.DataFrame() if self.quality is None else self.quality.tables[name]

    def lists(self) -> dict[str, dict[str, Any]]:
        """Return the stored facts of every list by strategy, "" for all together."""
        rows = self.table("lists")
        if rows.empty:
            return {}
        return {
            str(row["strategy_id"]): {str(n): v for n, v in row.items()} for row in rows.to_dict("records")
        }

    def judged(self) -> list[str]:
        """Return the lists that could be judged, all together first."""
        found = [name for name, row in self.lists().items() if not row["problem"]]
        return sorted(found, key=lambda name: name != ALL)

    def choose(self, strategy_id: str) -> None:
        """Draw another list, or all together."""
        if strategy_id in self.judged():
            self.chosen, self.source = strategy_id, "lists"
            self.touch()

    def choose_source(self, source: str) -> None:
        """Draw the lists' own order, or the uplift model beside it."""
        if source == "lists" or (source == "model" and self.learned is not None):
            self.source = source
            self.touch()

    @property
    def shown(self) -> str:
        """The list that is drawn; the first judged one where all together could not be."""
        judged = self.judged()
        return self.chosen if self.chosen in judged or not judged else judged[0]

    def figure(self, measure: str, order: str = "list", of: str | None = None) -> tuple[float, float, float]:
        """Return a stored figure of a list with its interval; missing where there is none."""
        rows = self.table("coefficients")
        where = self.shown if of is None else of
        return _one(rows, where, measure, order)

    def difference(self, of: str | None = None) -> tuple[float, float, float]:
        """Return how much more Qini the list's order has than propensity alone."""
        rows = self.table("differences")
        where = self.shown if of is None else of
        if rows.empty:
            return _NOTHING
        mine = rows[rows["strategy_id"].eq(where) & rows["other"].eq("propensity")]
        return _three(mine)

    def learned_figure(self, measure: str, order: str) -> tuple[float, float, float]:
        """Return a figure of the uplift model's comparison."""
        if self.learned is None:
            return _NOTHING
        rows = self.learned.tables["coefficients"]
        return _three(rows[rows["measure"].eq(measure) & rows["order"].eq(order)])

    def learned_difference(self) -> tuple[float, float, float]:
        """Return how much more Qini the uplift model has than the lists' order."""
        if self.learned is None:
            return _NOTHING
        rows = self.learned.tables["differences"]
        return _three(rows[rows["other"].eq("list")])

    def gives_no_order(self, of: str | None = None) -> bool:
        """Say whether the plan's propensity is one number for everybody on the list."""
        value, low, high = self.figure("qini", "propensity", of)
        return bool(value == 0 and low == 0 and high == 0)

    def curves(self) -> pd.DataFrame:
        """Return the curves drawn, with the orders' names in the reader's language."""
        return self._once("curves", self._curves)

    def _curves(self) -> pd.DataFrame:
        rows = self._drawn("curves")
        if rows.empty:
            return rows
        if self.gives_no_order() and self.source == "lists":
            # It would lie on the line of chance.
            rows = rows[rows["order"].ne("propensity")]
        return rows.assign(label=[self.t(f"review_targeting.order.{name}") for name in rows["order"]])

    def tenths(self) -> pd.DataFrame:
        """Return the uplift along the order drawn; none where a group is too small to show."""
        return self._once("tenths", self._tenths)

    def _tenths(self) -> pd.DataFrame:
        rows = self._drawn("tenths")
        if rows.empty:
            return rows
        rows = rows[rows["order"].eq(rows["order"].iloc[0])].reset_index(drop=True)
        least = self.project.small_cell
        smallest = min(float(rows["n_control"].min()), float((rows["n"] - rows["n_control"]).min()))
        if len(rows) < 2 or (smallest < least and not self.may("analyst")):
            return rows.iloc[:0]
        width = 100 / len(rows)
        uplift = self.lists()[ALL if self.source == "model" else self.shown]["uplift"]
        return rows.assign(
            part=[f"{(g - 1) * width:.0f}–{g * width:.0f}%" for g in rows["group"]],
            sure=(rows["ci_low"].gt(0) | rows["ci_high"].lt(0)).to_numpy(dtype=bool),
            overall=float(uplift),
        )

    def _drawn(self, name: str) -> pd.DataFrame:
        if self.source == "model" and self.learned is not None:
            return self.learned.tables[name]
        rows = self.table(name)
        return rows if rows.empty else rows[rows["strategy_id"].eq(self.shown)].reset_index(drop=True)

    def _once(self, name: str, make: Any) -> pd.DataFrame:
        key = f"{self.lang}:{self.source}:{self.shown}:{name}"
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    def hides(self, n_control: float, share: float = 1.0) -> bool:
        """Say whether a figure of so many control customers is kept from this role."""
        return not self.may("analyst") and n_control * share < self.project.small_cell

    # Sentences -------------------------------------------------------------------

    @property
    def findings(self) -> TargetingFindings:
        """The sentences made of these figures."""
        return TargetingFindings(self)

    def heading(self) -> Heading:
        """Return whether the lists' order beat a random one, or what is missing."""
        if not self.ready:
            return Heading(self.t("review_targeting.nothing.title"), self.nothing())
        return Heading(self.findings.title(), self.findings.subtitle())

    def nothing(self) -> str:
        """Say why nothing is shown, and what to do."""
        if self.screen.evaluation is None:
            return str(self.screen.findings.what_to_do())
        if self.quality is None:
            return self.t("review_targeting.nothing.again")
        problem = self.lists()[ALL]["problem"]
        return (
            self.findings.problem(self.lists()[ALL]) if problem else self.t("review_targeting.nothing.again")
        )

    def kpis(self) -> list[Kpi]:
        """Return the six figures."""
        return self.findings.kpis() if self.ready else []

    def python(self, of: str) -> str:
        """Return the Python that draws the curves shown, or learns the model asked for."""
        handle = "project.review.targeting"
        if of == "learn":
            return f"{handle}.learn(method='{self.asked['method']}', learner='{self.asked['learner']}')"
        if self.source == "model":
            return f"wb.charts.qini_curves({handle}.learned().tables['curves'])"
        return f"wb.charts.qini_curves({handle}.current().curves({self.shown!r}))"

    # Learning --------------------------------------------------------------------

    @property
    def can_learn(self) -> bool:
        """Whether this role may store a model here; a closed cycle takes none any more."""
        return (
            self.may("analyst")
            and self.screen.evaluation is not None
            and self.project.cycle.state != "closed"
        )

    def ask_for(self, what: str, value: str) -> None:
        """Choose how the next model is learned.

        Raises
        ------
        ParameterProblem
            If the method or learner is not one of those offered.
        """
        known = {"method": METHODS, "learner": LEARNERS}[what]
        if value not in known:
            raise ParameterProblem(
                "review_targeting.error.choice", what=what, value=value, known=", ".join(known)
            )
        self.asked[what] = value
        self.touch()

    def learn(self, fields: dict[str, Any]) -> None:
        """Learn an uplift model in the background, and draw it beside the lists' order.

        Raises
        ------
        ParameterProblem
            As `ask_for`.
        """
        for what in self.asked:
            self.ask_for(what, fields.get(what, self.asked[what]))
        asked: dict[str, Any] = dict(self.asked)

        def work(report: Report) -> LearnedUplift:
            return self.project.review.targeting.learn(
                **asked, progress=lambda share: report(0.05 + 0.85 * share, "review_targeting.phase.learn")
            )

        self.jobs.start(work, self._learned, "review_targeting.phase.learn")

    def _learned(self, model: LearnedUplift) -> None:
        self.load()
        self.source = "model"
        self.screen.banner = Banner("done", "review_targeting.done", {"version": model.version})
        self.touch()

    def fill(self) -> None:
        """Judge the lists of an evaluation that was stored before this was worked out."""

        def done(_: Any) -> None:
            self.load()
            self.touch()

        self.jobs.start(lambda _: self.project.review.targeting.fill(), done, "review_targeting.phase.fill")


_NOTHING = (float("nan"),) * 3


def _three(rows: pd.DataFrame) -> tuple[float, float, float]:
    if rows.empty:
        return _NOTHING
    row = rows.iloc[0]
    return float(row["value"]), float(row["ci_low"]), float(row["ci_high"])


def _one(rows: pd.DataFrame, where: str, measure: str, order: str) -> tuple[float, float, float]:
    if rows.empty:
        return _NOTHING
    mine = rows["strategy_id"].eq(where) & rows["measure"].eq(measure) & rows["order"].eq(order)
    return _three(rows[mine])
