"""The desk: one customer at a time is called, with the right words, and what came of it is recorded."""

from __future__ import annotations

import datetime as dt
import hashlib
import secrets
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import NotFound, ParameterProblem, WorkbenchError
from workbench.ui.state.parts import Banner, Heading
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.desk_beside import DeskBeside
from workbench.ui.state.sections.desk_call import DeskCall
from workbench.ui.state.sections.desk_findings import DeskFindings, local
from workbench.ui.state.sections.desk_record import DeskRecord

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.execution import Disposition
    from workbench.project.desk import Lease

LONGEST_NAME = 60
MOST_NAMES = 12
RENEW_BELOW = 600
"""Seconds: who is worked on with less left is kept for another quarter of an hour."""


class DeskState(SectionState):
    """The desk of one page; single customers, so never for a viewer.

    Attributes
    ----------
    agent : str
        Who says they work here; empty asks. It is no proof of who they are.
    lease : Lease or None
        The customer at hand.
    held : list of Lease
        All that this person holds.
    """

    name = "desk"

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.agent = ""
        self.strategy = ""
        self.keys = True
        self.lease: Lease | None = None
        self.held: list[Lease] = []
        self.passed: dict[str, int] = {}
        self.nobody = False
        self.figures: dict[str, float] = {}
        self.promises = pd.DataFrame()
        self.stopped: list[str] = []
        self._once: dict[str, Any] = {}
        self._once_at = -1
        self._salt = secrets.token_bytes(16)
        super().__init__(screen, **traits)
        self.call = DeskCall(self)
        self.record = DeskRecord(self)
        self.beside = DeskBeside(self)
        self.findings = DeskFindings(self)
        # Who opens a notebook of their own is known; one page's server may have many readers.
        if self.may("analyst"):
            self.agent = self.project.store.database.who

    # Reading ---------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether customers may be called here now."""
        works = self.may("contributor") and self.screen.is_ready
        return works and self.project.cycle.state == "open"

    def load(self) -> None:
        """Read what this person holds, and take up the call that was going on."""
        self.held, self.lease = [], None
        if self.is_open and self.agent:
            self._read()

    def _read(self) -> None:
        desk = self.project.execution.desk
        self.held = desk.mine(self.agent)
        kept = self.kept()
        mine = [lease for lease in self.held if lease.lease_id == kept.get("lease_id")]
        self.show(next(iter(mine or self.held), None))
        self._ask_stopped()
        self.tally()

    def show(self, lease: Lease | None) -> None:
        """Put a customer to hand, with the call as far as it was kept."""
        self.lease = lease
        kept = self.kept() if lease is not None else {}
        mine = kept if lease is not None and kept.get("lease_id") == lease.lease_id else {}
        self.call.begin(lease, mine.get("moves", []), mine.get("version"))
        self.record.begin(mine.get("typed", {}))
        self.beside.begin()

    def tally(self) -> None:
        """Count this person's day, and what they have promised for it."""
        desk = self.project.execution.desk
        self.figures = desk.figures(self.agent)
        self.promises = desk.callbacks(self.agent)

    def _ask_stopped(self) -> None:
        desk = self.project.execution.desk
        self.stopped = list(dict.fromkeys(desk.stopped(lang=self.lang)["sentence"]))

    def once(self, name: str, make: Callable[[], Any]) -> Any:
        """Read something once for a drawing of the page, however many parts show it."""
        if self._once_at != self.screen.revision:
            self._once, self._once_at = {}, self.screen.revision
        if name not in self._once:
            self._once[name] = make()
        return self._once[name]

    def codes(self) -> dict[str, Disposition]:
        """Return the disposition codes in force."""
        found: dict[str, Disposition] = self.once("codes", self.project.execution.dispositions.codes)
        return found

    # Who -------------------------------------------------------------------------

    def names(self) -> list[str]:
        """Return the names that were stated here before."""
        kept = self.draft() or {}
        return [str(name)[:LONGEST_NAME] for name in kept.get("names", [])]

    def state_name(self, name: str) -> None:
        """Work under a name, and find again what is held under it.

        Raises
        ------
        ParameterProblem
            If it is empty or too long.
        """
        name = " ".join(name.split())
        if not 0 < len(name) <= LONGEST_NAME:
            raise ParameterProblem("execution_desk_page.error.name", longest=LONGEST_NAME)
        if not self.is_open:
            return
        known = [name, *(other for other in self.names() if other != name)]
        self.keep_draft({"names": known[:MOST_NAMES]})
        self.agent, self.nobody, self.passed = name, False, {}
        self.load()
        self.touch()

    def leave_name(self) -> None:
        """Ask again who works here; what is held stays held."""
        self.agent, self.held, self.lease, self.nobody = "", [], None, False
        self.touch()

    # What is kept ----------------------------------------------------------------

    @property
    def _call_draft(self) -> str:
        return f"execution.desk.{hashlib.blake2s(self.agent.encode(), digest_size=8).hexdigest()}"

    def kept(self) -> dict[str, Any]:
        """Return the call that was kept, so that a kernel's death loses nothing."""
        return self.project.store.drafts.load(self._call_draft, self.project.cycle.cycle_id) or {}

    def keep(self) -> None:
        """Keep the call as it stands."""
        if self.lease is None:
            return
        content = {
            "lease_id": self.lease.lease_id,
            "version": self.call.version,
            "moves": self.call.moves,
            "typed": self.record.typed,
        }
        self.project.store.drafts.save(self._call_draft, content, self.project.cycle.cycle_id)

    # Taking ----------------------------------------------------------------------

    def take_next(self, ahead: bool = False) -> None:
        """Take the next customer; one that is at hand stays until recorded or given back."""
        if not self.is_open or not self.agent or self.lease is not None:
            return
        desk = self.project.execution.desk
        lease = desk.take_next(self.agent, self.strategy or None, ahead=ahead)
        self.passed, self.nobody = desk.passed, lease is None
        if lease is None:
            self._ask_stopped()
        self._took(lease)

    def take_promised(self, mark: str) -> None:
        """Take a customer whom this person promised to call; an unknown mark changes nothing."""
        for row in self._promises():
            if self.is_open and self.mark(row) == mark and self.lease is None:
                desk = self.project.execution.desk
                self._took(desk.take(row["list_id"], row["customer_id"], self.agent))
                return

    def _took(self, lease: Lease | None) -> None:
        self.screen.banner = None
        self.held = [*self.held, lease] if lease is not None else self.held
        self.show(lease)
        self.keep()
        self.settle()

    def resume(self, number: str) -> None:
        """Put another customer to hand that this person holds."""
        for lease in self.held:
            if str(lease.lease_id) == number:
                self.show(lease)
                self.touch()

    def give_back(self) -> None:
        """Let the customer at hand go without a record."""
        if self.lease is None:
            return
        reason = self.t("execution_desk_page.given_back")
        self.project.execution.desk.give_back(self.lease, reason, self.agent)
        self.screen.banner = Banner(
            "done", "execution_desk_page.gave_back", {"customer": self.lease.masked_id}
        )
        self.let_go()
        self.settle()

    def let_go(self) -> None:
        """Have nobody at hand, or whom else this person holds."""
        gone = self.lease
        self.held = [lease for lease in self.held if gone is None or lease.lease_id != gone.lease_id]
        self.show(self.held[0] if self.held else None)

    def settle(self) -> None:
        """Count the day again and draw it."""
        self.tally()
        self.touch()

    def work_on(self) -> None:
        """Keep the customer while they are worked on.

        Raises
        ------
        ParameterProblem
            If somebody else has taken them since the time was over.
        """
        lease = self.lease
        if lease is None or self.seconds_left() > RENEW_BELOW:
            return
        try:
            until = self.project.execution.desk.renew(lease, self.agent)
        except WorkbenchError:
            self.let_go()
            self.settle()
            raise
        self.lease = _renewed(lease, until)
        self.held = [self.lease if each is lease else each for each in self.held]

    def seconds_left(self) -> int:
        """Return how long the customer at hand is kept, by the store's clock."""
        if self.lease is None:
            return 0
        now = self.project.store.database.clock()
        return max(0, round((self.lease.expires_at - now).total_seconds()))

    def switch_keys(self) -> None:
        """Let single keys press buttons, or not: whoever speaks to a machine presses none by chance."""
        self.keys = not self.keys
        self.touch()

    def choose_strategy(self, strategy_id: str) -> None:
        """Take customers of one strategy only; empty is all."""
        if strategy_id in {"", *self.screen.progress_rows["strategy_id"]}:
            self.strategy, self.nobody = strategy_id, False
            self.touch()

    # Shown -----------------------------------------------------------------------

    def mark(self, row: dict[str, Any]) -> str:
        """Return what names a customer towards this page, and means nothing outside it."""
        named = f"{row['list_id']}\x1f{row['customer_id']}".encode()
        return hashlib.blake2s(named, key=self._salt, digest_size=8).hexdigest()

    def customer(self) -> dict[str, Any] | None:
        """Return what is known of the customer at hand, no identifier whole."""
        lease = self.lease
        if lease is None:
            return None
        slots = self.screen.progress_rows.set_index("strategy_id")["slot"]
        labels = {code: entry.labels[self.lang] for code, entry in self.codes().items()}
        cards = self.screen.cards.set_index("strategy_id")["name"]
        return {
            "lease_id": lease.lease_id,
            "masked": lease.masked_id,
            "strategy": f"{lease.strategy_id} {cards.get(lease.strategy_id, lease.strategy)}",
            "slot": int(slots.get(lease.strategy_id, 0)),
            "segment": self.screen.shown_segment(lease.segment),
            "channel": self.screen.channel_name(lease.channel),
            "product": self.beside.product(lease.offer),
            "why": self.findings.why(lease),
            "score": self.findings.score(lease),
            "last": labels.get(lease.last_disposition, lease.last_disposition),
            "attempts": lease.attempts,
            "note": self.once("note", lambda: self.project.execution.desk.note(lease))
            if lease.attempts
            else "",
        }

    def promised(self) -> list[dict[str, Any]]:
        """Return the callbacks this person promised."""
        today = self.project.store.database.clock()
        labels = self.screen.cards.set_index("strategy_id")["name"] if len(self.screen.cards) else {}
        return [
            {
                "mark": self.mark(row),
                "masked": row["masked_id"],
                "strategy": f"{row['strategy_id']} {labels.get(row['strategy_id'], '')}",
                "when": locale.date(row["due_on"], self.lang)
                if pd.isna(row["call_at"])
                else self.findings.hour(row["call_at"].to_pydatetime(), local(today).date()),
                "late": not pd.isna(row["call_at"]) and row["call_at"] < pd.Timestamp(today),
                "note": row["note"],
            }
            for row in self._promises()
        ]

    def _promises(self) -> list[dict[str, Any]]:
        return [{str(name): cell for name, cell in row.items()} for row in self.promises.to_dict("records")]

    def heading(self) -> Heading:
        """Return who is at hand, or how this person's day goes."""
        return self.findings.heading()

    def strategies(self) -> list[tuple[str, str]]:
        """Return the strategies that customers can be taken of, all of them first."""
        try:
            return list(self.screen.choices("strategy"))
        except NotFound:
            return []


def _renewed(lease: Lease, until: dt.datetime) -> Lease:
    from dataclasses import replace

    return replace(lease, expires_at=until)
