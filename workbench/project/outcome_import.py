"""A file of outcomes into the project: read part by part, checked, and let in all at once."""

from __future__ import annotations

import datetime as dt
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd

from workbench.errors import NotFound
from workbench.project.late_rows import late_rows
from workbench.store.staging import CONTACT, OUTCOME

if TYPE_CHECKING:
    from workbench.customers import Section
    from workbench.execution import OutcomeCheck, OutcomeParts
    from workbench.project.handle import Project

Progress = Callable[[float, str], None]
_READ, _CHECKED, _STAGED = 0.62, 0.72, 0.88
"""Share of the whole that is done after each step, as measured on a million rows."""
_STEP = 20_000
"""Rows that wait together, and between two looks at whether it was cancelled."""


@dataclass(frozen=True)
class OutcomeReport:
    """What an outcomes file brought. ``rows_read`` is ``loaded + repeated + len(quarantined)``, always.

    Parameters
    ----------
    file : str
        The file's name.
    rows_read : int
        Rows in the file.
    loaded : int
        Rows that brought something new: an outcome, a contact or both.
    repeated : int
        Rows that were there already, or stand in the file twice.
    outcomes, contacts : int
        New outcomes and new contacts.
    quarantined : pandas.DataFrame
        `workbench.tables.QUARANTINE`: rows that could not be loaded.
    flagged : pandas.DataFrame
        Loaded rows that need a look: customers of the control who were contacted.
    late : int
        Contacts and outcomes that were kept aside, because the cycle was frozen before they
        came; their rows are among the quarantined, with the cause ``late``.
    """

    file: str
    rows_read: int
    loaded: int
    repeated: int
    outcomes: int
    contacts: int
    quarantined: pd.DataFrame
    flagged: pd.DataFrame
    late: int = 0


class Part(NamedTuple):
    """Some rows of a file: for the check, their lines, as the file has them, and the unreadable ones."""

    share: float
    frame: pd.DataFrame
    lines: np.ndarray
    own: pd.DataFrame
    quarantined: pd.DataFrame


class OutcomeFile:
    """A file, or a frame, whose rows can be gone through more than once.

    Parameters
    ----------
    source : path or pandas.DataFrame
        A CSV (UTF-8, GB18030), Excel, JSON lines or Parquet file, or a frame.
    section : Section, optional
        How another system writes it; by default under the workbench's own names.
    name : str, optional
        What reports call it; by default the file's name.
    lang : str, default="en"
        Language of the quarantine's reasons.
    """

    def __init__(
        self,
        source: str | os.PathLike[str] | pd.DataFrame,
        section: Section | None = None,
        name: str | None = None,
        lang: str = "en",
    ) -> None:
        self._source, self._section, self._lang = source, section, lang
        if isinstance(source, pd.DataFrame):
            text = source.to_csv(index=False).encode()
            self.name, self.sha256, self.size = (
                name or "outcomes",
                hashlib.sha256(text).hexdigest(),
                len(text),
            )
        else:
            path = Path(source)
            self.name = name or path.name
            self.sha256, self.size = "", path.stat().st_size if path.is_file() else 0

    def parts(self) -> Iterator[Part]:
        """Yield the rows part by part."""
        if isinstance(self._source, pd.DataFrame):
            frame = self._source.reset_index(drop=True)
            yield Part(1.0, frame, _lines_of(frame), frame, pd.DataFrame())
            return
        from workbench.customers import Section
        from workbench.customers.files import read_parts
        from workbench.customers.translation import read_translated

        section = self._section or Section(self.name, "outcomes", own=True)
        for share, rows in read_parts(Path(self._source), section, name=self.name):
            self.sha256 = rows.sha256
            yield Part(share, *read_translated(rows, self._lang))


def _lines_of(frame: pd.DataFrame) -> np.ndarray:
    counted = pd.Series(range(2, len(frame) + 2), index=frame.index, dtype="float64")
    said = pd.to_numeric(frame["line"], errors="coerce") if "line" in frame else counted
    return said.fillna(counted).to_numpy(dtype="int64")


def import_outcomes(
    project: Project,
    file: OutcomeFile,
    *,
    today: dt.date | str | None = None,
    since: dt.date | str | None = None,
    lang: str = "en",
    progress: Progress | None = None,
    **facts: Any,
) -> OutcomeReport:
    """Bring in outcomes; see `Execution.import_outcomes`.

    Nothing of the project is touched, and nobody waits, until every row was read and
    checked and waits in tables of this connection alone. Then all is let in by one write.
    Whatever ends it before leaves no trace.
    """
    project.store.results.require("contributor")
    project.need_cycle()
    tell = progress or _silent
    tell(0.0, "execution_exchange.phase.reading")
    store, cycle_id = project.store, project.cycle.cycle_id
    parts = outcome_parts(project, file.name, today=today, since=since, lang=lang)
    list_ids = [row["list_id"] for row in store.lists.rows(cycle_id)]
    for part in file.parts():
        if len(part.quarantined):
            parts.set_aside(part.quarantined)
        # Of a file without a row its columns are looked at all the same.
        if len(part.frame) or (part.share >= 1.0 and not parts.n_read):
            parts.add(part.frame, part.lines, part.own)
        tell(_READ * part.share, "execution_exchange.phase.reading")
    tell(_READ, "execution_exchange.phase.checking")
    check = parts.settle(
        store.exchanges.known_keys(list_ids),
        known_results=store.exchanges.known_results(list_ids),
        reread=lambda: ((part.own, part.lines) for part in file.parts()),
    )
    tell(_CHECKED, "execution_exchange.phase.staging")
    about: dict[str, Any] = {
        "file": file.name,
        "rows_read": check.n_read,
        "repeated": check.repeated,
        "flagged": check.flagged,
    }
    if project.cycle.state in ("frozen", "closed"):
        store.trail.add_raw_file(file.sha256, file.name, file.size)
        kept = store.late.keep(_records(check.contacts), _records(check.loaded), source=f"raw:{file.sha256}")
        aside = late_rows(((part.own, part.lines) for part in file.parts()), check, file.name, cycle_id, lang)
        about["flagged"] = check.flagged.iloc[:0]
        return OutcomeReport(loaded=0, outcomes=0, contacts=0, quarantined=aside, late=kept, **about)
    contacts, outcomes = _let_in(project, file, check, tell, facts)
    # Rows that somebody else brought in while these were read are repeated ones.
    overtaken = max(len(check.contacts) - contacts, len(check.loaded) - outcomes)
    about["repeated"] += overtaken
    tell(1.0, "execution_exchange.phase.done")
    return OutcomeReport(
        loaded=check.n_loaded - overtaken,
        outcomes=outcomes,
        contacts=contacts,
        quarantined=check.quarantined,
        **about,
    )


def outcome_parts(
    project: Project,
    file: str,
    *,
    today: dt.date | str | None = None,
    since: dt.date | str | None = None,
    lang: str = "en",
) -> OutcomeParts:
    """Return what checks a file's rows against the lists of the project's cycle.

    Raises
    ------
    NotFound
        If no list was launched.
    """
    from workbench.execution import OutcomeParts
    from workbench.project.cycles import as_day

    cycle_id = project.need_cycle().cycle_id
    lists = project.store.lists.rows(cycle_id)
    if not lists:
        raise NotFound("project.error.no_lists", cycle=cycle_id)
    begun = as_day(since)
    return OutcomeParts(
        project.strategy.targets(),
        today=project.execution.day(today),
        strategies=project.strategy.launched_cards(),
        known_customers=_known_customers(project),
        listed_on={row["list_id"]: begun or _first_day(row) for row in lists},
        dispositions=project.execution.dispositions.codes(),
        file=file,
        lang=lang,
    )


def _let_in(
    project: Project, file: OutcomeFile, check: OutcomeCheck, tell: Progress, facts: dict[str, Any]
) -> tuple[int, int]:
    store = project.store
    total = max(len(check.contacts) + len(check.loaded), 1)
    done = 0
    with store.exchanges.staging() as staged:
        for kind, frame, names in (("contact", check.contacts, CONTACT), ("outcome", check.loaded, OUTCOME)):
            # In the order of their keys: each is then written behind the one before.
            ordered = frame.sort_values(f"{kind}_id", ignore_index=True)
            for begin in range(0, len(ordered), _STEP):
                some = ordered.iloc[begin : begin + _STEP]
                staged.put(kind, zip(*(_cells(some[name]) for name in names), strict=True))
                done += len(some)
                tell(
                    _CHECKED + (_STAGED - _CHECKED) * done / total,
                    "execution_exchange.phase.staging",
                )
            del ordered
        return store.exchanges.let_in(
            staged,
            source=f"raw:{file.sha256}",
            raw=(file.sha256, file.name, file.size),
            tell=lambda share: tell(_STAGED + (1 - _STAGED) * share, "execution_exchange.phase.writing"),
            file=file.name,
            sha256=file.sha256,
            rows_read=check.n_read,
            loaded=check.n_loaded,
            repeated=check.repeated,
            quarantined=len(check.quarantined),
            **facts,
        )


def _cells(column: pd.Series) -> list[Any]:
    """Return a column's cells as they wait: moments as text, None for what is missing."""
    if pd.api.types.is_datetime64_any_dtype(column.dtype):
        texts = np.datetime_as_string(column.to_numpy(dtype="datetime64[us]"), unit="us")
        return [text.replace("T", " ") for text in texts.tolist()]
    return column.astype("object").where(column.notna(), None).tolist()


def _known_customers(project: Project) -> pd.Series | None:
    try:
        return project.imports.table("customers", ["customer_id"])["customer_id"]
    except NotFound:
        return None


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [{str(name): cell for name, cell in row.items()} for row in frame.to_dict("records")]


def _first_day(row: Mapping[str, Any]) -> dt.date:
    """Return the first day on which a list may have been worked."""
    launched: dt.date = row["launched_at"].date()
    starts_on = row["card"].get("starts_on")
    return min(launched, dt.date.fromisoformat(starts_on)) if starts_on else launched


def _silent(_share: float, _phase: str) -> None:
    """Nobody listens."""
