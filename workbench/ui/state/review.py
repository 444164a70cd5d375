"""What the review screen does: whether it worked, what changes, who decides it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench.errors import NotFound, ParameterProblem
from workbench.strategy import translate_strategies
from workbench.ui import request
from workbench.ui.state.base import NOTEBOOKS
from workbench.ui.state.parts import Banner, Button, Heading, Kpi
from workbench.ui.state.review_decisions import ReviewDecisions
from workbench.ui.state.review_figures import ReviewFigures
from workbench.ui.state.review_findings import ReviewFindings
from workbench.ui.state.review_pack import ReviewPack
from workbench.ui.state.sections import REVIEW
from workbench.ui.state.sections.tabs import SectionedState

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.project.review import Evaluation
    from workbench.ui.state.jobs import Report

MEASURES = ("responded", "amount")
LEVELS = ("branch", "region", "segment")
MESSAGE_PREFIXES = ("review.channel.", "review.measure.", "review.level.", "review.section.")


class ReviewState(SectionedState):
    """The review screen: filters, the strategy that is followed by day, and decisions.

    Attributes
    ----------
    segment, channel : str
        Filters on the strategies; empty shows all.
    measure : {"responded", "amount"}
        What the effects are measured in.
    level : {"", "branch", "region", "segment"}
        Whose results are held against the plan; empty is the finest that is large enough.
    tracked : str
        The strategy whose days are drawn; empty follows the finding.
    all_parts : bool
        Whether every branch is listed, and not only the best and the last.
    all_advice : bool
        Whether every recommendation is listed, and not only the first.
    delivered : PackFile or None
        A board pack for the reader's browser to save.
    """

    stage = "review"
    homes = REVIEW
    segment = traitlets.Unicode("")
    channel = traitlets.Unicode("")
    measure = traitlets.Enum(MEASURES, default_value="responded")
    level = traitlets.Enum(("", *LEVELS), default_value="")
    tracked = traitlets.Unicode("")
    all_parts = traitlets.Bool(False)
    all_advice = traitlets.Bool(False)
    delivered = traitlets.Any(None, allow_none=True)

    def __init__(self, project: Any, **traits: Any) -> None:
        self.evaluation: Evaluation | None = None
        self.cards = self.targets = self.contacts = self.outcomes = pd.DataFrame()
        self.advice = self.history = self.parts = pd.DataFrame()
        self.segments = pd.DataFrame(columns=["segment", "shown", "slot"])
        self.is_stale = False
        self._kept: dict[tuple[Any, ...], Any] = {}
        super().__init__(project, **traits)
        self.observe(
            lambda _: self.touch(),
            ["segment", "channel", "measure", "level", "tracked", "all_parts", "all_advice"],
        )

    def once(self, name: str, make: Callable[[], Any], *traits: str) -> Any:
        """Compute something once for the values of the traits that it depends on."""
        key = (name, *(getattr(self, trait) for trait in traits))
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    @traitlets.observe("lang")
    def _translate(self, _: Any) -> None:
        if not self.cards.empty:
            self._kept.clear()
            self.cards = translate_strategies(self.cards, self.lang)

    # Reading ---------------------------------------------------------------------

    def load(self) -> None:
        """Read the cycle's evaluation, what was recommended, and what the open section shows."""
        try:
            self._load_overview()
        finally:
            self.read_sections_again()

    def _load_overview(self) -> None:
        self._kept.clear()
        project = self.project
        self.evaluation = None
        self.advice = project.review.recommendations()
        self.history = self._read_history()
        self.segments = self._read_segments()
        self.cards = translate_strategies(project.strategy.launched_cards(), self.lang)
        status = project.status().set_index("stage")
        self.is_stale = bool(status["state"].eq("stale")["review"])
        try:
            self.evaluation = project.review.evaluation()
        except NotFound:
            return
        self.targets = project.strategy.targets()
        self.contacts, self.outcomes = project.review.results()
        self.parts = self._read_parts()
        self._keep_choices()

    def _read_history(self) -> pd.DataFrame:
        try:
            return self.project.review.history()
        except NotFound:
            return pd.DataFrame()

    def _read_segments(self) -> pd.DataFrame:
        try:
            rows = self.project.insight.segmentation().segments
        except NotFound:
            return pd.DataFrame(columns=["segment", "segment_zh", "slot"])
        return rows

    def _read_parts(self) -> pd.DataFrame:
        """Return the listed customers' branch and region, where the data have them."""
        there = self.project.imports.portrait_columns()
        wanted = [name for name in LEVELS if name in there and name != "segment"]
        rows = self.project.customers(["customer_id", *wanted])
        return rows[rows["customer_id"].isin(self.targets["customer_id"])]

    def _keep_choices(self) -> None:
        known = {"segment": self.cards["segment"], "channel": self.cards["channel"]}
        for trait, values in known.items():
            if getattr(self, trait) not in set(values):
                setattr(self, trait, "")
        if self.tracked not in set(self.cards["strategy_id"]):
            self.tracked = ""
        if self.level not in self.levels():
            self.level = ""

    # Filters ---------------------------------------------------------------------

    def choices(self, trait: str) -> list[tuple[str, str]]:
        """Return the choices of a filter as (shown, value), "all" first."""
        if trait == "measure":
            return [(self.t(f"review.measure.{name}"), name) for name in MEASURES]
        found: list[tuple[str, str]] = []
        if not self.cards.empty:
            present = sorted(set(self.cards[trait]))
            name = self.channel_name if trait == "channel" else self.shown_segment
            found = [(name(value), value) for value in present]
        return [(self.t("review.all_n", n=len(found)), ""), *found]

    def channel_name(self, channel: str) -> str:
        """Return a channel's name in the screen's language."""
        known = ("phone", "sms", "app", "branch", "email")
        return self.t(f"review.channel.{channel}") if channel in known else channel

    def shown_segment(self, segment: str) -> str:
        """Return a segment's name in the screen's language."""
        rows = self.segments[self.segments["segment"] == segment]
        if self.lang == "zh_CN" and len(rows) and "segment_zh" in rows and rows["segment_zh"].iloc[0]:
            return str(rows["segment_zh"].iloc[0])
        return segment

    def levels(self) -> list[str]:
        """Return by what the results can be held against the plan."""
        return [
            name
            for name in LEVELS
            if name == "segment" or (name in self.parts and self.parts[name].notna().any())
        ]

    def choose_level(self, level: str) -> None:
        """Hold the results of branches, regions or segments against the plan."""
        if level in self.levels():
            self.level = level

    def shown_cards(self) -> pd.DataFrame:
        """Return the launched strategies that the filters leave."""
        cards = self.cards
        for trait in ("segment", "channel"):
            value = getattr(self, trait)
            if value and not cards.empty:
                cards = cards[cards[trait] == value]
        return cards

    def names(self) -> list[tuple[str, str]]:
        """Return the strategies shown as (id, id and name)."""
        cards = self.shown_cards()
        if cards.empty:
            return []
        return [(i, f"{i} {name}") for i, name in zip(cards["strategy_id"], cards["name"], strict=True)]

    # Parts of the screen ---------------------------------------------------------

    @property
    def figures(self) -> ReviewFigures:
        """The tables behind the charts."""
        return ReviewFigures(self)

    @property
    def findings(self) -> ReviewFindings:
        """The sentences made of these tables."""
        return ReviewFindings(self)

    @property
    def decisions(self) -> ReviewDecisions:
        """What was recommended, and what people decided."""
        return ReviewDecisions(self)

    @property
    def pack(self) -> ReviewPack:
        """The review as a file to take along."""
        return ReviewPack(self)

    def heading(self) -> Heading:
        """Return the open section's finding, or the cycle's, and the buttons that this role has."""
        if self.current_section is not None:
            return self.current_section.heading()
        buttons = [] if self.evaluation is None else [self.pack.button()]
        buttons.append(Button("comments", self.t("review.button.comments", n=self.comment_count())))
        if self.may("analyst"):
            buttons += self._analyst_buttons()
        if self.evaluation is None:
            return Heading(self.t("review.nothing.title"), self.findings.what_to_do(), tuple(buttons))
        return Heading(self.findings.title(), self.findings.subtitle(), tuple(buttons))

    def _analyst_buttons(self) -> list[Button]:
        if self.evaluation is None:
            if self.cards.empty:
                return []
            return [Button("evaluate", self.t("review.button.evaluate"), primary=True)]
        if self.project.cycle.state != "open":
            return []
        why = self.closing_blocked()
        label = self.t("review.button.close")
        if why:
            label = self.t("review.button.close_blocked", n=self.decisions.n_open())
        return [Button("close", label, primary=not why, blocked=why)]

    def closing_blocked(self) -> str:
        """Return why the cycle can't be closed yet; empty when it can."""
        n = self.decisions.n_open()
        return self.t("review.close_first", n=n) if n else ""

    def kpis(self) -> list[Kpi]:
        """Return the open section's figures, or the six of the overview."""
        if self.current_section is not None:
            return self.current_section.kpis()
        return [] if self.evaluation is None else self.findings.kpis()

    def hint(self) -> str:
        """Return the Python that reads what the filters show."""
        return "project.review.evaluation()"

    # Deciding --------------------------------------------------------------------

    def evaluate(self) -> None:
        """Evaluate the lists in the background, and recommend."""
        review = self.project.review

        def work(report: Report) -> None:
            review.evaluate()
            report(0.8, "review.phase.recommend")
            review.recommend()

        self.jobs.start(work, self._evaluated, "review.phase.evaluate")

    def _evaluated(self, _: None) -> None:
        self.load()
        assert self.evaluation is not None
        self.banner = Banner("done", "review.evaluated", {"version": self.evaluation.version})
        self.touch()

    def accept(self, recommendation_id: str, reason: str = "") -> None:
        """Accept a recommendation; the next cycle is opened with its change."""
        strategy = self.decisions.strategy_of(recommendation_id)
        self._reading_again()
        opened = self.project.review.accept(recommendation_id, reason)
        self._decided(Banner("done", "review.accepted", {"strategy": strategy, "cycle": opened}))

    def reject(self, recommendation_id: str, reason: str) -> None:
        """Reject a recommendation, with a reason."""
        strategy = self.decisions.strategy_of(recommendation_id)
        self._reading_again()
        self.project.review.reject(recommendation_id, reason)
        self._decided(Banner("done", "review.rejected", {"strategy": strategy}))

    def _reading_again(self) -> None:
        # Somebody else may have decided meanwhile; what is refused is then shown as it is.
        self.advice = self.project.review.recommendations()
        self.touch()

    def _decided(self, banner: Banner) -> None:
        self.advice = self.project.review.recommendations()
        self._kept.clear()
        self.banner = banner
        self.touch()

    def close_cycle(self) -> None:
        """Close the cycle.

        Raises
        ------
        ParameterProblem
            If a recommendation is still open.
        """
        n = self.decisions.n_open()
        if n:
            raise ParameterProblem("review.close_first", n=n)
        self.project.close_cycle()
        self.banner = Banner("done", "review.closed", {"cycle": self.project.cycle.cycle_id})
        self.touch()

    def next_cycle(self) -> tuple[str, str] | None:
        """Return the cycle that this review opened and the address of its insight, or None."""
        here = self.project.cycle.cycle_id
        for cycle in self.project.cycles():
            if here and cycle.opened_from == here:
                return cycle.cycle_id, request.stage_address(
                    NOTEBOOKS["insight"], self.lang, self.mode, cycle.cycle_id
                )
        return None
