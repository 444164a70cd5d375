"""The board pack on the review screen: made in the background, handed to the reader's browser."""

from __future__ import annotations

from typing import TYPE_CHECKING

from workbench.project.pack import FORMATS, PackFile
from workbench.ui.state.guard import LOG
from workbench.ui.state.parts import Banner, Button

if TYPE_CHECKING:
    from workbench.ui.state.jobs import Report
    from workbench.ui.state.review import ReviewState

MESSAGE_PREFIXES = ("review_pack.format.",)


class ReviewPack:
    """The board pack of one state of the screen.

    Parameters
    ----------
    state : ReviewState
        Whose review is taken along.
    """

    def __init__(self, state: ReviewState) -> None:
        self._state = state

    def button(self) -> Button:
        """Return the menu of the formats."""
        t, lang = self._state.t, self._state.lang
        return Button(
            "pack",
            t("review_pack.button"),
            choices=tuple((name, t(f"review_pack.format.{name}")) for name in FORMATS),
            note=t("review_pack.menu"),
            hint=f'project.review.pack("xlsx", "{lang}")' if self._state.hints else "",
        )

    def make(self, kind: str) -> None:
        """Make the pack in a format; the reader's browser is given it when it is ready.

        Who may write has it in the project's exports too, and in the audit log. What a
        viewer takes along is what the screen shows; it stands in the screens' log.
        """
        pack, lang = self._state.project.review.pack, self._state.lang

        def work(report: Report) -> PackFile:
            return pack.deliver(kind, lang, report)

        self._state.jobs.start(work, self._made, "review_pack.phase.read")

    def _made(self, made: PackFile) -> None:
        state = self._state
        if made.path is None:
            LOG.warning(
                "board pack %s of %s given to a %s", made.name, state.project.name, state.project.role
            )
            state.banner = Banner("done", "review_pack.delivered", {"file": made.name})
        else:
            state.banner = Banner("done", "review_pack.stored", {"file": str(made.path)})
        state.delivered = made
