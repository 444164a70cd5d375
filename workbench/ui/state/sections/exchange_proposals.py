"""Proposed corrections of customers' data: shown masked, decided by analysts, made by agents."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import locale
from workbench.errors import Conflict, NotFound, ParameterProblem
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.ui.state.sections.exchange import ExchangeState

MESSAGE_PREFIXES = (
    "execution_exchange_page.column.",
    "execution_exchange_page.accepted",
    "execution_exchange_page.declined",
)
STATES = ("open", "accepted", "declined")
_SHOWN = 30
_NAMED = (
    "phone",
    "name",
    "gender",
    "birth_date",
    "age",
    "region",
    "branch",
    "occupation",
    "industry",
    "opened_on",
    "consent",
    "do_not_contact",
)


class ExchangeProposals:
    """The list of proposals and the form that makes one.

    Parameters
    ----------
    section : ExchangeState
        The section that shows it.

    Attributes
    ----------
    status : {"open", "accepted", "declined"}
        Which are listed.
    """

    def __init__(self, section: ExchangeState) -> None:
        self._section = section
        self.status = "open"
        self._rows: list[dict[str, Any]] = []

    def load(self) -> None:
        """Read the proposals of the chosen state."""
        frame = self._section.exchange.corrections.frame(self.status)
        self._rows = [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]

    def choose(self, status: str) -> None:
        """List the proposals of another state."""
        if status in STATES:
            self.status = status
            self.load()
            self._section.touch()

    def column(self, name: str) -> str:
        """Return a column's name in the screen's language."""
        return self._section.t(f"execution_exchange_page.column.{name}") if name in _NAMED else name

    def _value(self, value: Any) -> str:
        t = self._section.t
        words = {"yes": t("execution_exchange_page.yes"), "no": t("execution_exchange_page.no")}
        text = "" if value is None or value != value else str(value)
        return words.get(text, text) or t("execution_exchange_page.unknown")

    def rows(self) -> list[dict[str, Any]]:
        """Return the first proposals as shown, the newest first among decided ones."""
        rows = self._rows if self.status == "open" else self._rows[::-1]
        return [
            {
                "id": int(row["correction_id"]),
                "version": int(row["row_version"]),
                "customer": row["customer_id"],
                "column": self.column(str(row["column_name"])),
                "old": self._value(row["old_value"]),
                "new": self._value(row["new_value"]),
                "source": row["source"],
                "said": f"{row['said_by']} · {locale.timestamp(row['said_at'])}",
                "note": row["note"],
                "decided": ""
                if row["decided_by"] is None
                else f"{row['decided_by']} · {locale.timestamp(row['decided_at'])}",
                "reason": row["reason"],
            }
            for row in rows[:_SHOWN]
        ]

    def n_more(self) -> int:
        """Return how many are not listed."""
        return max(0, len(self._rows) - _SHOWN)

    def columns(self) -> list[tuple[str, str]]:
        """Return the columns that may be corrected, with their names."""
        try:
            found = self._section.exchange.corrections.columns()
        except NotFound:
            return []
        return [(name, self.column(name)) for name in found]

    # Deciding --------------------------------------------------------------------

    def decide(self, status: str, value: str, reason: str = "") -> None:
        """Accept or decline a proposal; ``value`` is its number and its version.

        Raises
        ------
        ParameterProblem
            If it is not listed any more, or declined without a reason.
        """
        section = self._section
        number, _, version = value.partition(" ")
        if number not in {str(row["correction_id"]) for row in self._rows} or not version.isdigit():
            raise ParameterProblem("execution_exchange_page.error.unknown_proposal")
        held = section.exchange.corrections
        act = held.accept if status == "accepted" else held.decline
        try:
            act(int(number), reason, expected_version=int(version))
        except Conflict:
            self.load()
            section.touch()
            raise
        section.load()
        section.screen.banner = Banner("done", f"execution_exchange_page.{status}")
        section.touch()

    def propose(self, fields: dict[str, str]) -> None:
        """Propose a correction that was typed.

        Raises
        ------
        NotFound
            If there is no such customer.
        ParameterProblem
            If the value is none of the column.
        """
        section = self._section
        customer, column, value, note = (
            fields.get(name, "").strip() for name in ("customer", "column", "value", "note")
        )
        if not customer:
            raise ParameterProblem("execution_exchange_page.error.no_customer")
        new = section.exchange.corrections.propose(customer, column, value, note=note)
        self.status = "open"
        section.load()
        key = "execution_exchange_page.proposed" if new else "execution_exchange_page.proposed_before"
        section.screen.banner = Banner("done" if new else "note", key)
        section.touch()
