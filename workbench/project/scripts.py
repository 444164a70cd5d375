"""Branching scripts of a cycle's strategies: saved, tried side by side, called with, and judged."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.project.script_calls import ScriptCalls

if TYPE_CHECKING:
    from workbench.execution.coach import Mandatory
    from workbench.project.handle import Project

MANDATORY_FILE = "mandatory.toml"
"""A bank's own mandatory sentences, in the project's folder; else the workbench's."""
_TOLD = 3


class Scripts(ScriptCalls):
    """Branching scripts, at ``project.execution.scripts``.

    A card's own ``script`` text stays for strategies without a branching script.

    Parameters
    ----------
    project : Project
        The handle.
    """

    def __init__(self, project: Project) -> None:
        self._project = project
        self._store = project.store.scripts

    # Writing ---------------------------------------------------------------------

    def mandatory(self) -> dict[str, Mandatory]:
        """Return the sentences that scripts must hold: the bank's own file, else the workbench's.

        Raises
        ------
        ParameterProblem
            If ``mandatory.toml`` in the project's folder can't be read.
        """
        from workbench.execution.coach import read_mandatory
        from workbench.project.cutting import own_text

        return read_mandatory(own_text(self._project.folder, MANDATORY_FILE), MANDATORY_FILE)

    def check(self, strategy_id: str, text: str, lang: str = "en") -> pd.DataFrame:
        """Return what is wrong with a strategy's script; see `workbench.check_script`.

        Raises
        ------
        NotFound
            If the cycle has no such strategy.
        """
        from workbench.execution.coach import check_script

        card = self._card(strategy_id)
        mandatory = self.mandatory()
        return check_script(
            text,
            offer=card["offer"],
            channel=card["channel"],
            mandatory=mandatory,
            codes=self._project.execution.dispositions.codes(),
            lang=lang,
        )

    def save(
        self,
        strategy_id: str,
        text: str,
        *,
        note: str = "",
        expected_version: int | None = None,
        use: bool = True,
        lang: str = "en",
    ) -> int:
        """Save a version of a strategy's script, and return its number.

        Parameters
        ----------
        strategy_id : str
            The strategy.
        text : str
            The script, as `workbench.read_script` reads it.
        note : str, default=""
            Why it was changed.
        expected_version : int, optional
            The newest version when editing began, 0 for none; by default whatever stands.
        use : bool, default=True
            Whether callers see it from now on; otherwise it waits for a `try_out`.
        lang : str, default="en"
            Language of the reasons of a refusal.

        Raises
        ------
        ParameterProblem
            If the script has errors, for example lacks its mandatory sentence.
        NotFound
            If the cycle has no such strategy.
        Conflict
            If somebody saved a version meanwhile.
        NotAllowed
            If the role may not write.
        """
        from workbench.execution.coach import read_script

        self._store.require("analyst")
        found = self.check(strategy_id, text, lang)
        errors = found.loc[found["severity"].eq("error").to_numpy(), "sentence"]
        if len(errors):
            raise ParameterProblem("execution_coach.error.refused", problems=" ".join(errors.head(_TOLD)))
        script = read_script(text)
        return self._store.save(
            self._project.need_cycle().cycle_id,
            strategy_id,
            text,
            offer=str(self._card(strategy_id)["offer"]),
            title=script.title,
            lang=script.language,
            note=note,
            expected_version=expected_version,
            use=use,
        )

    def use(self, strategy_id: str, version: int, note: str = "") -> None:
        """Let callers see a version from now on; a trial that runs ends.

        Raises
        ------
        NotFound
            If there is no such version.
        """
        self._store.use(self._project.need_cycle().cycle_id, strategy_id, version, note=note)

    def try_out(
        self, strategy_id: str, a: int, b: int, *, share: float = 0.5, seed: int = 0, note: str = ""
    ) -> None:
        """Let callers see two versions, each customer always the one drawn for them.

        Parameters
        ----------
        strategy_id : str
            The strategy.
        a, b : int
            The versions.
        share : float, default=0.5
            Share of the customers who hear b, between 0 and 1.
        seed : int, default=0
            Draws them; see `workbench.assign_scripts`.
        note : str, default=""
            What is tried.

        Raises
        ------
        ParameterProblem
            If the share is not between 0 and 1, or both versions are the same.
        NotFound
            If there is no such version.
        """
        if not 0 < share < 1:
            raise ParameterProblem("execution_coach.error.share", share=share)
        cycle_id = self._project.need_cycle().cycle_id
        self._store.use(
            cycle_id, strategy_id, a, other_version=b, share=float(share), seed=int(seed), note=note
        )
