"""Changes of strategies that the front line asks for: with their evidence, answered by an analyst."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.project.cards import STAMPS

if TYPE_CHECKING:
    from workbench.project.handle import Project
    from workbench.store.feedback import Feedback

REQUEST_COLUMNS = (
    "request_id",
    "cycle_id",
    "strategy_id",
    "code",
    "what",
    "why",
    "evidence",
    "state",
    "asked_at",
    "asked_by",
    "answer",
    "answered_at",
    "answered_by",
    "card_id",
    "card_cycle_id",
    "done_at",
    "row_version",
    "mine",
    "carried",
)
OPEN_STATES = ("asked", "accepted")
_TEXTS = ("what", "why", "answer")
_LONGEST_NAME = 80
_FIGURES = ("n", "n_new", "n_before", "contacts_new", "contacts_before", "limit", "trend")
_TOLD = 5


class ChangeRequests:
    """Requests to change a strategy."""

    _project: Project
    _store: Feedback

    def notes(self, strategy_id: str | None = None, *, mine: bool = False) -> pd.DataFrame:
        """Return the cycle's notes."""
        raise NotImplementedError

    def _masked(self, texts: list[str]) -> list[str]:
        raise NotImplementedError

    # Asking ------------------------------------------------------------------------

    def ask_change(
        self,
        strategy_id: str,
        what: str,
        why: str,
        *,
        key: str,
        code: str | None = None,
        note_ids: Sequence[int] | None = None,
    ) -> int:
        """Ask for a change of a strategy on the strength of what was said, and return the request's number.

        The counts of this moment are kept with it.

        Parameters
        ----------
        strategy_id : str
            The strategy.
        what, why : str
            What should change, and why; up to 600 characters each.
        key : str
            Made up by the page for this press: sent again, it is asked once.
        code : str, optional
            On the strength of everything said of the strategy under this code.
        note_ids : sequence of int, optional
            On the strength of these notes.

        Raises
        ------
        ParameterProblem
            If neither a code nor notes are named, nothing was said under the code, a note is
            not one on the strategy, or a text is empty or too long.
        NotFound
            If the cycle has no such strategy.
        NotAllowed
            If the role may not ask.
        """
        self._store.require("contributor")
        evidence = self._evidence(strategy_id, code, note_ids)
        request = {
            "strategy_id": strategy_id,
            "code": code or "",
            "what": what,
            "why": why,
            "evidence": evidence,
        }
        return self._store.ask(self._project.need_cycle().cycle_id, key, request)

    def _evidence(self, strategy_id: str, code: str | None, note_ids: Sequence[int] | None) -> dict[str, Any]:
        """Return what is known now of what a request rests on."""
        from workbench.execution import count_feedback

        notes = self.notes(strategy_id)
        if code:
            notes = notes[notes["code"].eq(code)]
        if note_ids is not None:
            wanted = {int(number) for number in note_ids}
            notes = notes[notes["note_id"].isin(wanted)]
            if len(notes) < len(wanted):
                raise ParameterProblem("execution_feedback.error.foreign_notes", strategy=strategy_id)
        if notes.empty or not (code or note_ids):
            raise ParameterProblem("execution_feedback.error.no_evidence", strategy=strategy_id)
        digest = self._project.execution.feedback.digest(strategy_id)
        told: dict[str, Any] = {
            "counts": {str(name): int(n) for name, n in count_feedback(notes).values.tolist()},
            "segments": count_feedback(notes, ["segment"]).head(_TOLD).values.tolist(),
            "steps": count_feedback(notes, ["step"]).head(_TOLD).values.tolist(),
            "note_ids": [int(number) for number in notes["note_id"].tail(200)],
            "n": len(notes),
        }
        if code and note_ids is None:
            row = digest[digest["code"].eq(code)].iloc[0].to_dict()
            told["digest"] = {name: _plain(row[name]) for name in _FIGURES}
        return told

    # Answering ---------------------------------------------------------------------

    def requests(self, strategy_id: str | None = None, *, mine: bool = False) -> pd.DataFrame:
        """Return the requests of the cycle, and those of earlier ones that are still open.

        An earlier request counts while the cycle's strategy of that number offers the same.

        Parameters
        ----------
        strategy_id : str, optional
            Only to change this strategy.
        mine : bool, default=False
            Only those that whoever uses the workbench asked for.

        Returns
        -------
        pandas.DataFrame
            The newest first: request_id, cycle_id, strategy_id, code, what, why, evidence (dict),
            state (asked, accepted, declined, done), asked_at, asked_by, answer, answered_at,
            answered_by, card_id and card_cycle_id (the draft that acceptance made), done_at,
            row_version, mine, carried (whether it comes from an earlier cycle). A viewer is
            given no text, name or figure.
        """
        project = self._project
        here, who = project.cycle.cycle_id or "", project.store.database.who
        rows = [row for row in self._store.requests(strategy_id) if self._counts(row, here)]
        kept = [row for row in rows if not mine or row["asked_by"] == who]
        for name in _TEXTS:
            for row, text in zip(kept, self._masked([row[name] for row in kept]), strict=True):
                row[name] = text
        frame = pd.DataFrame(
            [{**row, "mine": row["asked_by"] == who, "carried": row["cycle_id"] != here} for row in kept],
            columns=list(REQUEST_COLUMNS),
        )
        moments = dict.fromkeys(("asked_at", "answered_at", "done_at"), "datetime64[us]")
        return frame.astype({**moments, "mine": "bool", "carried": "bool"})

    def _counts(self, row: dict[str, Any], here: str) -> bool:
        if row["cycle_id"] == here:
            return True
        known = [cycle.cycle_id for cycle in self._project.cycles()]
        if row["state"] not in OPEN_STATES or here not in known or row["cycle_id"] not in known:
            return False
        if known.index(row["cycle_id"]) > known.index(here):
            return False
        cards = self._project.store.cards
        offers = [
            {card["offer"] for card in cards.rows(cycle) if card["strategy_id"] == row["strategy_id"]}
            for cycle in (row["cycle_id"], here)
        ]
        return bool(offers[0] & offers[1])

    def accept(
        self, request_id: int, answer: str = "", *, expected_version: int | None = None, lang: str = "en"
    ) -> str:
        """Accept a request: a copy of the strategy's card is drafted for the change, and returned.

        The card that was launched stays as it is; the draft is changed in the strategy's notebook,
        under the next free number, and `finish` says when that is done.

        Parameters
        ----------
        request_id : int
            Which.
        answer : str, default=""
            What whoever asked is told.
        expected_version : int, optional
            The ``row_version`` that was looked at.
        lang : str, default="en"
            Language of the draft's name.

        Raises
        ------
        NotFound
            If there is no such request, or the cycle no longer has the strategy.
        ParameterProblem
            If it was answered before, or the cycle is frozen: then it waits for the next.
        Conflict
            If somebody else changed it first.
        NotAllowed
            If the role may not answer.
        """
        cycle_id = self._project.need_cycle().cycle_id
        assert cycle_id is not None

        def draft(request: dict[str, Any]) -> str:
            strategy = self._project.strategy
            card = {k: v for k, v in strategy.card(request["strategy_id"]).items() if k not in STAMPS}
            name = locale.text("execution_feedback.draft_name", lang, name=str(card["name"]))
            number = strategy.card_file.free_id()
            return strategy.card_file.add(
                card | {"strategy_id": number, "name": name[:_LONGEST_NAME], "script_version": ""}
            )

        return self._store.accept(
            request_id, cycle_id, draft, answer=answer, expected_version=expected_version
        )

    def decline(self, request_id: int, reason: str, *, expected_version: int | None = None) -> None:
        """Decline a request; whoever asked is told the reason.

        Raises
        ------
        NotFound
            If there is no such request.
        ParameterProblem
            If no reason is given, or it was answered before.
        Conflict
            If somebody else changed it first.
        NotAllowed
            If the role may not answer.
        """
        self._store.decline(request_id, reason, expected_version=expected_version)

    def finish(self, request_id: int, *, expected_version: int | None = None) -> None:
        """Say that an accepted change is made.

        Raises
        ------
        NotFound
            If there is no such request.
        ParameterProblem
            If it was not accepted.
        Conflict
            If somebody else changed it first.
        NotAllowed
            If the role may not answer.
        """
        self._store.finish(request_id, expected_version=expected_version)


def _plain(value: Any) -> Any:
    """Return a table's cell as JSON holds it."""
    if value != value:
        return None
    return value.item() if hasattr(value, "item") else value
