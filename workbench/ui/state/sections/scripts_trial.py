"""Two scripts side by side, in words: the sample ratio first, then the effect, then what it means."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from workbench import locale

if TYPE_CHECKING:
    from workbench.project.script_trials import ScriptComparison
    from workbench.ui.state.sections.scripts import ScriptsState

MESSAGE_PREFIXES = ("execution_scripts.verdict.",)
POWER = 0.8
"""With which a difference is called one that could have been seen."""


class TrialFindings:
    """What two scripts came to, as this reader may see it.

    Parameters
    ----------
    state : ScriptsState
        Whose trial is put into words.
    """

    def __init__(self, state: ScriptsState) -> None:
        self._state = state
        self._findings = state.findings
        self.t = state.t

    def told(self) -> dict[str, Any] | None:
        """Return what two scripts came to: sample ratio first, then the effect, then the verdict."""
        state = self._state
        found = state.comparison()
        if found is None:
            return None
        n = found.arms["n"].to_numpy(dtype="float64")
        told: dict[str, Any] = {
            "a": found.a,
            "b": found.b,
            "is_trial": found.is_trial,
            "hint": f"project.execution.scripts.compare_versions({state.strategy!r}, {found.a}, {found.b})",
            "arms": pd.DataFrame(),
            "ratio": self._ratio(found),
            "verdict": "",
            "seen": "",
            "crossed": "",
        }
        if not self._findings.is_enough(float(min(n))):
            key = "execution_scripts.verdict.few" if min(n) else "execution_scripts.verdict.nobody"
            return told | {"verdict": self.t(key)}
        told["arms"] = state.once("arms", lambda: self._arms(found), state.lang)
        if found.crossed:
            told["crossed"] = self.t("execution_scripts.trial.crossed", n=self._findings.count(found.crossed))
        return told | {"verdict": self._verdict(found), "seen": self._seen(found)}

    def _ratio(self, found: ScriptComparison) -> str:
        if found.ratio is None:
            return ""
        if found.ratio.alarm:
            return self.t("execution_scripts.ratio.alarm")
        return self.t("execution_scripts.ratio.fine")

    def _arms(self, found: ScriptComparison) -> pd.DataFrame:
        rows = []
        for row in found.arms.to_dict("records"):
            n = row["n"]
            rate, low, high = (
                self._findings.told(row["rate"], n),
                self._findings.told(row["rate_low"], n, "low"),
                self._findings.told(row["rate_high"], n, "high"),
            )
            label = self.t("execution_scripts.trial.arm", version=row["version"], n=self._findings.count(n))
            figures = self._findings.interval(rate, low, high)
            rows.append({"label": label, "rate": rate, "low": low, "high": high, "figures": figures})
        return pd.DataFrame(rows, columns=["label", "rate", "low", "high", "figures"])

    def _verdict(self, found: ScriptComparison) -> str:
        n = float(found.arms["n"].min())
        ends = [
            self._findings.told(value, n, end)
            for value, end in ((found.difference, ""), (found.ci_low, "low"), (found.ci_high, "high"))
        ]
        shown = [locale.points(value, self._state.lang) for value in ends]
        values = dict(zip(("difference", "low", "high"), shown, strict=True))
        said = self.t(f"execution_scripts.verdict.{found.verdict}", a=found.a, b=found.b, **values)
        if not found.is_trial and found.verdict != "not_comparable":
            said += " " + self.t("execution_scripts.trial.no_trial")
        return said

    def _seen(self, found: ScriptComparison) -> str:
        """Return the smallest difference that so many customers could have shown, where none was seen."""
        if found.verdict != "open":
            return ""
        n, x = found.arms["n"].sum(), found.arms["responded"].sum()
        if not 0 < x < n:
            return self.t("execution_scripts.seen.unknown")
        effect = smallest_effect(found)
        if effect != effect:
            return self.t("execution_scripts.seen.none")
        effect = self._findings.told(effect, float(found.arms["n"].min()), "high")
        return self.t(
            "execution_scripts.seen.smallest",
            effect=locale.points(effect, self._state.lang).lstrip("+"),
            power=locale.percent(POWER, places=0),
        )


def smallest_effect(found: ScriptComparison) -> float:
    """Return the smallest difference that a trial's customers could have shown with 80% power.

    Its base is the rate of both scripts together; see `workbench.strategy.detectable_effect`.
    """
    from workbench.strategy import detectable_effect

    n, x = float(found.arms["n"].sum()), float(found.arms["responded"].sum())
    share = float(found.arms["n"].iloc[0]) / n
    return float(detectable_effect(n, x / n, control_share=share, power=POWER))
