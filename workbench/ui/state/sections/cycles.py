"""The section on cycles: their states and figures, two of them compared, lineage, and unattended runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.errors import NotFound, ParameterProblem
from workbench.ui.state.parts import Banner, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.cycles_compared import ComparedCycles
from workbench.ui.state.sections.cycles_lineage import LineageChoice

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.project import Project
    from workbench.project.cycles import Cycle

RUNS = 6
"""Unattended runs listed."""
SIGNS = {"open": "○", "frozen": "◐", "closed": "✓"}
RUN_SIGNS = {"done": "✓", "failed": "✕", "running": "…"}
MESSAGE_PREFIXES = (
    "review_cycles.state.",
    "review_cycles.event.",
    "review_cycles.held.",
    "review_cycles.run_state.",
    "review_cycles.done.",
)


class CyclesState(SectionState):
    """The project's cycles, whichever of them is shown.

    Attributes
    ----------
    before, after : str
        The cycles compared.
    figure : str
        The figure whose lineage is drawn.
    node : str
        The chosen node of it.
    opening : bool
        Whether the form that opens a cycle is there.
    """

    name = "cycles"
    before = traitlets.Unicode("")
    after = traitlets.Unicode("")
    figure = traitlets.Unicode("value_won")
    node = traitlets.Unicode("")
    opening = traitlets.Bool(False)

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.cycles: list[Cycle] = []
        self.measured = pd.DataFrame()
        self.events = pd.DataFrame()
        self.runs = pd.DataFrame()
        self.held: dict[str, list[str] | None] = {}
        self.late: dict[str, int] = {}
        self.compared = ComparedCycles(self)
        self.lineage = LineageChoice(self)
        super().__init__(screen, **traits)

    def load(self) -> None:
        """Read every cycle's state and figures, and what is compared and drawn."""
        project = self.project
        self.cycles = project.cycles()
        self.events = project.cycle_events()
        self.runs = project.store.runs.frame()
        handles = {cycle.cycle_id: project.at(cycle.cycle_id) for cycle in self.cycles}
        self.held = {name: handle.check_cycle() for name, handle in handles.items()}
        self.late = {name: sum(project.store.late.counts(name).values()) for name in handles}
        self.measured = self._measure(handles)
        self._keep_pair()
        self.compared.load()
        self.lineage.load()

    @staticmethod
    def _measure(handles: dict[str, Project]) -> pd.DataFrame:
        from workbench.review import measure_cycle

        parts = []
        for name, handle in handles.items():
            try:
                overall = handle.review.evaluation().overall
            except NotFound:
                continue
            parts.append(measure_cycle(overall).assign(cycle_id=name))
        return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame()

    def _keep_pair(self) -> None:
        names = [cycle.cycle_id for cycle in self.cycles]
        if {self.before, self.after} <= set(names) and self.before != self.after:
            return
        here = self.project.cycle
        earlier = here.opened_from
        if earlier is None and len(names) > 1:
            later = next((c for c in self.cycles if c.opened_from == here.cycle_id), None)
            earlier, here = (here.cycle_id, later) if later else (names[-2], self.cycles[-1])
        self.before, self.after = (earlier, here.cycle_id) if earlier else ("", "")

    # Choices ---------------------------------------------------------------------

    def choices(self) -> list[tuple[str, str]]:
        """Return the cycles for a choice, newest first."""
        return [(cycle.cycle_id, cycle.cycle_id) for cycle in reversed(self.cycles)]

    def choose(self, side: str, cycle_id: str) -> None:
        """Compare another cycle; the one that stood there changes places where both are the same."""
        if cycle_id not in {cycle.cycle_id for cycle in self.cycles}:
            return
        other = "after" if side == "before" else "before"
        if getattr(self, other) == cycle_id:
            setattr(self, other, getattr(self, side))
        setattr(self, side, cycle_id)
        self.compared.load()
        self.touch()

    # Actions ---------------------------------------------------------------------

    def freeze(self, cycle_id: str) -> None:
        """Freeze a cycle's evaluation."""
        self._act("frozen", cycle_id, lambda project: project.freeze_cycle())

    def close(self, cycle_id: str) -> None:
        """Close a cycle whose recommendations are decided.

        Raises
        ------
        ParameterProblem
            If a recommendation is still open.
        """
        n = self.n_open(cycle_id)
        if n:
            raise ParameterProblem("review.close_first", n=n)
        self._act("closed", cycle_id, lambda project: project.close_cycle())

    def reopen(self, cycle_id: str, reason: str) -> None:
        """Open a frozen or closed cycle again; the reason is kept."""
        self._act("reopened", cycle_id, lambda project: project.reopen_cycle(reason))

    def admit(self, cycle_id: str) -> None:
        """Let in what came too late."""
        self._act("admitted", cycle_id, lambda project: project.admit_late())

    def open_new(self, fields: dict[str, str]) -> None:
        """Open a cycle by its name, its day and what it begins with."""
        source = fields.get("source", "")
        chosen: dict[str, Any] = {"fresh": True} if source == "-" else {"source": source or None}
        day = fields.get("snapshot_date", "").strip() or None
        opened = self.project.open_cycle(
            fields.get("cycle_id", ""), day, reason=fields.get("reason", ""), **chosen
        )
        self.opening = False
        self._said("opened", opened.cycle.cycle_id)

    def _act(self, word: str, cycle_id: str, write: Callable[[Project], Any]) -> None:
        write(self.project.at(cycle_id))
        self._said(word, cycle_id)

    def _said(self, word: str, cycle_id: str) -> None:
        self.screen.load()
        self.screen.banner = Banner("done", f"review_cycles.done.{word}", {"cycle": cycle_id})
        self.touch()

    def show_form(self, shown: bool) -> None:
        """Show or leave the form that opens a cycle."""
        self.opening = shown
        self.touch()

    def n_open(self, cycle_id: str) -> int:
        """Return how many recommendations of a cycle wait for a decision."""
        return int(self.project.store.decisions.frame(cycle_id)["status"].eq("open").sum())

    # What is drawn ---------------------------------------------------------------

    def rows(self) -> list[dict[str, Any]]:
        """Return the cycles, newest first, with their events, hash and buttons."""
        analyst = self.may("analyst")
        return [self._row(cycle, analyst) for cycle in reversed(self.cycles)]

    def _row(self, cycle: Cycle, analyst: bool) -> dict[str, Any]:
        name = cycle.cycle_id
        mine = self.events[self.events["cycle_id"].eq(name)]
        hashes = mine.loc[mine["sha256"].ne(""), "sha256"]
        held = self.held[name]
        n_open = self.n_open(name)
        state = cycle.state
        return {
            "id": name,
            "state": state,
            "sign": SIGNS[state],
            "word": self.t(f"review_cycles.state.{state}"),
            "day": locale.date(cycle.snapshot_date, self.lang),
            "source": cycle.opened_from or "",
            "shown": name == self.project.cycle.cycle_id,
            "events": [self._event(row, analyst) for row in mine.to_dict("records")],
            "sha256": hashes.iloc[-1] if len(hashes) and state != "open" else "",
            "holds": None if held is None else not held,
            "differs": ", ".join(self.t(f"review_cycles.held.{part}") for part in held or ()),
            "late": self.late[name],
            "n_open": n_open,
            "may_freeze": analyst and state == "open" and self._is_evaluated(name),
            "may_close": analyst and state in ("open", "frozen"),
            "may_reopen": analyst and state in ("frozen", "closed"),
            "may_admit": analyst and state == "open" and self.late[name] > 0,
        }

    def _is_evaluated(self, cycle_id: str) -> bool:
        return bool(len(self.measured) and self.measured["cycle_id"].eq(cycle_id).any())

    def _event(self, row: dict[Any, Any], analyst: bool) -> dict[str, str]:
        return {
            "word": self.t(f"review_cycles.event.{row['event']}"),
            "at": locale.timestamp(row["at"]),
            "who": str(row["who"]) if analyst else "",
            "reason": str(row["reason"]) if analyst else "",
        }

    def run_rows(self) -> list[dict[str, Any]]:
        """Return the newest unattended runs."""
        analyst = self.may("analyst")
        found = []
        for row in self.runs.head(RUNS).to_dict("records"):
            known = row["seconds"] == row["seconds"] and row["seconds"] is not None
            folder = self.project.folder / str(row["folder"])
            found.append(
                {
                    "cycle": row["cycle_id"],
                    "at": locale.timestamp(row["begun_at"]),
                    "sign": RUN_SIGNS[row["state"]],
                    "word": self.t(f"review_cycles.run_state.{row['state']}"),
                    "seconds": locale.count(round(row["seconds"]), self.lang) if known else "–",
                    "each": [
                        (one["name"].removesuffix(".ipynb"), locale.decimal(one["seconds"], 1))
                        for one in row["notebooks"]
                    ],
                    "on_copy": bool(row["on_copy"]),
                    "folder": str(row["folder"]) if analyst else "",
                    "there": analyst and (folder / "run.json").is_file(),
                    "trouble": str(row["trouble"]) if analyst else "",
                    "who": str(row["who"]) if analyst else "",
                }
            )
        return found

    # Sentences -------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return what changed between the two cycles, or how many there are."""
        if not self.cycles:
            return Heading(self.t("review_cycles.nothing.title"), self.t("review_cycles.nothing.do"))
        last = self.cycles[-1]
        subtitle = self.t(
            "review_cycles.subtitle",
            n=len(self.cycles),
            cycle=last.cycle_id,
            state=self.t(f"review_cycles.state.{last.state}"),
            date=locale.date(last.snapshot_date, self.lang),
        )
        said = self.compared.title()
        if not said:
            state = self.t(f"review_cycles.state.{last.state}")
            said = self.t("review_cycles.title.count", n=len(self.cycles), cycle=last.cycle_id, state=state)
        return Heading(said, subtitle)

    def kpis(self) -> list[Kpi]:
        """Return states, what differs by accepted changes, what changed beyond chance, late, runs."""
        if not self.cycles:
            return []
        states = [cycle.state for cycle in self.cycles]
        words = [
            f"{states.count(state)} {self.t(f'review_cycles.state.{state}')}"
            for state in SIGNS
            if state in states
        ]
        found = [Kpi(self.t("review_cycles.kpi.cycles"), str(len(states)), note=" · ".join(words))]
        found += self.compared.kpis()
        late = sum(self.late.values())
        found.append(
            Kpi(
                self.t("review_cycles.kpi.late"),
                locale.count(late, self.lang),
                note=self.t("review_cycles.kpi.late_note" if late else "review_cycles.kpi.late_none"),
                tone="warn" if late else "",
            )
        )
        broken = [name for name, held in self.held.items() if held]
        sealed = [name for name, held in self.held.items() if held is not None]
        if sealed:
            note = self.t("review_cycles.kpi.sealed_note" if not broken else "review_cycles.kpi.broken")
            found.append(
                Kpi(
                    self.t("review_cycles.kpi.sealed"),
                    str(len(sealed) - len(broken)),
                    unit=self.t("review_cycles.kpi.of", n=len(sealed)),
                    note=note,
                    tone="bad" if broken else "",
                )
            )
        if len(self.runs):
            row = self.run_rows()[0]
            note = f"{row['sign']} {row['word']} · {row['cycle']}"
            found.append(Kpi(self.t("review_cycles.kpi.run"), row["at"][:10], note=note))
        return found[:6]

    def opening_fields(self) -> dict[str, str]:
        """Return what the form that opens a cycle begins with."""
        from workbench.project.cycles import next_cycle

        last = self.cycles[-1]
        assert last.snapshot_date is not None
        name, day = next_cycle(last.cycle_id, last.snapshot_date, self.project.imports.last_day())
        return {"cycle_id": name, "snapshot_date": day.isoformat(), "last": last.cycle_id}
