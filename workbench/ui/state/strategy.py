"""What the strategy screen does: what is done for whom, weighed, cut to lists and launched."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.errors import NotFound, ParameterProblem
from workbench.strategy import (
    CRITERIA,
    build_strategy_map,
    price_targets,
)
from workbench.tables import STRATEGIES
from workbench.ui.state.parts import Banner, Button, Heading, Kpi
from workbench.ui.state.review_marks import review_marks
from workbench.ui.state.sections import STRATEGY
from workbench.ui.state.strategy_cards import StrategyCards
from workbench.ui.state.strategy_findings import StrategyFindings
from workbench.ui.state.strategy_flags import StrategyFlags
from workbench.ui.state.strategy_tables import StrategyTables
from workbench.ui.state.strategy_what_if import StrategyWhatIf

if TYPE_CHECKING:
    from workbench.project import Plan, Segmentation
    from workbench.ui.state.jobs import Report

WANTED = ("customer_id", "lifecycle_stage", "balance_total", "age", "tenure")
WEIGHT_STEP = 0.05
LARGEST_SEED = 2**31 - 1


class StrategyState(StrategyWhatIf):
    """The strategy screen: a map, a ranking under live weights, gates, cards and lists.

    Sliders are a what-if: they change what is drawn and nothing that is stored.

    Attributes
    ----------
    cell : str
        The chosen cell of the map as ``<number of the segment>:<stage>``; empty for none.
    chosen : str
        The strategy whose card is shown.
    seed, smallest : int
        How lists will be launched: seed of the control group; fewest customers on a list.
    picked : int
        Rises when another cell or card is chosen.
    """

    stage = "strategy"
    homes = STRATEGY
    cell = traitlets.Unicode("")
    chosen = traitlets.Unicode("")
    seed = traitlets.Int(0)
    smallest = traitlets.Int(1)
    picked = traitlets.Int(0)

    def __init__(self, project: Any, **traits: Any) -> None:
        self.segmentation: Segmentation | None = None
        self.cards = STRATEGIES.empty()
        self.lists = pd.DataFrame()
        self.customers = pd.DataFrame()
        self.funnel: pd.DataFrame | None = None
        self.stale = ""
        self.tables = StrategyTables(self)
        self.findings = StrategyFindings(self)
        self.flags = StrategyFlags(self)
        self.editor = StrategyCards(self)
        super().__init__(project, **traits)
        self.observe(self._changed, ["lang", "seed", "smallest"])

    def _changed(self, _: Any) -> None:
        self.touch()

    # Reading ---------------------------------------------------------------------

    def load(self) -> None:
        """Read the cycle's segmentation, cards, plan and lists, and what the open section shows."""
        try:
            self._load_overview()
        finally:
            self.read_sections_again()

    def _load_overview(self) -> None:
        self._kept.clear()
        strategy = self.project.strategy
        before = (self.project.cycle.cycle_id, self.plan.version if self.plan else None)
        self.segmentation = None
        self.customers = pd.DataFrame()
        try:
            self.segmentation = self.project.insight.segmentation()
        except NotFound:
            self.cell = ""
        else:
            members = self.segmentation.membership[["customer_id", "cluster", "segment"]]
            self.customers = self.project.customers(list(WANTED)).merge(members, on="customer_id")
        self.cards = strategy.cards()
        self.plan = strategy.plan() if strategy.artefact() is not None else None
        self.lists = strategy.lists()
        self._load_lists()
        self.stale = self._staleness()
        if self.priced is None or (self.capacity or 0) >= len(self.priced):
            self.capacity = None
        if not self.weights or before != (
            self.project.cycle.cycle_id,
            self.plan.version if self.plan else None,
        ):
            self._reset()
        if self.chosen not in set(self.cards["strategy_id"]):
            self.chosen = "" if self.cards.empty else str(self._first())
        self.editor.close()

    def _first(self) -> str:
        listed = set(self.lists["strategy_id"])
        ranked = self.plan.summary["strategy_id"] if self.plan else self.cards["strategy_id"]
        known = [s for s in ranked if s in set(self.cards["strategy_id"])]
        return next(
            (s for s in known if s in listed), known[0] if known else self.cards["strategy_id"].iloc[0]
        )

    def _load_lists(self) -> None:
        """Price the launched lists, or read what would be launched without a limit."""
        self.priced = self.funnel = None
        strategy = self.project.strategy
        if self.plan is None:
            return
        if len(self.lists):
            targets, cards = strategy.targets(), strategy.launched_cards()
            self.funnel = strategy.funnel()
            scores = strategy.scores(strategy.launched_plan())
        else:
            # As stored with the plan: no screen cuts lists while it opens.
            stored = strategy.preview()
            if stored is not None and stored.problem is None:
                self.priced, self.funnel = stored.targets, stored.funnel
            return
        self.priced = price_targets(targets, scores, cards)

    def show_cut(self, priced: pd.DataFrame, funnel: pd.DataFrame) -> None:
        """Show lists that an analyst has cut anew, in place of those stored with the plan."""
        self.priced, self.funnel, self.capacity = priced, funnel, None
        for name in ("listed", "valued", "trace"):
            self._kept.pop(name, None)

    def _staleness(self) -> str:
        status = self.project.status().set_index("stage").loc["strategy"]
        if status["state"] == "stale":
            return "lists" if status["detail_key"] == "project.status.stale_plan" else "segmentation"
        if self.plan is not None and self.plan.segmentation_version is not None:
            if self.segmentation and self.plan.segmentation_version < self.segmentation.version:
                return "segmentation"
            if len(self.tables.changed_cards()):
                return "cards"
        return ""

    def cells(self) -> pd.DataFrame:
        """Return the strategy map of the cards as they are."""
        return self.once("cells", self._cells)

    def _cells(self) -> pd.DataFrame:
        if self.segmentation is None or self.customers.empty:
            return pd.DataFrame(
                columns=["segment", "lifecycle_stage", "n", "balance", "strategy_ids", "flag"]
            )
        scores = None if self.plan is None else self.project.strategy.scores(self.plan.version)
        people = self.flags.customers()
        if "balance_total" in self.customers:
            people = people.merge(self.customers[["customer_id", "balance_total"]], on="customer_id")
        return build_strategy_map(people, self.segmentation.membership, self.cards, scores=scores)

    def marks(self) -> dict[str, tuple[str, str]]:
        """Return what cards owe to the review before, by strategy_id; see `review_marks`."""
        found: dict[str, tuple[str, str]] = self.once(f"marks:{self.lang}", self._marks)
        return found

    def _marks(self) -> dict[str, tuple[str, str]]:
        return review_marks(self.project, self.lang)

    # Choosing --------------------------------------------------------------------

    def choose_cell(self, value: str) -> None:
        """Choose a cell of the map that is shown, or none when it was chosen already."""
        known = {cell["key"] for row in self.tables.map_rows() for cell in row["cells"] if not cell["hidden"]}
        self.cell = value if value in known and value != self.cell else ""
        self.picked += 1

    def choose(self, strategy_id: str) -> None:
        """Show a strategy's card."""
        if strategy_id in set(self.cards["strategy_id"]):
            self.editor.close()
            self.chosen = strategy_id
            self.picked += 1

    # Writing ---------------------------------------------------------------------

    def approve(self, fields: dict[str, str] | None = None) -> None:
        """Approve a plan at the weights of the sliders; drafts the cards where there are none."""
        weights, note = dict(self.weights), (fields or {}).get("note", "").strip()[:400]
        self.jobs.start(
            lambda _: self.project.strategy.approve(weights, note=note),
            self._approved,
            "strategy.phase.plan",
        )

    def _approved(self, plan: Plan) -> None:
        self.load()
        self._say("done", "strategy.done.plan", version=plan.version, n=len(plan.criteria))

    def launch(self) -> None:
        """Cut the lists at the capacity of the slider; launch them, or ask a second person.

        Raises
        ------
        ParameterProblem
            If there is no plan, or it is older than the cards.
        """
        if self.plan is None:
            raise ParameterProblem("strategy.launch.no_plan")
        if self.stale:
            raise ParameterProblem("strategy.launch.stale")
        capacity, seed, smallest = self.capacity, self.seed, self.smallest

        def work(report: Report) -> Any:
            report(0.1, "strategy.phase.lists")
            return self.project.strategy.select(capacity, random_state=seed, smallest=smallest)

        self.jobs.start(work, self._cut, "strategy.phase.lists")

    def _cut(self, selection: Any) -> None:
        lists = self.project.strategy.submit(selection)
        self.capacity = None
        self.load()
        if not lists:
            self._say("done", "strategy_launch.done.requested", n=f"{len(selection.targets):,}")
            return
        n, control = sum(each.n for each in lists), sum(each.n_control for each in lists)
        self._say("done", "strategy.done.lists", lists=len(lists), n=f"{n:,}", control=f"{control:,}")

    def set_seed(self, value: str) -> None:
        """Choose the seed of the control group."""
        if not value.isdigit() or int(value) > LARGEST_SEED:
            raise ParameterProblem("strategy.launch.bad_seed", largest=LARGEST_SEED)
        self.seed = int(value)

    def set_smallest(self, value: str) -> None:
        """Choose the fewest customers that a list may have."""
        if not value.isdigit() or not 1 <= int(value) <= 1_000_000:
            raise ParameterProblem("strategy.launch.bad_smallest")
        self.smallest = int(value)

    def _say(self, kind: Any, key: str, **values: Any) -> None:
        self.banner = Banner(kind, key, values)
        self.touch()

    # Sentences -------------------------------------------------------------------

    @property
    def may_redo(self) -> bool:
        """Whether approving again would make the plan fresh."""
        if self.plan is None or self.segmentation is None:
            return False
        used = self.plan.segmentation_version
        return self.stale == "cards" or (used is not None and used < self.segmentation.version)

    def stale_note(self) -> str:
        """Return what the plan or its lists are older than; empty when they are fresh."""
        if not self.stale or self.plan is None or self.segmentation is None:
            return ""
        if self.stale == "cards":
            return self.t("strategy.stale.cards", strategies=", ".join(self.tables.changed_cards()))
        if self.stale == "lists":
            return self.t("strategy.stale.lists", version=self.plan.version)
        used = self.plan.segmentation_version
        if used is not None and used < self.segmentation.version:
            return self.t("strategy.stale.used", used=used, approved=self.segmentation.version)
        return self.t("strategy.stale.segmentation", approved=self.segmentation.version)

    def heading(self) -> Heading:
        """Return the open section's finding, or the one about the plan, and the buttons."""
        if self.current_section is not None:
            return self.current_section.heading()
        buttons = [Button("comments", self.t("strategy.button.comments", n=self.comment_count()))]
        if self.segmentation is None:
            return Heading(
                self.t("strategy.nothing.segmentation"),
                self.t("strategy.nothing.segmentation_do"),
                tuple(buttons),
            )
        if self.may("analyst"):
            if self.plan is None:
                key = "strategy.button.draft" if self.cards.empty else "strategy.button.approve"
                buttons.append(Button("approve", self.t(key), primary=True))
            elif self.lists.empty:
                blocked = self.t("strategy.launch.stale") if self.stale else ""
                buttons.append(self._launch_button(blocked))
        return Heading(self.findings.title(), self.findings.subtitle(), tuple(buttons))

    def _launch_button(self, blocked: str) -> Button:
        """Return the next step of the launch: alone, with a second person, or where it waits."""
        strategy = self.project.strategy
        waiting = strategy.launch_requests()["status"].isin(["requested", "approved"]).any()
        if waiting:
            label = self.t("strategy_launch.button.waits")
            return Button("section", label, primary=True, value="launch")
        n = 0 if self.priced is None else len(self.priced)
        n = n if self.capacity is None else min(n, self.capacity)
        key = "strategy_launch.button.ask" if strategy.needs_approval(n) else "strategy.button.launch"
        return Button("launch", self.t(key), primary=True, blocked=blocked)

    def kpis(self) -> list[Kpi]:
        """Return the open section's figures, or those of the overview."""
        if self.current_section is not None:
            return self.current_section.kpis()
        return [] if self.segmentation is None else self.findings.kpis()

    def word(self, kind: str, value: Any) -> str:
        """Return an offer, a channel, a scenario or a stage in the screen's language."""
        key = f"strategy.{kind}.{value}"
        return self.t(key) if key in locale.keys(self.lang) else str(value)

    def python(self) -> dict[str, str]:
        """Return the Python that does what each control is set to."""
        weights = ", ".join(f'"{name}": {self.weights[name]:g}' for name in CRITERIA)
        capacity = "" if self.capacity is None else f"capacity={self.capacity}"
        seed = f"random_state={self.seed}" if self.seed else ""
        smallest = f"smallest={self.smallest}" if self.smallest > 1 else ""
        asked = ", ".join(part for part in (capacity, seed, smallest) if part)
        return {
            "weigh": f"wb.score_strategies(project.strategy.plan().criteria, {{{weights}}})",
            "approve": f"project.strategy.approve({{{weights}}})",
            "limit": f"project.strategy.select({capacity})",
            "launch": f"project.strategy.submit(project.strategy.select({asked}))",
        }


MESSAGE_PREFIXES = (
    "strategy.section.",
    "strategy.offer.",
    "strategy.channel.",
    "strategy.scenario.",
    "strategy.stage.",
    "strategy.criterion.",
)
