"""Fill a project from the sample bank, whose customers can be asked."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from workbench.project.cycles import quarter_end

if TYPE_CHECKING:
    from workbench.project.handle import Project

Progress = Callable[[float, str], None]

SAMPLE_K = 6
"""Segments of the demo: as many kinds of retail customer as the sample bank has."""
SAMPLE_CONTROL = 0.25
"""Share held back: a small bank's lists need a large control to show anything."""
SAMPLE_DAYS = 40
"""Days of a list: the newest one is over soon after the data end."""
APPROVER = "sample bank (simulated)"
"""Who approves the demo's lists, as the audit log names it."""
APPROVER_NOTE = "Recorded by the unattended walk of the sample bank; nobody has looked."
PHONE_COST, PHONE_MINUTES = 9.0, 6.0
# Share of the whole that is done after the import and after the first cycle, as measured.
_IMPORTED, _FIRST = 0.3, 0.75
# What becomes of a treated customer who is not reached; the rest was never tried.
_UNREACHED = (("no_answer", 0.62), ("wrong_number", 0.08))
_REFUSED = 0.22


def walk_sample(
    project: Project,
    bank_folder: str | os.PathLike[str],
    *,
    progress: Progress | None = None,
    **options: Any,
) -> Project:
    """Fill a new project: one cycle to its end, the next one up to open decisions.

    The first cycle looks from the quarter's end before the last one in the data; its
    recommendations are accepted, which opens the second.

    Parameters
    ----------
    project : Project
        New, without a cycle.
    bank_folder : path
        What `create_sample_bank` wrote.
    progress : callable, optional
        Called with the share done and the key of the phase's name.
    **options : Any
        Passed to `walk`.

    Returns
    -------
    Project
        A handle on the second cycle.
    """
    from workbench.project.walk import walk

    tell = progress or _silent
    options["k"] = options.get("k") or SAMPLE_K
    options["days"] = options.get("days") or SAMPLE_DAYS
    if options.get("control_share") is None:
        options["control_share"] = SAMPLE_CONTROL
    project.imports.import_files(
        bank_folder, None, lambda share, phase: tell(_IMPORTED * share, phase), None, opens=False
    )
    last_day = project.imports.last_day()
    project.open_cycle(snapshot_date=_quarter_before(last_day) if last_day else None)

    def between(begin: float, end: float) -> Progress:
        return lambda share, phase: tell(begin + share * (end - begin), phase)

    first = walk(project, bank_folder, accept=True, **options, progress=between(_IMPORTED, _FIRST))
    first.close_cycle()
    following = first.at(first.cycles()[-1].cycle_id)
    _try_again(first, following)
    return walk(following, bank_folder, **options, progress=between(_FIRST, 1.0))


def _try_again(first: Project, following: Project) -> None:
    """Offer by telephone what the review stopped in the app: a bank's common second thought."""
    from workbench.strategy import by_telephone

    carried = following.strategy.cards()
    numbers = [int(i[1:]) for i in first.strategy.cards()["strategy_id"] if i[1:].isdigit()]
    stopped = first.strategy.cards()
    stopped = stopped[~stopped["strategy_id"].isin(carried["strategy_id"]) & stopped["channel"].eq("app")]
    for number, card in enumerate(stopped.to_dict("records"), max(numbers, default=0) + 1):
        begins = carried["starts_on"].min()
        again = {str(name): value for name, value in card.items()} | {
            "strategy_id": f"S{number}",
            "name": by_telephone(str(card["name"]), "en"),
            "channel": "phone",
            "cost_per_contact": PHONE_COST,
            "minutes_per_contact": PHONE_MINUTES,
            "starts_on": begins,
            "ends_on": begins + (card["ends_on"] - card["starts_on"]),
        }
        following.strategy.save_card(again)


def _quarter_before(day: dt.date) -> dt.date:
    """Return the last quarter's end that lies at least a quarter before a day.

    Examples
    --------
    >>> _quarter_before(dt.date(2026, 9, 30)), _quarter_before(dt.date(2026, 2, 28))
    (datetime.date(2026, 6, 30), datetime.date(2025, 9, 30))
    """
    quarter = (day.month - 1) // 3 + 1
    ended = quarter if day == quarter_end(day.year, quarter) else quarter - 1
    index = day.year * 4 + ended - 2
    return quarter_end(index // 4, index % 4 + 1)


def approve_lists(project: Project) -> None:
    """Let the sample bank's second person approve the lists that wait, and launch them.

    Nobody looks: the approval stands under `APPROVER`, whose name and note say so.
    """
    from workbench.store import open_store

    requests = project.strategy.launch_requests()
    database = project.store.database
    for row in requests[requests["status"].eq("requested")].to_dict("records"):
        second = open_store(
            project.folder,
            url=project.settings.database,
            role="contributor",
            who=APPROVER,
            clock=database.clock,
        )
        second.approvals.approve(row["request_id"], APPROVER_NOTE)
        project.strategy.launch_approved(row["request_id"])


def answer(project: Project, bank_folder: str | os.PathLike[str], random_state: int) -> None:
    """Let the sample bank's customers answer, and bring their answers in as a file.

    Parameters
    ----------
    project : Project
        With launched lists.
    bank_folder : path
        What `create_sample_bank` wrote.
    random_state : int
        Seed.
    """
    from workbench.sample_bank import simulate_outcomes

    cards = project.strategy.launched_cards().set_index("strategy_id")
    targets = project.strategy.targets()
    offers = {str(i): (str(card["offer"]), str(card["channel"])) for i, card in cards.iterrows()}
    answers = simulate_outcomes(os.fspath(bank_folder), targets, offers, random_state)
    rng = np.random.default_rng([random_state, 17])
    starts = answers["strategy_id"].map(cards["starts_on"])
    lengths = (answers["strategy_id"].map(cards["ends_on"]) - starts).dt.days.to_numpy()
    # A try that reaches nobody happens on any day of the strategy, in office hours.
    tried = rng.integers(0, np.maximum(lengths, 1)) + rng.uniform(9, 18, len(answers)) / 24
    dispositions = _dispositions(answers, rng)
    offset = answers["contacted_at"].where(answers["contacted"], pd.Series(tried, index=answers.index))
    # The sample bank's customers take up to 60 days; who would be later comes on another day.
    offset = offset % np.maximum(lengths, 1)
    moments = (starts + pd.to_timedelta(offset, unit="D")).dt.floor("s")
    was_tried = dispositions.ne("")
    last = (starts + pd.to_timedelta(lengths, unit="D")).dt.floor("s")
    written = "%Y-%m-%d %H:%M:%S"
    rows = pd.DataFrame(
        {
            "list_id": targets["list_id"].to_numpy(),
            "strategy_id": answers["strategy_id"],
            "customer_id": answers["customer_id"],
            "contacted": was_tried.map({True: "yes", False: "no"}),
            "contacted_at": moments.dt.strftime(written).where(was_tried, ""),
            "disposition": dispositions,
            # Who responds without a contact does so on any day, not on the last.
            "recorded_at": moments.where(was_tried | answers["responded"], last).dt.strftime(written),
            "responded": answers["responded"].map({True: "yes", False: "no"}),
            "amount": answers["amount"].where(answers["responded"]),
        }
    )
    folder = project.inbox / "outcomes"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"outcomes {project.cycle.cycle_id}.csv"
    rows.to_csv(path, index=False, encoding="utf-8-sig", lineterminator="\r\n")
    project.execution.import_outcomes(path, today=last.max().date() + dt.timedelta(days=1))


def _dispositions(answers: pd.DataFrame, rng: np.random.Generator) -> pd.Series:
    """Say how each try ended: of those who were reached, and of the treated who were not."""
    draw = rng.random(len(answers))
    reached = answers["contacted"].to_numpy(dtype=bool)
    refused = reached & ~answers["responded"].to_numpy(dtype=bool) & (draw < _REFUSED)
    words = np.where(refused, "refused", np.where(reached, "reached", ""))
    missed = ~reached & answers["arm"].eq("treatment").to_numpy()
    below = 0.0
    for word, share in _UNREACHED:
        words = np.where(missed & (draw >= below) & (draw < below + share), word, words)
        below += share
    return pd.Series(words, index=answers.index, dtype="str")


def _silent(_share: float, _phase: str) -> None:
    """Nobody listens."""
