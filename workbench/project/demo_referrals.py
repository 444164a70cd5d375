"""Referrals of the sample bank: played by nobody, and written down as simulated."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np

from workbench.errors import NotFound

if TYPE_CHECKING:
    import pandas as pd

    from workbench.project.handle import Project

COLLEAGUE = "Colleague {number} (simulated)"
PRIVATE, CORPORATE, MANAGERS = "Private banking", "Corporate banking", "Relationship managers"
_UNITS = (MANAGERS, PRIVATE, CORPORATE)
BRANCHES = 4
"""As many branches refer customers as have enough of them to be told of."""
DAYS, FRESH = 60, 2.5
# Kind → referrals at most, and of those sent the share accepted, then worked, then won.
_TOLD = {
    "branch_to_manager": (76, 0.86, 0.92, 0.40),
    "manager_to_private": (64, 0.80, 0.90, 0.50),
    "retail_to_corporate": (58, 0.76, 0.88, 0.52),
    "corporate_to_retail": (52, 0.86, 0.90, 0.62),
}
_TYPICAL = {"branch_to_manager": 60e3, "manager_to_private": 700e3, "retail_to_corporate": 350e3}
_REFUSED = ("not_suitable", "served_already", "no_capacity")
_LOST = ("not_reached", "other_bank", "price", "customer_declined")
_SEED = 20


def play_referrals(project: Project) -> int:
    """Refer customers of the sample bank between its units over the last sixty days.

    Who sends and accepts is named as simulated. Some referrals wait, some lie too long, and
    some came back because nobody accepted them in time.

    Parameters
    ----------
    project : Project
        Of the sample bank, at a cycle.

    Returns
    -------
    int
        How many; 0 where the project has referrals already, or nothing was imported.
    """
    from workbench.project.contactable import read_people, refusals_of

    store = project.store.referrals
    if not store.flow().empty or not project.cycle.cycle_id:
        return 0
    try:
        people = read_people(project)
    except NotFound:
        return 0
    if "branch" not in people:
        return 0
    free = [why == "" for why in refusals_of(people, people["customer_id"].astype("str").tolist())]
    now = project.store.database.clock().replace(microsecond=0)
    told = _told(people[free], now, project.execution.referrals.rules.current().kinds)
    return store.bring_in(project.cycle.cycle_id, told)


def _told(people: pd.DataFrame, now: dt.datetime, kinds: Any) -> list[dict[str, Any]]:
    rng = np.random.default_rng(_SEED)
    retail, firms = (people[people["kind"].eq(kind)] for kind in ("retail", "corporate"))
    # Ties go by name, so that the order of the file does not matter.
    sizes = retail["branch"].value_counts().rename_axis("branch").reset_index()
    home = sizes.sort_values(["count", "branch"], ascending=[False, True])["branch"].head(BRANCHES)
    local = retail[retail["branch"].isin(home)]
    told = []
    for kind, (most, *shares) in _TOLD.items():
        if kind not in kinds or kinds[kind].retired:
            continue
        pool = (firms if kind == "corporate_to_retail" else local).sort_values("customer_id")
        picked = pool.iloc[rng.permutation(len(pool))[:most]]
        for number, row in enumerate(picked[["customer_id", "branch"]].astype("str").to_dict("records")):
            unit = row["branch"]
            if kind == "corporate_to_retail":
                unit = str(home.iloc[number % len(home)])
            about = _units(kind, unit)
            about |= {"kind": kind, "customer_id": row["customer_id"], "note": ""}
            told.append(_one(about, kinds[kind], shares, now, rng))
    return sorted(told, key=lambda one: (one["sent_at"], one["customer_id"], one["kind"]))


def _units(kind: str, branch: str) -> dict[str, Any]:
    ends = {
        "branch_to_manager": (branch, MANAGERS),
        "manager_to_private": (branch, PRIVATE),
        "retail_to_corporate": (branch, CORPORATE),
        "corporate_to_retail": (CORPORATE, branch),
    }
    return dict(zip(("from_unit", "to_unit"), ends[kind], strict=True))


def _one(
    about: dict[str, Any], kind: Any, shares: list[float], now: dt.datetime, rng: np.random.Generator
) -> dict[str, Any]:
    """Return a referral with what was done of it until now."""
    accepted, worked, won = shares
    # Some are of the last days, so that somebody has something to accept.
    days = rng.uniform(0.1, FRESH if rng.random() < 0.1 else DAYS)
    sent_at = _moment(now - dt.timedelta(days=float(days)), rng, now)
    person, other = (int(n) for n in rng.integers(1, 4, 2))
    by, sender = _colleague(about["to_unit"], other), _colleague(about["from_unit"], person)
    given = about | {"sent_by": sender, "sent_at": sent_at, "acts": []}
    draws = rng.random(6)
    taken = sent_at + dt.timedelta(days=float(0.15 + 0.7 * kind.accept_days * draws[0]))
    begun = taken + dt.timedelta(days=float(0.4 + 0.8 * kind.work_days * draws[1]))
    ended = begun + dt.timedelta(days=float(2 + 18 * draws[2]))
    amount = round(float(_TYPICAL.get(about["kind"], 90e3) * np.exp(0.7 * rng.standard_normal())), -2)
    acts: list[dict[str, Any]]
    if draws[3] >= accepted:
        # Half of what is not accepted is refused; nobody looks at the other half.
        reason = _REFUSED[int(draws[4] * len(_REFUSED))]
        acts = [{"act": "refuse", "at": taken, "reason": reason}] if draws[5] < 0.5 else []
    else:
        acts = [{"act": "accept", "at": taken}]
        if draws[4] < worked:
            acts.append({"act": "begin", "at": begun})
            reason = _LOST[int(draws[5] / (1 - won) * len(_LOST)) % len(_LOST)]
            end = (
                {"act": "win", "amount": int(amount) * 100}
                if draws[5] >= 1 - won
                else {"act": "lose", "reason": reason}
            )
            acts.append({"at": ended, **end})
    given["acts"] = [{"by": by, **act} for act in acts if act["at"] <= now]
    return given


def _colleague(unit: str, number: int) -> str:
    """Return a name that no two units share."""
    place = str(_UNITS.index(unit) + 1) if unit in _UNITS else "".join(filter(str.isdigit, unit)) or unit
    return COLLEAGUE.format(number=f"{place}-{number}")


def _moment(at: dt.datetime, rng: np.random.Generator, now: dt.datetime) -> dt.datetime:
    """Return a moment of the same day in office hours, and not later than now."""
    hours = dt.datetime.combine(at.date(), dt.time()) + dt.timedelta(hours=float(rng.uniform(1, 9)))
    return min(hours.replace(microsecond=0), now)
