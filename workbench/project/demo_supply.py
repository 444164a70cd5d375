"""Quotas, bookings, materials and rates of the sample bank: made up, and written down as simulated."""

from __future__ import annotations

import datetime as dt
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from workbench.project.handle import Project

SUPPLIER = "sample bank (simulated)"
"""Who opens the demo's quotas and books on them, as the ledger names it."""
NOTE = "Simulated with the sample bank; nobody has booked."
USED = 0.75
"""Share of a demo's quota that its bookings use."""


LIMITED = ("winback_gift", "fund_plan", "time_deposit")
"""Offers of which a bank has so many and no more; one of them is counted in pieces, if it is on a list."""


class _Moving:
    """A clock that stands at the moment of what is being played."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now


def play_supply(project: Project) -> bool:
    """Give the sample bank's offers quotas, bookings that fit its yeses, materials and rates.

    The limited offer with the most yeses is counted in pieces, and the branch with the most
    of them has a quota of its own, which is used up; the offer with the most money is counted in
    CNY. Each booking stands at the moment of a contact that ended in a yes; contacts and
    outcomes stay as they are.

    Parameters
    ----------
    project : Project
        Of the sample bank, at a cycle whose lists were answered.

    Returns
    -------
    bool
        Whether anything was played: not where the project has quotas or materials already.
    """
    from workbench.project.opening import open_project

    if len(project.execution.quota.frame()) or len(project.execution.materials.frame()):
        return False
    cards = project.strategy.launched_cards()
    yeses = _yeses(project, cards)
    if cards.empty or yeses.empty:
        return False
    begins = min(cards["starts_on"]).to_pydatetime()
    clock = _Moving(begins)
    cycle = project.cycle.cycle_id
    leading = open_project(project.folder, role="analyst", cycle=cycle, who=SUPPLIER, clock=clock)
    _add_materials(leading, sorted(set(cards["offer"])), begins.date())
    _sell(leading, yeses, clock, begins.date())
    return True


def _yeses(project: Project, cards: pd.DataFrame) -> pd.DataFrame:
    """Return the treated customers who said yes after a contact: offer, branch, amount, when."""
    execution = project.execution
    targets = project.strategy.targets()
    keys = ["list_id", "strategy_id", "customer_id"]
    treated = targets.loc[targets["arm"].eq("treatment").to_numpy(), keys]
    said = execution.outcomes()
    said = said.loc[said["responded"].to_numpy(dtype=bool), [*keys, "amount"]].drop_duplicates(keys)
    first = execution.contacts().groupby(keys, as_index=False)["contacted_at"].min()
    homes = project.table("customers", ["customer_id", "branch"]).drop_duplicates("customer_id")
    yes = said.merge(treated, on=keys).merge(first, on=keys).merge(cards[["strategy_id", "offer"]])
    yes = yes.merge(homes, on="customer_id", how="left")
    return yes.sort_values(["contacted_at", *keys], ignore_index=True)


def _sell(project: Project, yeses: pd.DataFrame, clock: _Moving, begins: dt.date) -> None:
    quota = project.execution.quota
    counts = yeses["offer"].value_counts(sort=False).sort_index()
    limited = counts[counts.index.isin(LIMITED)]
    pieces = str((limited if len(limited) else counts).idxmax())
    others = yeses[yeses["offer"].ne(pieces) & yeses["amount"].gt(0)]
    money = str(others.groupby("offer")["amount"].sum().idxmax()) if len(others) else ""
    mine = yeses[yeses["offer"].eq(pieces)]
    homes = mine["branch"].dropna().value_counts(sort=False).sort_index()
    own = str(homes.idxmax()) if len(homes) else ""
    in_own = mine["branch"].eq(own)
    if own:
        quota.define(pieces, int(in_own.sum()), valid_from=begins, branch=own, note=NOTE)
    quota.define(pieces, _room(int((~in_own).sum())), valid_from=begins, note=NOTE)
    sold = yeses[yeses["offer"].isin([pieces, money]) & (yeses["offer"].eq(pieces) | yeses["amount"].gt(0))]
    if money:
        volume = sold.loc[sold["offer"].eq(money), "amount"].sum()
        quota.define(money, _round_up(volume / USED), measure="CNY", valid_from=begins, note=NOTE)
    for number, row in enumerate(sold.to_dict("records")):
        moment = row["contacted_at"].to_pydatetime()
        clock.now = moment
        quota.book(
            row["offer"],
            1 if row["offer"] == pieces else round(row["amount"], 2),
            key=f"sample {project.cycle.cycle_id} {number}",
            customer_id=row["customer_id"],
            strategy_id=row["strategy_id"],
            branch=row["branch"] if isinstance(row["branch"], str) else "",
            day=moment.date(),
        )


def _room(n: int) -> int:
    return max(int(-(-n // USED)), n + 1)


def _round_up(volume: float) -> int:
    """Return a round sum of money that is not smaller: 1,662,400 becomes 1,700,000."""
    step = 10 ** max(len(str(int(volume))) - 2, 0)
    return int(-(-volume // step) * step)


def _add_materials(project: Project, offers: list[str], begins: dt.date) -> None:
    materials = project.execution.materials
    for name, told in _told().items():
        if told["offer"] not in offers:
            continue
        about = {key: value for key, value in told.items() if key != "versions"}
        for version in told["versions"]:
            from_day, to_day = (version.get(key) for key in ("from", "to"))
            materials.add(
                name,
                **about | {key: value for key, value in version.items() if key not in ("from", "to")},
                valid_from=begins + dt.timedelta(days=from_day),
                valid_to=None if to_day is None else begins + dt.timedelta(days=to_day),
                note=NOTE,
            )


def _told() -> dict[str, Any]:
    text = resources.files("workbench.project").joinpath("sample_supply.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)
