"""What the execution screen does: how far the lists are, and whom to contact next."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.errors import NotFound
from workbench.execution import coarsen_days, count_days, count_dispositions, judge_pace
from workbench.strategy import translate_strategies
from workbench.ui.state.execution_findings import ExecutionFindings
from workbench.ui.state.execution_hidden import Hiding, hide_dispositions
from workbench.ui.state.execution_work import Work
from workbench.ui.state.parts import Button, Heading, Kpi
from workbench.ui.state.sections import EXECUTION, WORKING
from workbench.ui.state.sections.tabs import OVERVIEW, SectionedState

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable

FILTERS = {"strategy": "strategy_id", "channel": "channel", "segment": "segment"}
CHANNELS = ("phone", "sms", "app", "branch", "email")
MESSAGE_PREFIXES = ("execution.channel.", "execution.pace.", "execution.section.")


class ExecutionState(SectionedState):
    """The execution screen: filters, progress, and the work of those who contact customers.

    Attributes
    ----------
    strategy, channel, segment : str
        Filters on the strategies; empty shows all.
    today : datetime.date
        The day that is looked from.
    """

    stage = "execution"
    strategy = traitlets.Unicode("")
    channel = traitlets.Unicode("")
    segment = traitlets.Unicode("")

    def __init__(self, project: Any, **traits: Any) -> None:
        self.today: dt.date = project.execution.day()
        self.cards = self.targets = self.contacts = self.outcomes = pd.DataFrame()
        self.progress_rows = pd.DataFrame(columns=["strategy_id", "channel", "segment"])
        self.segments = pd.DataFrame(columns=["segment", "segment_zh", "slot"])
        self.hiding = Hiding()
        self._each_day = pd.DataFrame()
        self.kept: dict[tuple[Any, ...], Any] = {}
        self.results_moved = False
        super().__init__(project, **traits)
        self.observe(lambda _: self.touch(), list(FILTERS))

    def once(self, name: str, make: Callable[[], Any], *extra: Any) -> Any:
        """Compute something once for the filters in force."""
        key = (name, *(getattr(self, trait) for trait in FILTERS), *extra)
        if key not in self.kept:
            self.kept[key] = make()
        return self.kept[key]

    @property
    def homes(self) -> dict[str, str]:  # type: ignore[override]
        """The sections that this role has."""
        works = self.may("contributor")
        return {name: home for name, home in EXECUTION.items() if works or name not in WORKING}

    # Reading ---------------------------------------------------------------------

    def open_section(self, name: str) -> None:
        """Open the overview or a section; figures that a section's work has moved are read again."""
        if name == OVERVIEW and self.results_moved:
            self.read_results()
        super().open_section(name)

    @property
    def is_ready(self) -> bool:
        """Whether a list was launched in this cycle."""
        return not self.progress_rows.empty

    @cached_property
    def work(self) -> Work:
        """Worklist, form and import; for those who may record."""
        return Work(self)

    @traitlets.observe("lang")
    def _translate(self, _: Any) -> None:
        if not self.cards.empty:
            self.kept.clear()
            self.cards = translate_strategies(self.cards, self.lang)
            self.progress_rows = translate_strategies(self.progress_rows, self.lang)

    def load(self) -> None:
        """Read the cycle's lists, what came of them, and what the open section shows."""
        self._read_lists()
        self.read_sections_again()

    def _read_lists(self) -> None:
        project = self.project
        self.progress_rows = self.progress_rows.iloc[:0]
        self.kept.clear()
        if project.strategy.lists().empty:
            return
        self.cards = translate_strategies(project.strategy.launched_cards(), self.lang)
        self.targets = project.strategy.targets()
        self.segments = self._read_segments()
        self.read_results()
        for trait, column in FILTERS.items():
            if getattr(self, trait) not in set(self.progress_rows[column]):
                setattr(self, trait, "")
        self.work.read()

    def read_results(self) -> None:
        """Read contacts and outcomes again, which others may have added to."""
        execution = self.project.execution
        self.results_moved = False
        self.today = execution.day()
        self.contacts, self.outcomes = execution.contacts(), execution.outcomes()
        progress = translate_strategies(judge_pace(execution.progress(self.today)), self.lang)
        self._each_day = count_days(
            self.targets, self.contacts, self.outcomes, self.cards, today=self.today, each=True
        )
        slots = self.segments.drop_duplicates("segment").set_index("segment")["slot"]
        self.progress_rows = progress.assign(slot=progress["segment"].map(slots).fillna(0).astype("int64"))
        self.hiding = Hiding() if self.sees_all else Hiding.of(progress, self.minimum)
        self.kept.clear()

    def _read_segments(self) -> pd.DataFrame:
        try:
            return self.project.insight.segmentation().segments
        except NotFound:
            return pd.DataFrame({"segment": [], "segment_zh": [], "slot": []})

    @property
    def sees_all(self) -> bool:
        """Whether counts of few customers are shown: to those who work the lists."""
        return self.may("contributor")

    @property
    def minimum(self) -> int:
        """The smallest count that a viewer sees."""
        return int(self.project.settings.small_cell)

    # Filters ---------------------------------------------------------------------

    def choices(self, trait: str) -> list[tuple[str, str]]:
        """Return the choices of a filter as (shown, value), "all" first."""
        rows = self.progress_rows
        if trait == "strategy":
            found = [(f"{i} {name}", i) for i, name in zip(rows["strategy_id"], rows["name"], strict=True)]
        else:
            name_of = self.channel_name if trait == "channel" else self.shown_segment
            found = [(name_of(value), value) for value in sorted(set(rows[trait]))]
        return [(self.t("execution.all_n", n=len(found)), ""), *found]

    def channel_name(self, channel: str) -> str:
        """Return a channel's name in the screen's language."""
        return self.t(f"execution.channel.{channel}") if channel in CHANNELS else channel

    def shown_segment(self, segment: str) -> str:
        """Return a segment's name in the screen's language."""
        rows = self.segments[self.segments["segment"] == segment]
        if self.lang == "zh_CN" and len(rows) and "segment_zh" in rows and rows["segment_zh"].iloc[0]:
            return str(rows["segment_zh"].iloc[0])
        return segment

    def kept_ids(self) -> list[str]:
        """Return the strategies that the filters leave."""
        return self.once("ids", self._kept_ids)

    def _kept_ids(self) -> list[str]:
        rows = self.progress_rows
        for trait, column in FILTERS.items():
            value = getattr(self, trait)
            if value:
                rows = rows[rows[column] == value]
        return list(rows["strategy_id"])

    @property
    def is_filtered(self) -> bool:
        """Whether the filters leave some strategies out."""
        return len(self.kept_ids()) < len(self.progress_rows)

    # Figures ---------------------------------------------------------------------

    def rows(self) -> pd.DataFrame:
        """Return the progress of the strategies shown, small counts hidden from viewers."""
        return self.once("rows", lambda: self.hiding.apply(self._open_rows()))

    def _open_rows(self) -> pd.DataFrame:
        rows = self.progress_rows
        return self.once("open", lambda: rows[rows["strategy_id"].isin(self.kept_ids())])

    def total(self, column: str) -> float | None:
        """Return the sum of a count over the strategies shown; None where it is hidden."""
        return self.hiding.total(self._open_rows(), column, complete=not self.is_filtered)

    def share(self, part: str, whole: str) -> float | None:
        """Return the share of one total in another; None where either is hidden or there is none."""
        top, below = self.total(part), self.total(whole)
        return None if top is None or not below else top / below

    def days(self) -> pd.DataFrame:
        """Return contacts and responses by day; for viewers of all lists and coarse enough."""
        return self.once("days", self._days)

    def _days(self) -> pd.DataFrame:
        each = self._each_day
        if self.sees_all:
            each = each[each["strategy_id"].isin(self.kept_ids())]
        counts = ["due", "contacted", "responded"]
        days = each.groupby("day", as_index=False)[counts].sum(min_count=1)
        return days if self.sees_all else coarsen_days(days, self.minimum)

    def dispositions(self) -> pd.DataFrame:
        """Return how tries ended, with ``label`` and ``figures`` in words; for viewers of all lists."""
        return self.once("dispositions", self._dispositions, self.lang)

    def _dispositions(self) -> pd.DataFrame:
        codes = self.project.execution.dispositions
        ids = self.kept_ids() if self.sees_all else None
        rows = count_dispositions(self.contacts, ids, dispositions=codes.codes())
        if not self.sees_all:
            rows = hide_dispositions(rows, self.minimum)
        labels = codes.labels(self.lang)
        figures = [
            self.t("execution.hidden")
            if pd.isna(n)
            else f"{locale.count(int(n), self.lang)} · {locale.percent(share, places=0)}"
            for n, share in zip(rows["n"], rows["share"], strict=True)
        ]
        return rows.assign(label=[labels.get(code, code) for code in rows["disposition"]], figures=figures)

    def table(self) -> list[dict[str, Any]]:
        """Return the rows of the strategies' table."""
        found = []
        for row in self.rows().to_dict("records"):
            pace = str(row["pace"])
            found.append(
                {
                    **{str(name): value for name, value in row.items()},
                    "shown_segment": self.shown_segment(row["segment"]),
                    "channel_name": self.channel_name(row["channel"]),
                    "pace_word": self.t(f"execution.pace.{pace}"),
                    "tone": {"behind": "w", "on_plan": "g", "ahead": "a"}.get(pace, ""),
                }
            )
        return found

    def dates(self) -> tuple[dt.date | None, dt.date | None]:
        """Return the first and the last day of the strategies shown."""
        cards = self.cards[self.cards["strategy_id"].isin(self.kept_ids())]
        starts, ends = cards["starts_on"].min(), cards["ends_on"].max()
        return (
            None if pd.isna(starts) else starts.date(),
            None if pd.isna(ends) else ends.date(),
        )

    # Sentences -------------------------------------------------------------------

    @property
    def findings(self) -> ExecutionFindings:
        """The sentences made of these figures."""
        return ExecutionFindings(self)

    def heading(self) -> Heading:
        """Return the open section's finding, or the one about the lists shown."""
        if self.current_section is not None:
            return self.current_section.heading()
        buttons = (Button("comments", self.t("execution.button.comments", n=self.comment_count())),)
        if not self.is_ready:
            return Heading(self.t("execution.nothing.title"), self.t("execution.nothing.subtitle"), buttons)
        return Heading(self.findings.title(), self.findings.subtitle(), buttons)

    def kpis(self) -> list[Kpi]:
        """Return the open section's figures, or the six of the overview."""
        if self.current_section is not None:
            return self.current_section.kpis()
        return self.findings.kpis() if self.is_ready else []

    def hint(self) -> str:
        """Return the Python that shows or reads the same."""
        chosen = [f"{trait}={getattr(self, trait)!r}" for trait in FILTERS if getattr(self, trait)]
        return f"wb.ui.execution(project, {', '.join(chosen)})" if chosen else "project.execution.progress()"
