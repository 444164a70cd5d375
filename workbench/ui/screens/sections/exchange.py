"""The view of the section on files and systems."""

from __future__ import annotations

from collections.abc import Sequence

import ipywidgets as widgets

from workbench.ui.panel import Panel
from workbench.ui.screens.frame import card
from workbench.ui.screens.sections.base import Section
from workbench.ui.state.sections.exchange import ExchangeState


class ExchangeSection(Section):
    """A view of `ExchangeState`."""

    grid_class = "wb-grid-exchange"
    state: ExchangeState

    def build(self) -> Sequence[widgets.DOMWidget]:
        """Return the import, the proposals, the export and the log."""
        self.taking, self.proposed, self.leads, self.past = Panel(), Panel(), Panel(), Panel()
        state, on = self.state, self.screen.on
        if state.may("contributor"):
            on(self.taking, "look", lambda *_: state.look())
            on(self.taking, "file", lambda value, _: state.choose_file(value))
            on(self.taking, "mapping", lambda value, _: state.choose_mapping(value))
            on(self.taking, "preview", lambda *_: state.look_into())
            on(self.taking, "import", lambda *_: state.take_in())
            on(self.leads, "export", lambda _, fields: state.export(fields))
            on(self.proposed, "status", lambda value, _: state.proposals.choose(value))
            on(self.proposed, "propose", lambda _, fields: state.proposals.propose(fields))
        if state.may("analyst"):
            on(self.proposed, "accept", lambda value, _: state.proposals.decide("accepted", value))
            on(
                self.proposed,
                "decline",
                lambda value, fields: state.proposals.decide(
                    "declined", fields.get("proposal", value), fields.get("reason", "")
                ),
            )
        self.cards_by_name = {
            "in": card(self.taking, area="a-xc-in"),
            "proposals": card(self.proposed, area="a-xc-proposals"),
            "out": card(self.leads, area="a-xc-out"),
            "log": card(self.past, area="a-xc-log"),
        }
        return list(self.cards_by_name.values())

    def paint(self) -> None:
        """Fill the cards from the state."""
        state, fill = self.state, self.screen.fill
        screen = self.screen.state
        for each in self.cards_by_name.values():
            each.layout.display = "" if state.is_ready else "none"
        if not state.is_ready:
            return
        busy = screen.progress is not None
        headings, rows = state.preview_rows()
        fill(
            self.taking,
            "exchange_in.html",
            open=state.is_open,
            files=state.files,
            file=state.file,
            mappings=state.mappings,
            mapping=state.mapping,
            folder=str(state.project.inbox.name),
            busy=busy,
            report=state.report,
            preview=state.preview,
            headings=headings,
            rows=rows,
            reasons=state.reasons(),
            flagged=state.flagged(),
            hints=screen.hints,
            hint=state.import_hint(),
        )
        fill(
            self.proposed,
            "exchange_proposals.html",
            counts=state.counts,
            status=state.proposals.status,
            rows=state.proposals.rows(),
            more=state.proposals.n_more(),
            columns=state.proposals.columns(),
            may_decide=state.may("analyst"),
            hints=screen.hints,
        )
        fill(
            self.leads,
            "exchange_out.html",
            lists=state.lists,
            list_id=state.list_id,
            mappings=state.mappings,
            may_whole=state.may("analyst"),
            busy=busy,
            written=state.written_path(),
            hints=screen.hints,
            hint=state.export_hint(),
        )
        fill(self.past, "exchange_log.html", rows=state.log(), hints=screen.hints)
