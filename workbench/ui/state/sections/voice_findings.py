"""What the section on the front line's voice says of its figures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench import locale
from workbench.execution import state_feedback
from workbench.execution.feedback import DAYS, RISEN
from workbench.ui.state.parts import Heading, Kpi

if TYPE_CHECKING:
    from workbench.ui.state.sections.voice import VoiceState


class VoiceFindings:
    """The sentences of the section.

    Parameters
    ----------
    state : VoiceState
        The section.
    """

    def __init__(self, state: VoiceState) -> None:
        self.state = state

    def heading(self) -> Heading:
        """Return what rises most, or what was said most."""
        state = self.state
        t, digest = state.t, state.shown.digest
        if not state.names:
            return Heading(
                t("execution_voice_page.nothing.strategies"), t("execution_voice_page.nothing.strategies_do")
            )
        if digest.empty:
            key = "execution_voice_page.nothing.give" if state.works else "execution_voice_page.nothing.wait"
            return Heading(t("execution_voice_page.nothing.title"), t(key))
        first: dict[str, Any] = {str(name): value for name, value in digest.iloc[0].items()}
        label = state.labels[first["code"]]
        risen = digest[digest["trend"].isin(RISEN)]
        if len(risen):
            first = {str(name): value for name, value in risen.iloc[0].items()}
            label = state.labels[first["code"]]
            known = first["limit"] == first["limit"]
            told = t("execution_voice_page.title.rises", label=label, days=DAYS)
            title = state_feedback(first, label, state.lang, DAYS) if known else told
        elif first["n"] == first["n"]:
            title = t("execution_voice_page.title.most", label=label, n=state.figure(first["n"]))
        else:
            title = t("execution_voice_page.title.neutral")
        return Heading(title, self.subtitle())

    def subtitle(self) -> str:
        """Return what the digest is of, and from which day it looks."""
        state = self.state
        assert state.day is not None
        whose = (
            f"{state.strategy} {state.names[state.strategy]}"
            if state.strategy
            else state.t("execution_voice_page.all")
        )
        day = locale.date(state.day, state.lang)
        n = state.figure(state.shown.n)
        told = state.t("execution_voice_page.subtitle", strategy=whose, n=n, days=DAYS, day=day)
        if state.notes["simulated"].any():
            return state.t("execution_voice_page.simulated", what=told)
        return told

    def chart_title(self) -> tuple[str, str]:
        """Return the chart's finding, and what it rests on."""
        state = self.state
        t = state.t
        rises = int(state.shown.digest["trend"].isin(RISEN).sum())
        if rises:
            key = "execution_voice_page.chart.one_rises" if rises == 1 else "execution_voice_page.chart.rise"
            title = t(key, n=rises)
        elif state.shown.digest["trend"].isin(("usual", "quiet")).all():
            title = t("execution_voice_page.chart.none_rises")
        else:
            title = t("execution_voice_page.chart.title")
        if state.works:
            return title, t("execution_voice_page.chart.subtitle", days=DAYS)
        return title, t("execution_voice_page.chart.sums", days=DAYS, minimum=state.project.small_cell)

    def kpis(self) -> list[Kpi]:
        """Return how much was said, what rises, and what is asked for."""
        state = self.state
        if not len(state.shown.digest):
            return []
        t, states = state.t, state.requests["state"]
        risen = int(state.shown.digest["trend"].isin(RISEN).sum())
        return [
            Kpi(t("execution_voice_page.kpi.n"), state.figure(state.shown.n)),
            Kpi(t("execution_voice_page.kpi.n_new", days=DAYS), state.figure(state.shown.n_new)),
            Kpi(t("execution_voice_page.kpi.risen"), str(risen)),
            Kpi(
                t("execution_voice_page.kpi.open"),
                str(int(states.eq("asked").sum())),
                note=t("execution_voice_page.kpi.answered", n=int((~states.eq("asked")).sum())),
            ),
        ]
