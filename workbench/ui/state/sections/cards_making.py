"""Making, copying and removing strategy cards on the screen, and taking it back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from workbench.strategy import read_templates
from workbench.ui.state.parts import Banner
from workbench.ui.state.sections.base import SectionState

if TYPE_CHECKING:
    from workbench.ui.state.sections.cards_form import CardForm


class CardsMaking(SectionState):
    """The part of the section that changes which cards there are.

    Attributes
    ----------
    making : bool
        Whether the templates are shown.
    """

    form: CardForm

    def __init__(self, screen: Any, **traits: Any) -> None:
        self._kept: dict[str, Any] = {}
        self._undo: list[tuple[str, dict[str, Any] | None, int | None]] = []
        self.making = False
        super().__init__(screen, **traits)

    @property
    def chosen(self) -> str:
        """The strategy whose card is open."""
        return str(self.screen.chosen)

    @property
    def may_edit(self) -> bool:
        """Whether this role changes cards; there must be segments to make them for."""
        return self.may("analyst") and self.screen.segmentation is not None

    def _remember(self, name: str, before: dict[str, Any] | None) -> None:
        """Keep how a card was, and the version that undoing expects; None is: it was not there."""
        cards = self.project.strategy.cards().set_index("strategy_id")["row_version"]
        self._undo.append((name, before, int(cards[name]) if name in cards.index else None))

    def new(self) -> None:
        """Show the templates to make a card of."""
        if self.may_edit:
            self.making = not self.making
            self.touch()

    def make(self, fields: dict[str, str]) -> None:
        """Store a new card made of a template, and open its form."""
        cards = self.project.strategy.card_file
        draft = cards.draft(fields.get("template", ""), fields.get("segment", ""), lang=self.lang)
        self._made(cards.add(draft))

    def duplicate(self) -> None:
        """Store a copy of the chosen card, and open its form."""
        names = self.screen.tables.names()
        if self.chosen in names:
            name = self.t("strategy_cards.copy_of", name=names[self.chosen])[:80]
            self._made(self.project.strategy.card_file.duplicate(self.chosen, name))

    def _made(self, strategy_id: str) -> None:
        self.making = False
        self.form.close()
        self._remember(strategy_id, None)
        self.screen.load()
        self.screen.choose(strategy_id)
        self.form.open()
        self._say("strategy_cards.done.made", strategy=strategy_id)

    def remove(self) -> None:
        """Remove the chosen card, where no list was launched from it."""
        name = self.chosen
        before = self.project.strategy.card(name)
        self.project.strategy.card_file.remove(name, int(before["row_version"]))
        self.form.give_up()
        self._remember(name, before)
        self.screen.load()
        self.form.resume()
        self._say("strategy_cards.done.removed", strategy=name)

    def undo(self) -> None:
        """Take back the last saving, making or removing of a card, unless somebody changed it since."""
        if not self._undo:
            return
        name, before, version = self._undo[-1]
        strategy = self.project.strategy
        now: int | None = None
        if before is None:
            strategy.card_file.remove(name, version)
            self.form.close()
        elif version is None:
            strategy.card_file.add(before)
            now = 1
        else:
            now = strategy.save_card(before, version)
        self._undo.pop()
        # An earlier step of the same card is undone from the version that is stored now.
        for place in range(len(self._undo) - 1, -1, -1):
            if self._undo[place][0] == name:
                self._undo[place] = (name, self._undo[place][1], now)
                break
        self.screen.load()
        if name in set(self.screen.cards["strategy_id"]):
            self.screen.choose(name)
        self._say("strategy_cards.done.undone", strategy=name)

    def _say(self, key: str, **values: Any) -> None:
        self._kept.clear()
        self.screen.banner = Banner("done", key, values)
        self.touch()

    def templates(self) -> list[dict[str, str]]:
        """Return the templates to choose from, in the reader's language."""
        return [
            {
                "key": key,
                "name": each.texts[self.lang]["name"],
                "objective": each.texts[self.lang]["objective"],
                "kinds": ", ".join(each.kinds),
            }
            for key, each in read_templates().items()
        ]
