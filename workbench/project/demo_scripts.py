"""Telephone scripts of the sample bank and calls made with them: simulated, and said to be so."""

from __future__ import annotations

import datetime as dt
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench.project.script_calls import SIMULATED

if TYPE_CHECKING:
    from workbench.project.handle import Project

SHARE = 0.5
"""Share of the customers who hear the second script."""
_SEED = 31
_HANG_UP, _OBJECTS = 0.5, 0.3
_KEYS = ["list_id", "strategy_id", "customer_id"]


class _Moving:
    """A clock that stands at the moment of what is being played."""

    def __init__(self, now: dt.datetime) -> None:
        self.now = now

    def __call__(self) -> dt.datetime:
        return self.now


def play_scripts(project: Project) -> int:
    """Give the sample bank's largest telephone strategy two scripts in a trial, and calls made with them.

    Each call ends as its contact did; which way it took there is drawn. Contacts and outcomes
    stay as they are. Scripts, trial and calls stand under a name that says they are simulated.

    Parameters
    ----------
    project : Project
        Of the sample bank, at a cycle with contacts.

    Returns
    -------
    int
        Calls; 0 where the project has scripts already, or no telephone strategy was worked.
    """
    from workbench.execution.coach import assign_scripts, read_script, rehearse_calls
    from workbench.project.opening import open_project

    if not project.cycle.cycle_id or len(project.execution.scripts.versions()):
        return 0
    cards = project.strategy.launched_cards()
    calls = _calls(project, cards)
    if calls.empty:
        return 0
    strategy_id = str(calls["strategy_id"].iloc[0])
    card = cards.set_index("strategy_id").loc[strategy_id]
    cycle_id = project.cycle.cycle_id
    clock = _Moving(card["starts_on"].to_pydatetime())
    playing = open_project(project.folder, role="analyst", cycle=cycle_id, who=SIMULATED, clock=clock)
    scripts, told = playing.execution.scripts, _told()
    texts = _texts(playing, str(card["offer"]), str(card["channel"]), told)
    versions = [
        scripts.save(strategy_id, text, note=told["note"][name], use=name == "first")
        for name, text in texts.items()
    ]
    scripts.try_out(strategy_id, *versions, share=SHARE, seed=_SEED, note=told["note"]["trial"])
    ids = calls["customer_id"].astype("str")
    drawn = assign_scripts(ids, share=SHARE, seed=_SEED, scripts=tuple(map(str, versions)))
    calls["script_version"] = drawn.astype("int64").to_numpy()
    read = {version: read_script(text) for version, text in zip(versions, texts.values(), strict=True)}
    made = rehearse_calls(calls, read, hang_up=_HANG_UP, objects=_OBJECTS, random_state=_SEED)
    runs = {
        f"{SIMULATED} {row['contact_id']}": _run({str(name): value for name, value in row.items()}, read)
        for row in made.dropna(subset=["moves"]).to_dict("records")
    }
    return playing.store.scripts.bring_in(cycle_id, runs)


def _told() -> dict[str, Any]:
    text = resources.files("workbench.project").joinpath("sample_scripts.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _calls(project: Project, cards: pd.DataFrame) -> pd.DataFrame:
    """Return the last contact of each customer with whom a telephone strategy spoke, oldest first."""
    spoken = [code for code, one in project.execution.dispositions.codes().items() if one.reached]
    contacts = project.execution.contacts()
    contacts = contacts[contacts["channel"].eq("phone") & contacts["disposition"].isin(spoken)]
    phoned = cards.loc[cards["channel"].eq("phone"), "strategy_id"]
    contacts = contacts[contacts["strategy_id"].isin(phoned)]
    if contacts.empty:
        return contacts
    most = contacts["strategy_id"].value_counts().rename_axis("strategy_id").reset_index()
    first = most.sort_values(["count", "strategy_id"], ascending=[False, True])["strategy_id"].iloc[0]
    mine = contacts[contacts["strategy_id"].eq(first)].sort_values(["contacted_at", "contact_id"])
    mine = mine.drop_duplicates(_KEYS, keep="last")
    said = project.execution.outcomes()[[*_KEYS, "responded"]].drop_duplicates(_KEYS)
    segments = project.strategy.targets()[["list_id", "customer_id", "segment"]]
    mine = mine.merge(said, on=_KEYS, how="left")
    return mine.merge(segments, on=["list_id", "customer_id"], how="left").reset_index(drop=True)


def _texts(project: Project, offer: str, channel: str, told: dict[str, Any]) -> dict[str, str]:
    """Return both scripts with the mandatory sentences that the offer needs beside the recording."""
    asked = [n for n, one in project.execution.scripts.mandatory().items() if one.applies(offer, channel)]
    musts = "\n".join(f"  must say [{n}]: {told['musts'][n]}" for n in asked if n in told["musts"])
    return {name: text.strip().replace("MUSTS", musts) for name, text in told["script"].items()}


def _run(row: dict[str, Any], scripts: dict[int, Any]) -> dict[str, Any]:
    from workbench.execution.coach import ScriptRun

    version = int(row["script_version"])
    run = ScriptRun.replay(scripts[version], row["moves"])
    ended = run.at.is_end
    return {
        "strategy_id": str(row["strategy_id"]),
        "version": version,
        "list_id": str(row["list_id"]),
        "customer_id": str(row["customer_id"]),
        "contact_id": str(row["contact_id"]),
        "segment": str(row["segment"]),
        "moves": run.moves,
        "steps": run.steps[:-1] if ended else run.steps,
        "end_step": run.at.step_id if ended else "",
        "disposition": run.disposition,
        "at": row["contacted_at"].to_pydatetime(),
    }
