"""What the sample bank's front line says: drawn at random by nobody, and written down as simulated."""

from __future__ import annotations

import datetime as dt
import tomllib
from importlib import resources
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from workbench.project.handle import Project

SPEAKER = "sample bank (simulated)"
"""Who gives the demo's feedback, as the audit log names it."""
_SEED = 29
_NEWEST = 7
_SHARE, _RISING, _WRITES = 0.3, 0.8, 0.45
"""Shares of the contacts that say anything; of the newest that say what rises; that write words."""


def play_feedback(project: Project) -> int:
    """Let the sample bank's front line speak of the cycle's lists, and ask for one change.

    Of the channel with the most contacts, one thing is said far oftener in the last days. Every
    text says that it is simulated, and so does the name it stands under.

    Parameters
    ----------
    project : Project
        Of the sample bank, at a cycle with contacts.

    Returns
    -------
    int
        Notes given; 0 where the cycle has some already, or no contacts.
    """
    from workbench.project.feedback import SIMULATED
    from workbench.project.opening import open_project

    cycle_id = project.cycle.cycle_id
    contacts = project.execution.contacts()
    if not cycle_id or contacts.empty or project.store.feedback.rows(cycle_id):
        return 0
    speaking = open_project(
        project.folder, role="analyst", cycle=cycle_id, who=SPEAKER, clock=project.store.database.clock
    )
    told = _told()
    strategy_id, code = _what_rises(speaking, contacts, told)
    notes = _draw(speaking, contacts, told, strategy_id, code)
    room = speaking.execution.feedback
    speaking.store.feedback.at_once(
        lambda: [
            speaking.store.feedback.give(cycle_id, f"{SIMULATED}{cycle_id} {number}", note, given_at)
            for number, (note, given_at) in enumerate(notes)
        ]
    )
    asked = told["request"][code]
    room.ask_change(strategy_id, asked["what"], asked["why"], key=f"{SIMULATED}request {cycle_id}", code=code)
    return len(notes)


def _told() -> dict[str, Any]:
    text = resources.files("workbench.project").joinpath("sample_feedback.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def _what_rises(project: Project, contacts: pd.DataFrame, told: dict[str, Any]) -> tuple[str, str]:
    """Return the strategy with the most contacts, and what its channel's people complain of."""
    strategy_id = str(contacts["strategy_id"].value_counts().sort_index(kind="stable").idxmax())
    channel = str(project.strategy.card(strategy_id)["channel"])
    return strategy_id, told["rises"].get(channel, told["rises"]["other"])


def _draw(
    project: Project, contacts: pd.DataFrame, told: dict[str, Any], strategy_id: str, rising: str
) -> list[tuple[dict[str, Any], dt.datetime]]:
    rng = np.random.default_rng(_SEED)
    targets = project.strategy.targets()[["list_id", "customer_id", "segment"]]
    met = contacts.merge(targets, on=["list_id", "customer_id"], how="left")
    met = met.sort_values(["contacted_at", "list_id", "customer_id"], ignore_index=True)
    newest = met["contacted_at"].max() - pd.Timedelta(days=_NEWEST)
    cards = project.strategy.cards().set_index("strategy_id")["channel"].to_dict()
    scripts = {name: project.execution.scripts.current(name) for name in sorted(set(met["strategy_id"]))}
    notes = []
    for row in met.to_dict("records"):
        draws = rng.random(4)
        rises = cards[row["strategy_id"]] == cards[strategy_id] and row["contacted_at"] > newest
        if draws[0] >= (_RISING if rises else _SHARE):
            continue
        code = (
            rising
            if rises
            else _pick(told["said"].get(cards[row["strategy_id"]], told["said"]["other"]), draws[1])
        )
        texts = told["texts"].get(code, [])
        text = texts[int(draws[2] * len(texts))] if texts and draws[3] < _WRITES else ""
        script = scripts[row["strategy_id"]]
        steps = [] if script is None else [step.step_id for step in script.script.steps if not step.is_end]
        note = {
            "code": code,
            "text": told["mark"].format(text=text) if text else "",
            "strategy_id": row["strategy_id"],
            "segment": row["segment"] if isinstance(row["segment"], str) else "",
            "script_version": None if script is None else script.version,
            "step": steps[int(draws[2] * len(steps))] if steps else "",
            "list_id": row["list_id"],
            "lease_id": None,
            "contact_id": row["contact_id"],
        }
        notes.append((note, row["contacted_at"].to_pydatetime()))
    return notes


def _pick(weights: dict[str, int], draw: float) -> str:
    """Return the code whose share of the weights a draw from 0 to 1 falls on."""
    names = list(weights)
    edges = np.cumsum([weights[name] for name in names])
    return names[int(np.searchsorted(edges, draw * edges[-1], side="right"))]
