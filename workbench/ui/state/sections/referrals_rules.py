"""Editing the time limits and shares of referrals, and which reasons are offered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.errors import ParameterProblem
from workbench.ui.state.parts import Banner

if TYPE_CHECKING:
    from workbench.ui.state.sections.referrals import ReferralsState

NUMBERS = ("accept_days", "work_days", "sender_share")


class ReferralRulesForm:
    """The rules of referrals, for analysts.

    Parameters
    ----------
    state : ReferralsState
        The section.
    """

    def __init__(self, state: ReferralsState) -> None:
        self._state = state

    def values(self) -> dict[str, Any]:
        """Return the rules in force as the form takes them, with the version that is looked at."""
        state = self._state
        rules = state.project.execution.referrals.rules
        current, lang = rules.current(), "zh_CN" if state.lang == "zh_CN" else "en"
        used = rules.reasons().set_index("code")["n"]
        return {
            "version": rules.version,
            "kinds": [
                {
                    "code": kind.code,
                    "label": kind.labels[lang],
                    "retired": kind.retired,
                    "accept_days": kind.accept_days,
                    "work_days": kind.work_days,
                    "sender_share": f"{kind.sender_share / 100:g}",
                    "receiver_share": f"{100 - kind.sender_share / 100:g}",
                }
                for kind in current.kinds.values()
            ],
            "reasons": [
                {
                    "code": reason.code,
                    "label": reason.labels[lang],
                    "retired": reason.retired,
                    "n": int(used[reason.code]),
                }
                for reason in current.reasons.values()
            ],
        }

    def save(self, fields: dict[str, str]) -> None:
        """Put a kind's limits and share in force; what was sent keeps its own.

        Raises
        ------
        ParameterProblem
            If a number can't be read, or is not possible.
        Conflict
            If somebody else changed the rules since they were shown.
        """
        state = self._state
        if not state.may("analyst"):
            return
        code, version = fields.get("code", ""), fields.get("version", "")
        rules = state.project.execution.referrals.rules
        if code not in rules.current().kinds:
            return
        row: dict[str, Any] = {"code": code}
        row |= {name: _number(fields.get(name, ""), code) for name in NUMBERS}
        rules.put_kind(
            row,
            note=fields.get("reason", ""),
            expected_version=int(version) if version.isdigit() else None,
        )
        self._told(code)

    def turn(self, code: str) -> None:
        """Retire a kind or reason, or offer a retired one again.

        Raises
        ------
        ParameterProblem
            If an act would be left without a reason.
        """
        state = self._state
        rules = state.project.execution.referrals.rules
        current = rules.current()
        known = {**current.kinds, **current.reasons}
        if not state.may("analyst") or code not in known:
            return
        retired = bool(known[code].retired)  # type: ignore[attr-defined]
        (rules.restore if retired else rules.retire)(code)
        self._told(code)

    def _told(self, code: str) -> None:
        state = self._state
        state.load()
        label = state.project.execution.referrals.labels(state.lang)[code]
        state.screen.banner = Banner("done", "execution_referrals.done.rules", {"name": label})
        state.touch()


def _number(text: str, code: str) -> float:
    try:
        return float(text.strip().rstrip("%").replace(",", "."))
    except ValueError as problem:
        raise ParameterProblem("execution_referrals.form.bad_number", value=text[:40], code=code) from problem
