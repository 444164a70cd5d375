"""The section on files and systems: leads out, outcomes in, and corrections that wait for a decision."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import traitlets

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.project.exchange_files import FORMATS
from workbench.tables.masking import mask_text
from workbench.ui.state.parts import Banner, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.exchange_proposals import ExchangeProposals

if TYPE_CHECKING:
    from workbench.project.exchange import LeadFile, OutcomePreview
    from workbench.project.outcome_import import OutcomeReport
    from workbench.ui.state.jobs import Report

MESSAGE_PREFIXES = ("execution_exchange_page.action.",)
QUARANTINED = 12
"""Rows of the quarantine that are listed; the count says how many there are."""
_LOGGED = 12
_PREVIEW = ("line", "lead_id", "customer_id", "contacted_at", "disposition", "responded", "amount", "agent")
_SIGNS = {"leads.export": "↗", "outcomes.import": "↙", "corrections.propose": "?"}


class ExchangeState(SectionState):
    """What goes to other systems and comes from them, for those who work the lists.

    Attributes
    ----------
    file, mapping : str
        What is chosen to be read, and by which mapping; an empty mapping is found by the
        file's name, or the workbench's own names.
    list_id : str
        The list whose leads are chosen to leave.
    """

    name = "exchange"
    file = traitlets.Unicode("")
    mapping = traitlets.Unicode("")
    list_id = traitlets.Unicode("")

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.files: list[tuple[str, str]] = []
        self.mappings: list[str] = []
        self.lists: list[tuple[str, str]] = []
        self.counts: dict[str, int] = {}
        self.report: OutcomeReport | None = None
        self.preview: OutcomePreview | None = None
        self.written: LeadFile | None = None
        self._log: list[dict[str, Any]] = []
        self.proposals = ExchangeProposals(self)
        super().__init__(screen, **traits)

    @property
    def exchange(self) -> Any:
        """The project's exchange."""
        return self.project.execution.exchange

    @property
    def is_ready(self) -> bool:
        """Whether there are lists to exchange anything about."""
        return bool(self.lists)

    @property
    def is_open(self) -> bool:
        """Whether the cycle still takes outcomes."""
        return self.is_ready and self.project.cycle.state == "open"

    def load(self) -> None:
        """Read files, mappings, lists, the log and the proposals."""
        self.lists = []
        if self.project.cycle.cycle_id:
            rows = self.project.strategy.lists()
            names = dict(zip(self.screen.cards["strategy_id"], self.screen.cards["name"], strict=True))
            self.lists = [
                (str(row["list_id"]), str(names.get(row["strategy_id"], row["strategy_id"])))
                for row in rows.to_dict("records")
            ]
        if self.list_id not in dict(self.lists):
            self.list_id = self.lists[0][0] if self.lists else ""
        self.mappings = self.exchange.mappings()
        if self.mapping not in self.mappings:
            self.mapping = ""
        self._look()
        self._log = self.exchange.log(200).to_dict("records")
        self.counts = self.exchange.corrections.counts()
        self.proposals.load()

    def _look(self) -> None:
        rows = self.project.execution.inbox_files()
        self.files = [
            (name, f"{name} · {locale.timestamp(moment)}")
            for name, moment in zip(rows["file"], rows["changed_at"], strict=True)
        ]
        if self.file not in dict(self.files):
            self.file = self.files[0][0] if self.files else ""

    # Outcomes in -----------------------------------------------------------------

    def look(self) -> None:
        """Look into the inbox again."""
        self._look()
        self.touch()

    def choose_file(self, name: str) -> None:
        """Choose the file that is looked into and imported."""
        self._look()
        if name not in dict(self.files):
            raise ParameterProblem("execution.error.unknown_file")
        self.file, self.preview = name, None
        self.touch()

    def choose_mapping(self, name: str) -> None:
        """Choose the mapping by which it is read; an empty one is found by the file's name."""
        if name and name not in self.mappings:
            raise ParameterProblem("execution_exchange_page.error.unknown_mapping")
        self.mapping, self.preview = name, None
        self.touch()

    def look_into(self) -> None:
        """Show how the first rows of the chosen file would be understood; nothing is loaded."""
        self.choose_file(self.file)
        path, mapping = self.project.inbox / self.file, self.mapping or None
        exchange, lang = self.exchange, self.lang
        self.report = None

        def done(preview: OutcomePreview) -> None:
            self.preview = preview
            self.touch()

        self.jobs.start(
            lambda _: exchange.preview_outcomes(path, mapping=mapping, lang=lang),
            done,
            "execution_exchange.phase.reading",
        )

    def take_in(self) -> None:
        """Import the chosen file in the background; cancelled, it leaves no trace."""
        self.choose_file(self.file)
        path, mapping = self.project.inbox / self.file, self.mapping or None
        execution, lang = self.project.execution, self.lang

        def work(report: Report) -> OutcomeReport:
            return execution.import_outcomes(path, mapping=mapping, progress=report, lang=lang)

        self.jobs.start(work, self._taken, "execution_exchange.phase.reading")

    def _taken(self, report: OutcomeReport) -> None:
        self.report, self.preview = report, None
        self.screen.read_results()
        self.load()
        key = "execution.files.loaded" if report.loaded else "execution.files.nothing_new"
        self.screen.banner = Banner(
            "done" if report.loaded else "note", key, {"file": report.file, "n": f"{report.outcomes:,}"}
        )
        self.touch()

    def reasons(self) -> list[tuple[int, str]]:
        """Return line and reason of the first rows that can't be loaded, identifiers masked."""
        shown = self.report or self.preview
        if shown is None:
            return []
        rows = shown.quarantined.head(QUARANTINED)
        return [
            (int(line), mask_text(str(reason)))
            for line, reason in zip(rows["line"], rows["reason"], strict=True)
        ]

    def flagged(self) -> list[int]:
        """Return the lines whose customer is of the control and was contacted all the same."""
        return [] if self.report is None else [int(line) for line in self.report.flagged["line"]]

    def preview_rows(self) -> tuple[list[str], list[list[str]]]:
        """Return headings and cells of the first rows as they would be understood."""
        if self.preview is None:
            return [], []
        names = [name for name in _PREVIEW if name in self.preview.rows]
        cells = self.preview.rows[names].astype("object")
        cells = cells.where(cells.notna(), "–")
        return names, [[str(cell) for cell in row] for row in cells.itertuples(index=False, name=None)]

    def import_hint(self) -> str:
        """Return the Python that imports the chosen file."""
        mapping = f", mapping={self.mapping!r}" if self.mapping else ""
        return f"project.execution.import_outcomes(project.inbox / {self.file or 'outcomes.csv'!r}{mapping})"

    # Leads out -------------------------------------------------------------------

    def export(self, fields: dict[str, str]) -> None:
        """Write a list's leads into the project's exports, in the background.

        Raises
        ------
        ParameterProblem
            If the list, the format or the mapping is none of those offered.
        """
        list_id, kind, mapping = (fields.get(name, "") for name in ("list", "format", "mapping"))
        if list_id not in dict(self.lists):
            raise ParameterProblem("execution_exchange_page.error.unknown_list")
        if mapping and mapping not in self.mappings:
            raise ParameterProblem("execution_exchange_page.error.unknown_mapping")
        self.list_id = list_id
        whole = bool(fields.get("whole")) and self.may("analyst")
        exchange, reason = self.exchange, fields.get("reason", "")

        def work(_: Report) -> LeadFile:
            return exchange.export_leads(
                list_id,
                kind if kind in FORMATS else "",
                mapping=mapping or None,
                masked=not whole,
                reason=reason,
            )

        self.jobs.start(work, self._exported, "execution_exchange_page.phase.leads")

    def _exported(self, file: LeadFile) -> None:
        self.written = file
        self.load()
        words = {"n": f"{file.n:,}", "batch": file.batch_id}
        self.screen.banner = Banner("done", "execution_exchange_page.out.done", words)
        self.touch()

    def written_path(self) -> str:
        """Return where the newest file of leads is, in the project's folder."""
        if self.written is None:
            return ""
        return self.written.path.relative_to(self.project.folder).as_posix()

    def export_hint(self) -> str:
        """Return the Python that writes the chosen list's leads."""
        return f'project.execution.exchange.export_leads({self.list_id!r}, "csv", reason="…")'

    # The log ---------------------------------------------------------------------

    def log(self) -> list[dict[str, str]]:
        """Return the newest exchanges in words."""
        return [self._told(row) for row in self._log[:_LOGGED]]

    def _told(self, row: dict[str, Any]) -> dict[str, str]:
        action, facts = str(row["action"]), row["facts"]
        named = action.replace(".", "_")
        values = {
            name: _count(facts.get(name))
            for name in ("n", "rows_read", "loaded", "repeated", "quarantined", "new")
        }
        text = self.t(f"execution_exchange_page.action.{named}", **values)
        about = facts.get("file") or facts.get("list_id") or ", ".join(facts.get("sources", ())) or ""
        if action.startswith("correction."):
            about = facts.get("source", "")
        return {
            "sign": _SIGNS.get(action, "✓" if action.endswith("accepted") else "✕"),
            "at": locale.timestamp(row["at"]),
            "who": str(row["who"]),
            "text": text,
            "about": str(about),
            "batch": str(facts.get("batch_id", "")),
        }

    # Sentences -------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return how many corrections wait, and when something was exchanged last."""
        if not self.is_ready:
            return Heading(
                self.t("execution_exchange_page.nothing.title"), self.t("execution_exchange_page.nothing.do")
            )
        waiting = self.counts["open"]
        key = "execution_exchange_page.title.none"
        if waiting:
            key = (
                "execution_exchange_page.title.one" if waiting == 1 else "execution_exchange_page.title.some"
            )
        subtitle = self.t("execution_exchange_page.subtitle.never")
        if self._log:
            last = self._told(self._log[0])
            subtitle = self.t("execution_exchange_page.subtitle.last", at=last["at"], text=last["text"])
        return Heading(self.t(key, n=f"{waiting:,}"), subtitle)

    def kpis(self) -> list[Kpi]:
        """Return what was exchanged in numbers."""
        if not self.is_ready:
            return []
        taken = [row["facts"] for row in self._log if row["action"] == "outcomes.import"]
        sent = [row["facts"] for row in self._log if row["action"] == "leads.export"]
        aside = sum(int(facts.get("quarantined", 0)) for facts in taken)
        t = self.t
        return [
            Kpi(
                t("execution_exchange_page.kpi.files"),
                f"{len(taken):,}",
                note=t("execution_exchange_page.kpi.aside", n=f"{aside:,}"),
            ),
            Kpi(
                t("execution_exchange_page.kpi.leads"),
                f"{len(sent):,}",
                note=t(
                    "execution_exchange_page.kpi.lead_rows", n=f"{sum(int(f.get('n', 0)) for f in sent):,}"
                ),
            ),
            Kpi(t("execution_exchange_page.kpi.open"), f"{self.counts['open']:,}"),
            Kpi(
                t("execution_exchange_page.kpi.accepted"),
                f"{self.counts['accepted']:,}",
                note=t("execution_exchange_page.kpi.declined", n=f"{self.counts['declined']:,}"),
            ),
        ]


def _count(value: Any) -> str:
    return f"{int(value):,}" if value is not None else "–"
