"""Front-line feedback of one cycle: given in two taps, told as a digest, answered by changes."""

from __future__ import annotations

import datetime as dt
from functools import cached_property
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.errors import NotFound, ParameterProblem
from workbench.project.change_requests import ChangeRequests
from workbench.project.desk_lease import Lease, lease_number
from workbench.project.feedback_digest import DigestFiles
from workbench.tables import mask_text

if TYPE_CHECKING:
    from workbench.project.feedback_codes import FeedbackCodes
    from workbench.project.handle import Project

NOTE_COLUMNS = (
    "note_id",
    "given_at",
    "group",
    "code",
    "strategy_id",
    "segment",
    "script_version",
    "step",
    "list_id",
    "contact_id",
    "text",
    "who",
    "mine",
    "simulated",
)
SIMULATED = "sample "
"""How keys begin of what the sample bank's front line says, which nobody has said."""
RISING_COLUMNS = ("strategy_id", "code", "n_new", "n_before", "limit", "trend", "sentence")


class FrontLineFeedback(ChangeRequests, DigestFiles):
    """What the front line says of the cycle's strategies, at ``project.execution.feedback``.

    Customers' own feedback (surveys, complaints) is another table, ``feedback``, of the portrait.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store.feedback

    @cached_property
    def codes(self) -> FeedbackCodes:
        """The codes, packaged or the project's own."""
        from workbench.project.feedback_codes import FeedbackCodes

        return FeedbackCodes(self._project)

    def groups(self, lang: str = "en") -> list[dict[str, Any]]:
        """Return what a form offers in two taps: group, label, codes (each code, label)."""
        return self.codes.groups(lang)

    def labels(self, lang: str = "en") -> dict[str, str]:
        """Return what a person reads for each code, retired ones included."""
        return self.codes.labels(lang)

    # Giving ------------------------------------------------------------------------

    def give(
        self,
        code: str,
        text: str = "",
        *,
        strategy_id: str,
        key: str,
        segment: str = "",
        script_version: int | None = None,
        step: str = "",
        list_id: str | None = None,
        lease: Lease | int | None = None,
        contact_id: str | None = None,
        given_at: dt.datetime | None = None,
    ) -> int:
        """Say something of a strategy under a code, and return the note's number.

        Parameters
        ----------
        code : str
            One of the codes offered; see `groups`.
        text : str, default=""
            In own words, up to 1,000 characters. Numbers of customers in it are masked wherever
            it is shown.
        strategy_id : str
            The strategy.
        key : str
            Made up by the page for this press: sent again, it is given once.
        segment : str, default=""
            The segment it is about; that of the lease's or the contact's customer, if there is one.
        script_version : int, optional
            The script's version that was used.
        step : str, default=""
            The step of the script at which it was said.
        list_id : str, optional
            The list that was worked; the lease's or the contact's, if there is one.
        lease : Lease or int, optional
            The customer at hand, before or after the record.
        contact_id : str, optional
            The contact that it came out of.
        given_at : datetime.datetime, optional
            When it was said, UTC; by default now.

        Raises
        ------
        ParameterProblem
            If the code is unknown or retired, there is no key or something else was given
            under it, the text is too long, the moment lies ahead, or the lease, list or
            contact is another strategy's.
        NotFound
            If there is no such strategy, list, lease or contact.
        NotAllowed
            If the role may not give feedback.
        """
        from workbench.execution import check_feedback_code

        self._store.require("contributor")
        check_feedback_code(code, self.codes.all())
        if given_at is not None and given_at.date() > self._project.execution.day():
            raise ParameterProblem("execution_feedback.error.ahead", at=f"{given_at:%Y-%m-%d %H:%M}")
        lease_id = None if lease is None else lease_number(lease)
        if lease_id is not None or contact_id is not None:
            list_id, home = self._source(lease, contact_id)
            segment = segment or home
        note = {
            "code": code,
            "text": text,
            "strategy_id": strategy_id,
            "segment": segment,
            "script_version": script_version,
            "step": step,
            "list_id": list_id,
            "lease_id": lease_id,
            "contact_id": contact_id,
        }
        return self._store.give(self._project.need_cycle().cycle_id, key, note, given_at)

    def _source(self, lease: Lease | int | None, contact_id: str | None) -> tuple[str | None, str]:
        """Return the list that was worked, and the segment of the customer at hand."""
        if isinstance(lease, Lease):
            return lease.list_id, lease.segment
        if lease is not None:
            row = self._project.store.leases.find(int(lease))
        else:
            contacts = self._project.execution.contacts().set_index("contact_id")
            if contact_id not in contacts.index:
                raise NotFound("execution_feedback.error.no_source", source=contact_id)
            row = {str(name): cell for name, cell in contacts.loc[contact_id].items()}
        targets = self._project.strategy.targets(row["list_id"])
        homes = targets.loc[targets["customer_id"].eq(row["customer_id"]), "segment"]
        return str(row["list_id"]), "" if homes.empty else str(homes.iloc[0])

    def take_back(self, note_id: int) -> None:
        """Take back what was given by mistake: it is counted no more.

        Raises
        ------
        NotFound
            If there is no such note.
        NotAllowed
            If it is another person's, and the role is not an analyst's.
        """
        self._store.take_back(note_id)

    # Reading -----------------------------------------------------------------------

    def notes(self, strategy_id: str | None = None, *, mine: bool = False) -> pd.DataFrame:
        """Return the cycle's notes, oldest first.

        Parameters
        ----------
        strategy_id : str, optional
            Only of this strategy.
        mine : bool, default=False
            Only those that whoever uses the workbench gave.

        Returns
        -------
        pandas.DataFrame
            note_id, given_at (UTC), group, code, strategy_id, segment, script_version, step,
            list_id, contact_id, text (numbers of customers masked), who, mine, simulated (of the
            sample bank, said by nobody). A viewer is
            given no text, name or contact.
        """
        known, who = self.codes.all(), self._project.store.database.who
        rows = self._store.rows(self._project.cycle.cycle_id or "", strategy_id)
        kept = [row for row in rows if not mine or row["who"] == who]
        texts = self._masked([row["text"] for row in kept])
        frame = pd.DataFrame(
            [
                {
                    **row,
                    "group": known[row["code"]].group,
                    "mine": row["who"] == who,
                    "simulated": row["note_key"].startswith(SIMULATED),
                    "text": text,
                }
                for row, text in zip(kept, texts, strict=True)
            ],
            columns=list(NOTE_COLUMNS),
        )
        text_columns = ("group", "code", "strategy_id", "segment", "step", "text", "who")
        kinds: dict[str, str] = dict.fromkeys(text_columns, "str")
        return frame.astype(
            kinds
            | {"given_at": "datetime64[us]", "script_version": "Int64", "mine": "bool", "simulated": "bool"}
        )

    def _masked(self, texts: list[str]) -> list[str]:
        """Return texts with whatever may be a customer's number masked."""
        if not any(texts):
            return texts
        words = {word for text in texts for word in _words(text)}
        customers: set[str] = set()
        if words:
            known = self._customers
            customers = set(known[known.isin(words)])
        return [mask_text(text, customers) for text in texts]

    @cached_property
    def _customers(self) -> pd.Series:
        project = self._project
        if project.insight.artefact() is not None:
            return project.insight.segmentation().membership["customer_id"]
        return project.strategy.targets()["customer_id"]

    # Telling -----------------------------------------------------------------------

    def day(self, today: dt.date | str | None = None) -> dt.date:
        """Return the day to look from: a given one, or the newest contact's.

        A campaign that is over is looked at from its end: today nothing of it would be new. Where
        no contacts are recorded it is the day on which something was said last.

        Parameters
        ----------
        today : datetime.date or str, optional
            Another day, taken as it is.
        """
        from workbench.project.cycles import as_day

        day = as_day(today)
        if day is not None:
            return day
        done = self._project.execution.contacts()["contacted_at"].max()
        moment = self.notes()["given_at"].max() if pd.isna(done) else done
        return self._project.execution.day() if pd.isna(moment) else moment.date()

    def _said(self, notes: pd.DataFrame, today: dt.date | str | None) -> pd.DataFrame:
        """Return the notes as of a day; by default what was said after the last contact counts to it."""
        if today is not None:
            return notes
        end = pd.Timestamp(self.day()) + pd.Timedelta(days=1) - pd.Timedelta(microseconds=1)
        return notes.assign(given_at=notes["given_at"].mask(notes["given_at"].gt(end), end))

    def digest(
        self, strategy_id: str | None = None, *, today: dt.date | str | None = None, days: int = 7
    ) -> pd.DataFrame:
        """Return what was said most of a strategy, or of all, and what of it is new or rising.

        Parameters
        ----------
        strategy_id : str, optional
            The strategy; by default all of the cycle.
        today : datetime.date or str, optional
            The day to look from, what was said later left out; by default see `day`, and what was
            said after the last contact counts to its day.
        days : int, default=7
            Newest days that are held against those before.

        Returns
        -------
        pandas.DataFrame
            As `workbench.digest_feedback` returns it.
        """
        from workbench.execution import digest_feedback

        notes = self._said(self.notes(strategy_id), today)
        contacts = self._project.execution.contacts()
        if strategy_id is not None:
            contacts = contacts[contacts["strategy_id"].eq(strategy_id)]
        return digest_feedback(notes, contacts, today=self.day(today), days=days)

    def rising(self, *, today: dt.date | str | None = None, days: int = 7, lang: str = "en") -> pd.DataFrame:
        """Return what is new or rising of each strategy, for their owners.

        Parameters
        ----------
        today, days
            As in `digest`; the day is the same for all strategies.
        lang : str, default="en"
            Language of the sentences.

        Returns
        -------
        pandas.DataFrame
            strategy_id, code, n_new, n_before, limit, trend, sentence; those with the most
            beyond their limit first.
        """
        from workbench.execution import digest_feedback, state_feedback
        from workbench.execution.feedback import RISEN

        notes = self._said(self.notes(), today)
        contacts = self._project.execution.contacts()
        day, labels, rows = self.day(today), self.labels(lang), []
        for strategy_id, mine in notes.groupby("strategy_id", sort=True):
            met = contacts[contacts["strategy_id"].eq(strategy_id)]
            digest = digest_feedback(mine, met, today=day, days=days)
            risen = digest[digest["trend"].isin(RISEN)].to_dict("records")
            for row in risen:
                told = {str(name): value for name, value in row.items()}
                sentence = state_feedback(told, labels[row["code"]], lang, days)
                rows.append({"strategy_id": strategy_id, **row, "sentence": sentence})
        rows.sort(key=lambda row: row["limit"] - row["n_new"])
        return pd.DataFrame(rows, columns=list(RISING_COLUMNS))

    def voices(self, strategy_id: str | None = None, per_code: int = 2) -> pd.DataFrame:
        """Return the texts that stand best for each code; see `workbench.pick_voices`.

        Raises
        ------
        NotAllowed
            If the role may not read what people wrote.
        """
        from workbench.execution import pick_voices

        self._store.require("contributor")
        return pick_voices(self.notes(strategy_id), per_code)


def _words(text: str) -> list[str]:
    """Return the words of a text that may be a customer's number: those with a digit."""
    plain = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter == "_") else " " for letter in text
    )
    return [word for word in plain.split() if any(letter.isdigit() for letter in word)]
