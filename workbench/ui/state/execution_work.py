"""The work itself: whom to contact next, what came of it, and files of outcomes."""

from __future__ import annotations

import hashlib
import secrets
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import NotFound, ParameterProblem
from workbench.execution import build_worklist, product_name
from workbench.execution.cells import read_amounts
from workbench.project.callbacks import with_callbacks
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.ui.state.execution import ExecutionState

PAGE = 15
ANSWERS = {"": None, "yes": True, "no": False}
PERSONAL = ("customer_id", "kind", "name", "gender", "phone", "consent", "do_not_contact")
MESSAGE_PREFIXES = ("execution.status.",)


class Work:
    """The worklist of one sitting; nobody without the right to record ever gets a row of it.

    Customers are named towards the page by marks that mean nothing outside this sitting.

    Parameters
    ----------
    screen : ExecutionState
        The screen that shows it.
    """

    def __init__(self, screen: ExecutionState) -> None:
        self.screen = screen
        self.people = pd.DataFrame()
        self.page = 1
        self._chosen = ""
        self._salt = secrets.token_bytes(16)

    @property
    def is_open(self) -> bool:
        """Whether this process may record, and the cycle is still being worked."""
        screen = self.screen
        return screen.may("contributor") and screen.is_ready and screen.project.cycle.state == "open"

    def read(self) -> None:
        """Read what is needed to address the customers on the lists, and nothing of others."""
        self.people = pd.DataFrame()
        if not self.is_open:
            return
        project = self.screen.project
        try:
            known = project.table("customers")
        except NotFound:
            known = project.customers(["customer_id"])
        listed = known["customer_id"].isin(self.screen.targets["customer_id"])
        listed &= ~known["customer_id"].isin(project.execution.dispositions.asked_to_stop())
        self.people = known.loc[listed, [name for name in PERSONAL if name in known]]

    # The list --------------------------------------------------------------------

    def waiting(self) -> pd.DataFrame:
        """Return who is still to be contacted, by priority, of the strategies shown."""
        return self.screen.once("waiting", self._waiting)

    def _waiting(self) -> pd.DataFrame:
        work = self._worklist()
        kept = work["status"].ne("done") & work["strategy_id"].isin(self.screen.kept_ids())
        return work[kept].reset_index(drop=True)

    def _worklist(self) -> pd.DataFrame:
        screen = self.screen
        if not self.is_open:
            raise NotFound("execution.error.not_worked")
        key = ("worklist",)
        if key not in screen.kept:
            work = build_worklist(
                screen.targets,
                self.people,
                with_callbacks(screen.project, screen.contacts),
                screen.outcomes,
                screen.cards,
                today=screen.today,
                dispositions=screen.project.execution.dispositions.codes(),
            )
            screen.kept[key] = work.assign(
                mark=[self._mark(*ids) for ids in zip(work["list_id"], work["customer_id"], strict=True)]
            )
        return screen.kept[key]

    def _mark(self, list_id: str, customer_id: str) -> str:
        return hashlib.blake2s(
            f"{list_id}\x1f{customer_id}".encode(), key=self._salt, digest_size=8
        ).hexdigest()

    def rows(self) -> list[dict[str, Any]]:
        """Return the first pages of the list, as shown: no identifier is whole."""
        screen = self.screen
        waiting = self.waiting().head(self.page * PAGE).to_dict("records")
        slots = screen.progress_rows.set_index("strategy_id")["slot"]
        today = pd.Timestamp(screen.today)
        current = self.current()
        return [
            {
                "rank": rank,
                "mark": row["mark"],
                "masked": row["masked_id"],
                "strategy": f"{row['strategy_id']} {row['strategy']}",
                "slot": int(slots.get(row["strategy_id"], 0)),
                "channel": screen.channel_name(row["channel"]),
                "due": locale.date(row["due_on"].date(), screen.lang),
                "is_late": bool(row["due_on"] < today),
                "status": screen.t(f"execution.status.{row['status']}"),
                "attempts": row["attempts"],
                "is_current": current is not None and row["mark"] == current["mark"],
            }
            for rank, row in enumerate(waiting, 1)
        ]

    def n_waiting(self) -> int:
        """Return how many are still to be contacted."""
        return len(self.waiting())

    def n_due(self) -> int:
        """Return how many of them are due by today."""
        return int((self.waiting()["due_on"] <= pd.Timestamp(self.screen.today)).sum())

    def more(self) -> None:
        """Show another page."""
        self.page += 1
        self.screen.touch()

    def choose(self, mark: str) -> None:
        """Take a customer to hand; an unknown mark changes nothing."""
        if mark in set(self.waiting()["mark"]):
            self._chosen = mark
            self.screen.touch()

    def current(self) -> dict[str, Any] | None:
        """Return the customer at hand: the chosen one, else the first; None when all is done."""
        waiting = self.waiting()
        if waiting.empty:
            return None
        mine = waiting[waiting["mark"] == self._chosen]
        row = (mine if len(mine) else waiting).iloc[0]
        cards = self.screen.cards.set_index("strategy_id")
        labels = self.screen.project.execution.dispositions.labels(self.screen.lang)
        return {
            **{str(name): value for name, value in row.items()},
            "product": product_name(str(cards.at[row["strategy_id"], "offer"]), self.screen.lang),
            "shown_segment": self.screen.shown_segment(row["segment"]),
            "channel_name": self.screen.channel_name(row["channel"]),
            "last": labels.get(row["last_disposition"], row["last_disposition"]),
        }

    # Recording -------------------------------------------------------------------

    def record(self, mark: str, fields: dict[str, str]) -> None:
        """Record what came of a try to reach the customer with this mark.

        Parameters
        ----------
        mark : str
            From the list.
        fields : dict
            ``disposition``, ``responded`` (yes, no or empty), ``amount``, ``note``.
        """
        work = self._worklist()
        found = work[work["mark"] == mark]
        if found.empty:
            raise ParameterProblem("execution.error.unknown_row")
        row = found.iloc[0]
        responded = ANSWERS.get(fields.get("responded", ""))
        note = fields.get("note", "").strip()
        amount = self._amount(fields.get("amount", ""), responded)
        if note and responded is None:
            # Only an answer carries a note; it would be lost without a word.
            raise ParameterProblem("execution.error.note")
        disposition = fields.get("disposition", "")
        self.screen.project.execution.record(
            row["list_id"],
            row["customer_id"],
            disposition=disposition,
            responded=responded,
            amount=amount,
            note=note,
        )
        self._chosen = ""
        self.screen.read_results()
        self.screen.banner = Banner(
            "done",
            "execution.work.recorded",
            {
                "customer": row["masked_id"],
                "disposition": self.screen.project.execution.dispositions.labels(self.screen.lang)[
                    disposition
                ],
                "n": f"{self.n_waiting():,}",
            },
        )
        self.screen.touch()

    @staticmethod
    def _amount(written: str, responded: bool | None) -> float | None:
        if not written.strip():
            return None
        amount = read_amounts(pd.Series([written.strip()], dtype="str")).iloc[0]
        if pd.isna(amount):
            raise ParameterProblem("execution.error.amount", value=written)
        if not responded:
            raise ParameterProblem("execution.error.amount_without_yes")
        return float(amount)

    def record_hint(self) -> str:
        """Return the Python that records the customer at hand."""
        current = self.current()
        if current is None:
            return "project.execution.worklist()"
        return (
            f"row = project.execution.worklist().iloc[{int(current['priority']) - 1}]; "
            'project.execution.record(row.list_id, row.customer_id, disposition="reached", responded=True)'
        )
