"""The sentences of the desk: why this customer now, and how a day goes."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from workbench import locale
from workbench.ui.state.parts import Button, Heading

if TYPE_CHECKING:
    from workbench.project.desk import Lease
    from workbench.ui.state.sections.desk import DeskState

MESSAGE_PREFIXES = (
    "execution_desk_page.passed.",
    "execution_desk_page.score.",
    "execution_desk_page.title.",
)
_SCORES = ((0.1, "tenth"), (0.25, "quarter"), (0.5, "half"), (1.0, "rest"))


class DeskFindings:
    """What is said of a customer and of a day.

    Parameters
    ----------
    state : DeskState
        The desk.
    """

    def __init__(self, state: DeskState) -> None:
        self._state = state

    def why(self, lease: Lease) -> str:
        """Return why this customer is called now."""
        if lease.call_at is not None:
            return self._state.t("execution_desk_page.why.asked", at=self.hour(lease.call_at, lease.day))
        due = lease.due_on or lease.day
        shown = locale.date(due, self._state.lang)
        if lease.status == "callback":
            return self._state.t("execution_desk_page.why.callback", day=shown)
        if lease.attempts:
            return self._state.t("execution_desk_page.why.again", n=lease.attempts, day=shown)
        late = (lease.day - due).days
        if late > 0:
            return self._state.t("execution_desk_page.why.late", day=shown, n=late)
        return self._state.t(
            "execution_desk_page.why.first" if late == 0 else "execution_desk_page.why.early", day=shown
        )

    def score(self, lease: Lease) -> str:
        """Return the customer's place on the list in words."""
        if not lease.n_listed:
            return ""
        share = lease.rank / lease.n_listed
        word = next(word for limit, word in _SCORES if share <= limit)
        values = {"rank": f"{lease.rank:,}", "n": f"{lease.n_listed:,}"}
        return self._state.t(f"execution_desk_page.score.{word}", **values)

    def hour(self, moment: dt.datetime, day: dt.date | None = None) -> str:
        """Return a moment on this machine's clock, with its day where that is another one."""
        here = local(moment)
        hour = f"{here:%H:%M}"
        return hour if here.date() == day else f"{locale.date(here.date(), self._state.lang)} {hour}"

    def passed_over(self) -> list[str]:
        """Return whom the last look passed over, and why."""
        return [
            self._state.t(f"execution_desk_page.passed.{why}", n=f"{n:,}")
            for why, n in sorted(self._state.passed.items())
        ]

    def heading(self) -> Heading:
        """Return who is at hand, or how this person's day goes."""
        if not self._state.is_open:
            return Heading(
                self._state.t("execution_desk_page.title.closed"), self._state.t("execution_desk_page.closed")
            )
        if not self._state.agent:
            return Heading(
                self._state.t("execution_desk_page.title.who"), self._state.t("execution_desk_page.no_proof")
            )
        done = Button(
            "comments", self._state.t("execution.button.comments", n=self._state.screen.comment_count())
        )
        named = self._state.t("execution_desk_page.as", name=self._state.agent)
        if self._state.lease is not None:
            words = {"customer": self._state.lease.masked_id, "why": self.why(self._state.lease)}
            return Heading(self._state.t("execution_desk_page.title.at_hand", **words), named, (done,))
        figures = {name: f"{int(self._state.figures.get(name, 0)):,}" for name in ("reached", "responses")}
        key = "none_left" if self._state.nobody else "begun" if self._state.figures.get("tries") else "ready"
        return Heading(self._state.t(f"execution_desk_page.title.{key}", **figures), named, (done,))

    def day(self) -> list[tuple[str, str, str]]:
        """Return this person's day: label, figure, and one line of comparison."""
        figures = self._state.figures
        tries, reached = (int(figures.get(name, 0)) for name in ("tries", "reached"))
        share = (
            self._state.t("execution_desk_page.day.of_tries", share=locale.percent(reached / tries, 0))
            if tries
            else ""
        )
        return [
            (
                self._state.t("execution_desk_page.day.tries"),
                f"{tries:,}",
                self._state.t("execution_desk_page.day.since"),
            ),
            (self._state.t("execution_desk_page.day.reached"), f"{reached:,}", share),
            (self._state.t("execution_desk_page.day.responses"), f"{int(figures.get('responses', 0)):,}", ""),
            (
                self._state.t("execution_desk_page.day.amount"),
                locale.money(figures.get("amount", 0), self._state.lang),
                "",
            ),
            (self._state.t("execution_desk_page.day.callbacks"), f"{len(self._state.promises):,}", ""),
        ]


def local(moment: dt.datetime) -> dt.datetime:
    """Return a UTC moment on this machine's clock."""
    return moment.replace(tzinfo=dt.UTC).astimezone().replace(tzinfo=None)
