"""What the front line says of a strategy, as its card tells it: how often, and what it asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench import locale

if TYPE_CHECKING:
    from workbench.ui.state.strategy import StrategyState


def tell_front_line(state: StrategyState, strategy_id: str) -> tuple[str, str] | None:
    """Return a card's line on the front line: its name and what it says; None where nothing was said.

    Who only reads is told how many changes are asked for, and no counts of notes.

    Parameters
    ----------
    state : StrategyState
        The screen.
    strategy_id : str
        The card.
    """
    room, parts = state.project.execution.feedback, []
    n = len(state.project.store.feedback.rows(state.project.cycle.cycle_id or "", strategy_id))
    if n and state.may("contributor"):
        key = "execution_voice_page.requests.one_note" if n == 1 else "execution_voice_page.requests.note"
        parts.append(state.t(key, n=locale.count(n, state.lang)))
    states = room.requests(strategy_id)["state"]
    if len(states):
        counts = {name: int(states.eq(name).sum()) for name in ("asked", "accepted", "declined", "done")}
        parts.append(state.t("execution_voice_page.requests.sums", **counts))
    if not parts:
        return None
    return state.t("execution_voice_page.requests.on_card"), " · ".join(parts)
