"""The section on scripts: what is said on the telephone, where calls are lost, and which script is better."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import traitlets

from workbench.errors import NotFound
from workbench.ui.state.parts import Banner
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.scripts_editor import ScriptEditor
from workbench.ui.state.sections.scripts_findings import ScriptFindings
from workbench.ui.state.sections.scripts_preview import ScriptPreview
from workbench.ui.state.sections.scripts_trial import TrialFindings

if TYPE_CHECKING:
    from workbench.project.script_calls import StoredScript
    from workbench.project.script_trials import ScriptComparison
    from workbench.ui.state.execution import ExecutionState
    from workbench.ui.state.parts import Heading, Kpi


class ScriptsState(SectionState):
    """Branching scripts of the cycle's strategies.

    Attributes
    ----------
    strategy : str
        Whose script is shown.
    version : int
        Which version; 0 is the one in use.
    """

    name = "scripts"
    strategy = traitlets.Unicode("")
    version = traitlets.Int(0)

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.ids: list[str] = []
        self._cards: list[dict[str, Any]] = []
        self._versions = pd.DataFrame(columns=["strategy_id", "version"])
        self._kept: dict[tuple[Any, ...], Any] = {}
        self.editor = ScriptEditor(self)
        self.preview = ScriptPreview(self)
        super().__init__(screen, **traits)
        self.observe(lambda _: self.touch(), ["strategy", "version"])

    @property
    def findings(self) -> ScriptFindings:
        """The sentences made of these figures."""
        return ScriptFindings(self)

    @property
    def trial_findings(self) -> TrialFindings:
        """The sentences about two scripts side by side."""
        return TrialFindings(self)

    @property
    def sees_all(self) -> bool:
        """Whether counts of few customers are shown."""
        return cast("ExecutionState", self.screen).sees_all

    @property
    def may_edit(self) -> bool:
        """Whether this reader writes scripts: an analyst, while the cycle is open."""
        return self.may("analyst") and self.project.cycle.state == "open"

    def load(self) -> None:
        """Read the cycle's strategies and their scripts."""
        self._kept.clear()
        self._cards = []
        scripts = self.project.execution.scripts
        self._versions = scripts.versions()
        if self.project.cycle.cycle_id:
            cards = self.project.strategy.cards()
            self._cards = [{str(n): v for n, v in row.items()} for row in cards.to_dict("records")]
        self.ids = [str(card["strategy_id"]) for card in self._cards]
        if self.strategy not in self.shown_strategies():
            self.strategy, self.version = next(iter(self.shown_strategies()), ""), 0
        if self.version not in [0, *self.numbers()]:
            self.version = 0
        self.editor.reopen()
        self.preview.begin()

    def once(self, name: str, make: Any, *extra: Any) -> Any:
        """Compute something once for the script shown."""
        key = (name, self.strategy, self.shown_version, *extra)
        if key not in self._kept:
            self._kept[key] = make()
        return self._kept[key]

    # Choosing ------------------------------------------------------------------------

    def shown_strategies(self) -> list[str]:
        """Return the strategies to choose from: those with a script; for analysts the others, too."""
        called = [i for i in self.ids if self.in_use(i) is not None]
        # The one that is tried comes first, then the one with most calls.
        called.sort(key=lambda i: (self.trial(i) is None, -self.n_calls(i)))
        if not self.may_edit:
            return called
        channels = {str(card["strategy_id"]): card["channel"] for card in self._cards}
        others = sorted((i for i in self.ids if i not in called), key=lambda i: channels[i] != "phone")
        return [*called, *others]

    def choose_strategy(self, strategy_id: str) -> None:
        """Show a strategy's script."""
        if strategy_id in self.shown_strategies() and not self.editor.is_open:
            self.strategy, self.version = strategy_id, 0
            self.preview.begin()

    def choose_version(self, version: str) -> None:
        """Show another version."""
        if version.isdigit() and int(version) in self.numbers():
            self.version = int(version)
            self.preview.begin()

    def name_of(self, strategy_id: str) -> str:
        """Return a strategy's id and name."""
        from workbench.strategy import translate_strategies

        key = ("names", self.lang)
        if key not in self._kept:
            cards = pd.DataFrame(self._cards, columns=["strategy_id", "name"] if not self._cards else None)
            rows = translate_strategies(cards, self.lang)
            self._kept[key] = dict(zip(rows["strategy_id"].astype("str"), rows["name"], strict=True))
        return f"{strategy_id} {self._kept[key].get(strategy_id, '')}".strip()

    def card(self) -> dict[str, Any]:
        """Return the card of the strategy shown."""
        return next((card for card in self._cards if card["strategy_id"] == self.strategy), {})

    # Reading -------------------------------------------------------------------------

    def numbers(self, strategy_id: str | None = None) -> list[int]:
        """Return the versions of the strategy shown."""
        mine = self._versions["strategy_id"].eq(strategy_id or self.strategy)
        return [int(number) for number in self._versions.loc[mine, "version"]]

    def version_rows(self) -> list[dict[str, Any]]:
        """Return the versions of the strategy shown, newest first."""
        mine = self._versions[self._versions["strategy_id"].eq(self.strategy)]
        rows = [{str(n): v for n, v in row.items()} for row in mine.to_dict("records")]
        return rows[::-1]

    def in_use(self, strategy_id: str | None = None) -> StoredScript | None:
        """Return the script in use; in a trial the first."""
        wanted = strategy_id or self.strategy
        if not wanted:
            return None
        key = ("use", wanted)
        if key not in self._kept:
            self._kept[key] = self.project.execution.scripts.current(wanted)
        return self._kept[key]

    def uses(self) -> list[dict[str, Any]]:
        """Return what was in use when."""
        return self.once("uses", lambda: self.project.execution.scripts.uses(self.strategy))

    def trial(self, strategy_id: str | None = None) -> dict[str, Any] | None:
        """Return the trial that runs, or None."""
        wanted = strategy_id or self.strategy
        if not wanted:
            return None
        key = ("trial", wanted)
        if key not in self._kept:
            self._kept[key] = self.project.execution.scripts.trial(wanted)
        return self._kept[key]

    @property
    def shown_version(self) -> int:
        """The version shown; 0 where there is none."""
        used = self.in_use() if not self.version else None
        return self.version or (used.version if used is not None else 0)

    def stored(self) -> StoredScript | None:
        """Return the script shown."""
        number = self.shown_version
        if not number:
            return None
        return self.once("stored", lambda: self.project.execution.scripts.one(self.strategy, number))

    # Figures -------------------------------------------------------------------------

    def runs(self, strategy_id: str | None = None) -> pd.DataFrame:
        """Return the cycle's calls with a strategy's scripts."""
        wanted = strategy_id or self.strategy
        key = ("runs", wanted)
        if key not in self._kept:
            self._kept[key] = self.project.execution.scripts.runs(wanted)
        return self._kept[key]

    def n_calls(self, strategy_id: str | None = None, version: int | None = None) -> int:
        """Return how many calls were made with a strategy's scripts, or with one version."""
        runs = self.runs(strategy_id)
        return int(runs["version"].eq(version).sum()) if version else len(runs)

    def n_customers(self) -> int:
        """Return how many customers were called with the version shown."""
        runs = self.runs()
        return int(runs.loc[runs["version"].eq(self.shown_version), "customer_id"].nunique())

    def is_told(self) -> bool:
        """Whether enough customers were called with the version shown to tell this reader of them."""
        return self.findings.is_enough(self.n_customers())

    def steps(self) -> pd.DataFrame:
        """Return each step against what came of it."""
        scripts, number = self.project.execution.scripts, self.shown_version
        return self.once("steps", lambda: scripts.step_outcomes(self.strategy, version=number))

    def objections(self) -> pd.DataFrame:
        """Return what was objected, and what came of it."""
        scripts, number = self.project.execution.scripts, self.shown_version
        return self.once("objections", lambda: scripts.objections(self.strategy, version=number))

    def mandatory(self) -> pd.DataFrame:
        """Return the mandatory sentences against the calls."""
        scripts, number = self.project.execution.scripts, self.shown_version
        return self.once("mandatory", lambda: scripts.mandatory_read(self.strategy, number))

    def comparison(self) -> ScriptComparison | None:
        """Return the newest trial's comparison; without one, that of the two newest versions."""
        return self.once("comparison", self._compare)

    def _compare(self) -> ScriptComparison | None:
        tried = [use for use in self.uses() if use["other_version"] is not None]
        pair = (tried[-1]["version"], tried[-1]["other_version"]) if tried else None
        if pair is None:
            called = sorted({int(n) for n in self.runs()["version"]})[-2:]
            pair = (called[0], called[1]) if len(called) > 1 else None
        if pair is None:
            return None
        try:
            return self.project.execution.scripts.compare_versions(self.strategy, *pair)
        except NotFound:
            return None

    # Putting into use ------------------------------------------------------------------

    def before(self) -> int | None:
        """Return the version that was in use before the one that is; None where none was."""
        now = self.in_use()
        earlier = [use["version"] for use in self.uses() if now is not None and use["version"] != now.version]
        return int(earlier[-1]) if earlier else None

    def put_into_use(self, version: str, note: str = "") -> None:
        """Let callers see a version from now on; a trial ends."""
        if self.may_edit and version.isdigit() and int(version) in self.numbers():
            self.project.execution.scripts.use(self.strategy, int(version), note)
            self._done("execution_scripts.done.used", version=int(version), strategy=self.strategy)

    def take_back(self, note: str = "") -> None:
        """Let callers see again what they saw before."""
        before = self.before()
        if before is not None:
            self.put_into_use(str(before), note)

    def start_trial(self, fields: dict[str, str]) -> None:
        """Try two versions side by side."""
        now = self.in_use()
        other, share = fields.get("other", ""), fields.get("share", "")
        if not self.may_edit or now is None or not other.isdigit() or int(other) not in self.numbers():
            return
        self.project.execution.scripts.try_out(
            self.strategy,
            now.version,
            int(other),
            share=int(share) / 100 if share.isdigit() else 0.5,
            # Another seed a trial, so that the same customers do not hear the second script again.
            seed=len(self.uses()) + 1,
            note=fields.get("note", ""),
        )
        self._done("execution_scripts.done.trial", a=now.version, b=int(other))

    def _done(self, key: str, **values: Any) -> None:
        self.version = 0
        self.load()
        self.screen.banner = Banner("done", key, values)
        self.touch()

    # Sentences -----------------------------------------------------------------------

    def heading(self) -> Heading:
        """Return the finding about the script shown."""
        return self.findings.heading()

    def kpis(self) -> list[Kpi]:
        """Return the figures of the script shown."""
        return self.findings.kpis() if self.stored() is not None else []
