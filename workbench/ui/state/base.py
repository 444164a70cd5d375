"""What every screen has: language, look, cycle, stages, banner, comments, lineage."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

import traitlets

from workbench import locale
from workbench.theme import MODES, Mode
from workbench.ui import request
from workbench.ui.state.guard import guarded, log_to
from workbench.ui.state.jobs import Jobs
from workbench.ui.state.parts import Banner, Fact, Heading, Kpi, Progress, StageLink

if TYPE_CHECKING:
    from collections.abc import Callable

    from workbench.project import Project

STAGES = ("insight", "strategy", "execution", "review")
NOTEBOOKS = {stage: f"0{number}_{stage}.ipynb" for number, stage in enumerate(STAGES, 1)}
_SIGNS = {"done": "✓", "stale": "!"}
MESSAGE_PREFIXES = ("shell.role.", "shell.stage.", "shell.footer.")


class ScreenState(traitlets.HasTraits):
    """The state of one stage's screen; a stage's own state builds on it.

    A view draws what the methods return and draws again when `revision` rises; a test
    calls the same methods without a view.

    Parameters
    ----------
    project : Project
        The project at the cycle that is shown.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.
    mode : str, default="light"
        ``"light"`` or ``"dark"``.

    Attributes
    ----------
    revision : int
        Rises whenever something that is drawn has changed.
    banner : Banner or None
        What the screen has to say.
    progress : Progress or None
        The running job.
    """

    stage = "insight"

    lang: str = cast("str", traitlets.Enum(locale.LANGUAGES, default_value="en"))
    mode: Mode = cast("Mode", traitlets.Enum(MODES, default_value="light"))
    hints = traitlets.Bool(False)
    revision = traitlets.Int(0)
    banner = traitlets.Instance(Banner, allow_none=True)
    progress = traitlets.Instance(Progress, allow_none=True)
    comments_open = traitlets.Bool(False)
    lineage_open = traitlets.Bool(False)

    def __init__(self, project: Project, **traits: Any) -> None:
        self.project = project
        self.jobs = Jobs(self)
        super().__init__(**traits)
        if "hints" not in traits:
            self.hints = project.role == "analyst"
        log_to(project.folder)
        with guarded(self):
            self.load()
        self.observe(
            lambda _: self.touch(),
            ["lang", "mode", "hints", "banner", "progress", "comments_open", "lineage_open"],
        )

    # What a stage's state fills in -----------------------------------------------

    def load(self) -> None:
        """Read from the project what the screen shows; called again when it changes."""

    def heading(self) -> Heading:
        """Return the finding, its basis and the buttons."""
        raise NotImplementedError

    def kpis(self) -> list[Kpi]:
        """Return at most six figures."""
        raise NotImplementedError

    def sections(self) -> list[dict[str, Any]]:
        """Return the screen's tabs, ``name``, ``label``, ``current``; none for a screen of one page."""
        return []

    # What all screens share ------------------------------------------------------

    def t(self, key: str, /, **values: Any) -> str:
        """Return a message in the screen's language."""
        return locale.text(key, self.lang, **values)

    def touch(self) -> None:
        """Say that something drawn has changed."""
        self.revision += 1

    def guard(self, handler: Callable[..., Any], *values: Any) -> None:
        """Run a handler; what goes wrong becomes the banner."""
        with guarded(self):
            handler(*values)

    def reload(self) -> None:
        """Read the project again and draw again."""
        with guarded(self):
            self.load()
        self.touch()

    def choose_language(self, value: str) -> None:
        """Change the language of the screen."""
        if value in locale.LANGUAGES:
            self.lang = value

    def choose_mode(self, value: str) -> None:
        """Change between light and dark."""
        if value in MODES:
            self.mode = value

    def choose_cycle(self, value: str) -> None:
        """Show another cycle."""
        self.project = self.project.at(value)
        self.load()
        self.touch()

    def cycle_names(self) -> list[str]:
        """Return the project's cycles, the newest first."""
        return [cycle.cycle_id for cycle in reversed(self.project.cycles())]

    def stages(self) -> list[StageLink]:
        """Return the four stages for the top bar."""
        status: dict[str, Any] = {str(row.stage): row for row in self.project.status().itertuples()}
        links = []
        for number, stage in enumerate(STAGES, 1):
            row = status[stage]
            links.append(
                StageLink(
                    name=self.t(f"shell.stage.{stage}"),
                    href=request.stage_address(
                        NOTEBOOKS[stage], self.lang, self.mode, self.project.cycle.cycle_id
                    ),
                    state=row.state,
                    sign=str(number) if stage == self.stage else _SIGNS.get(row.state, str(number)),
                    detail=self.t(row.detail_key, **row.detail_values),
                    current=stage == self.stage,
                )
            )
        return links

    def footer(self) -> tuple[list[Fact], str]:
        """Return the facts that the screen rests on, and the content's hash."""
        known = self.project.footer(self.stage)
        facts: list[Fact] = []
        if known.get("data_date"):
            facts.append((self.t("shell.footer.data"), locale.date(known["data_date"], self.lang)))
        if known.get("n") is not None:
            facts.append((self.t("shell.footer.n"), f"{known['n']:,}"))
        for name, value in known.get("versions", {}).items():
            facts.append((self.t(f"shell.footer.{name}"), self.t("shell.version", version=value)))
        if known.get("computed_at"):
            facts.append((self.t("shell.footer.computed"), locale.timestamp(known["computed_at"])))
        return facts, str(known.get("sha256") or "")

    def comments(self) -> list[dict[str, Any]] | None:
        """Return this stage's comments when they are shown, newest first."""
        if not self.comments_open:
            return None
        rows = self.project.comments(self.stage)
        return [{str(name): value for name, value in row.items()} for row in rows.to_dict("records")][::-1]

    def comment_count(self) -> int:
        """Return the number of comments on this stage."""
        return len(self.project.comments(self.stage))

    def comment(self, text: str) -> None:
        """Add a comment to this stage."""
        self.project.comment(self.stage, text)
        self.touch()

    def lineage(self) -> str:
        """Return the lineage as text when it is shown."""
        return self.project.lineage().text(self.lang) if self.lineage_open else ""

    def may(self, role: str) -> bool:
        """Say whether this process's role reaches another; what is not allowed is not drawn."""
        order = ("viewer", "contributor", "analyst")
        return order.index(self.project.role) >= order.index(role)
