"""The form of the section on strategy cards: what is typed, kept as a draft, checked as one types."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from workbench.errors import WorkbenchError
from workbench.strategy import check_power, read_journeys
from workbench.strategy.conditions import OPERATORS, column_words
from workbench.tables import KPIS, LIFECYCLE_STAGES, TIERS, TRIGGERS
from workbench.ui.state.card_fields import (
    ALL,
    CHANNELS,
    CHOICES,
    field_label,
    fill_fields,
    read_fields,
    typed_rows,
)

if TYPE_CHECKING:
    from workbench.ui.state.sections.cards import CardsState

STEPS = 40
"""Steps that undo keeps."""
LONGEST = 2_000
_FULL = {"lifecycle_stages": LIFECYCLE_STAGES, "tier": TIERS}
MESSAGE_PREFIXES = ("strategy_cards.operator.", "strategy_cards.kpi.", "strategy_cards.trigger.")


class CardForm:
    """What somebody types into the form of one card.

    It is kept by person, cycle and card until it is saved or given up; nothing of it is
    stored in the card before.

    Parameters
    ----------
    state : CardsState
        The section.

    Attributes
    ----------
    typed : dict of str to str or None
        By field; None while the card is only read.
    generation : int
        Rises when the fields are filled anew, so that a page takes the new texts.
    """

    def __init__(self, state: CardsState) -> None:
        self._state = state
        self.typed: dict[str, str] | None = None
        self.base: dict[str, Any] = {}
        self.generation = 0
        self._steps: list[dict[str, str]] = []
        self._last = ""

    # Opening and closing ---------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether the form is shown."""
        return self.typed is not None

    @property
    def is_changed(self) -> bool:
        """Whether something was typed that is not in the card."""
        return self.typed is not None and self.typed != fill_fields(self.base)

    def open(self) -> None:
        """Fill the form from the card, or from the draft that was kept of it."""
        state = self._state
        if not state.may("analyst") or not state.chosen:
            return
        self.base = state.project.strategy.card(state.chosen)
        known = fill_fields(self.base)
        kept = self._kept().get(state.chosen)
        if kept:
            known |= self._carry(kept, known)
        self.typed = known
        self.fresh()

    def _carry(self, kept: dict[str, Any], known: dict[str, str]) -> dict[str, str]:
        """Return what a draft changes, on the card as it is now.

        Where somebody changed the same field since, the version that was edited stays, so
        that saving shows the difference.
        """
        before, typed = kept.get("base", {}), kept.get("typed", {})
        changed = {n: str(typed[n]) for n in known if n in typed and typed[n] != before.get(n)}
        if any(known[name] != before.get(name) for name in changed):
            self.base = self.base | {"row_version": int(kept.get("version", 0))}
        return changed

    def fresh(self) -> None:
        """Forget the steps, and let a page take the texts as they are here."""
        self._steps, self._last = [], ""
        self.generation += 1

    def close(self) -> None:
        """Put the form away; what was typed stays as a draft."""
        self.typed = None

    def give_up(self) -> None:
        """Put the form away and forget what was typed."""
        self.typed = None
        self._keep(None)

    def resume(self) -> None:
        """Open the form again where a draft of the chosen card is kept."""
        if self.typed is None and self._state.may("analyst") and self._state.chosen in self._kept():
            self.open()

    def drafts(self) -> set[str]:
        """Return the cards with unfinished edits of this person."""
        return set(self._kept()) if self._state.may("analyst") else set()

    def _kept(self) -> dict[str, Any]:
        cards = (self._state.draft() or {}).get("cards")
        return cards if isinstance(cards, dict) else {}

    def _keep(self, typed: dict[str, str] | None) -> None:
        state, kept = self._state, self._kept()
        name = str(self.base.get("strategy_id", state.chosen))
        if typed is None:
            if name not in kept:
                return
            kept.pop(name)
        else:
            before = fill_fields(self.base)
            kept[name] = {"version": int(self.base["row_version"]), "base": before, "typed": typed}
        if kept:
            state.keep_draft({"cards": kept})
        else:
            state.discard_draft()

    # Typing ----------------------------------------------------------------------

    def type(self, name: str, value: str) -> None:
        """Put a text into a field."""
        if self.typed is not None and name in ALL:
            self._change({name: value[:LONGEST]}, name)

    def toggle(self, name: str, value: str) -> None:
        """Add one of several to a field, or take it out; all of them is none chosen."""
        if self.typed is None or name not in _FULL or value not in _FULL[name]:
            return
        chosen = set(self._chosen(name)) ^ {value}
        kept = [each for each in _FULL[name] if each in chosen]
        self._change({name: "" if len(kept) == len(_FULL[name]) else ",".join(kept)})

    def _chosen(self, name: str) -> list[str]:
        assert self.typed is not None
        parts = [part for part in self.typed[name].split(",") if part]
        return parts or (list(_FULL[name]) if name in _FULL else [])

    def add_channel(self, channel: str) -> None:
        """Put a channel behind the others."""
        if self.typed is not None and channel.strip():
            self._put_channels([*self._chosen("channels"), channel.strip()[:40]])

    def move_channel(self, place: str, step: int) -> None:
        """Move a channel up (-1), or take it out (0)."""
        if self.typed is None:
            return
        channels = self._chosen("channels")
        at = int(place) if place.isdecimal() else -1
        if not 0 <= at < len(channels) or (step == 0 and len(channels) == 1):
            return
        moved = channels.pop(at)
        if step:
            channels.insert(max(at + step, 0), moved)
        self._put_channels(channels)

    def _put_channels(self, channels: list[str]) -> None:
        channels = list(dict.fromkeys(channels))
        self._change({"channels": ",".join(channels), "channel": channels[0]})

    def rows(self) -> list[dict[str, str]]:
        """Return the conditions as rows: column, operator, typed."""
        return typed_rows(self.typed["eligibility"]) if self.typed is not None else []

    def change_row(self, place: str, name: str, value: str) -> None:
        """Change a condition's column, operator or value."""
        rows = self.rows()
        if place.isdecimal() and int(place) < len(rows) and name in ("column", "operator", "typed"):
            rows[int(place)][name] = value[:LONGEST]
            self._put_rows(rows, f"eligibility-{place}-{name}" if name == "typed" else "")

    def add_row(self) -> None:
        """Add a condition."""
        self._put_rows([*self.rows(), {"column": "age", "operator": "at_least", "typed": "18"}])

    def remove_row(self, place: str) -> None:
        """Take a condition out."""
        rows = self.rows()
        if place.isdecimal() and int(place) < len(rows):
            rows.pop(int(place))
            self._put_rows(rows)
            self.generation += 1

    def _put_rows(self, rows: list[dict[str, str]], typing: str = "") -> None:
        if self.typed is not None:
            self._change({"eligibility": json.dumps(rows, ensure_ascii=False)}, typing)

    def _change(self, changed: dict[str, str], typing: str = "") -> None:
        assert self.typed is not None
        if all(self.typed.get(name) == value for name, value in changed.items()):
            return
        # Letters that follow each other in one field are one step.
        if not typing or typing != self._last:
            self._steps = [*self._steps[-STEPS:], dict(self.typed)]
        self._last = typing
        self.typed = self.typed | changed
        self._keep(self.typed)
        self._state.touch()

    @property
    def can_undo(self) -> bool:
        """Whether there is a step to take back."""
        return bool(self._steps)

    def undo(self) -> None:
        """Take the last change of the form back."""
        if self._steps:
            self.typed, self._last = self._steps.pop(), ""
            self.generation += 1
            self._keep(self.typed)
            self._state.touch()

    # Reading ---------------------------------------------------------------------

    def problems(self) -> dict[str, str]:
        """Return by field what can't be saved as it is typed, in the reader's language."""
        if self.typed is None:
            return {}
        _, problems = read_fields(self.typed, self.base, self._state.lang)
        return {name: problem.message(self._state.lang) for name, problem in problems.items()}

    def power(self) -> dict[str, Any] | None:
        """Return what the list could find out with the figures as they are typed."""
        if self.typed is None:
            return None
        read, problems = read_fields(self.typed, self.base, self._state.lang)
        if {"effect", "control_share", "expected_response"} & set(problems):
            return None
        state = self._state
        cards = state.screen.cards
        changed = cards[cards["strategy_id"].eq(state.chosen)].copy()
        for name in ("effect", "control_share", "expected_response"):
            changed[name] = float(read[name])
        try:
            return dict(check_power(changed, state.known_sizes()).iloc[0])
        except (WorkbenchError, IndexError):
            return None

    def view(self) -> dict[str, Any]:
        """Return everything that the form draws."""
        state, typed = self._state, self.typed
        assert typed is not None
        t, lang = state.t, state.lang
        stages, tiers = self._chosen("lifecycle_stages"), self._chosen("tier")
        channels = self._chosen("channels")
        return {
            "typed": typed,
            "labels": {name: field_label(name, lang) for name in ALL},
            "problems": self.problems(),
            "key": f"{state.chosen}-{self.generation}",
            "kpis": [(name, t(f"strategy_cards.kpi.{name}")) for name in KPIS],
            "scenarios": [(name, state.screen.word("scenario", name)) for name in CHOICES["scenario"]],
            "triggers": [(name, t(f"strategy_cards.trigger.{name}")) for name in TRIGGERS],
            "segments": self._with(state.segment_names(), typed["segment"]),
            "offers": state.known_offers(),
            "stages": [(n, state.screen.word("stage", n), n in stages) for n in LIFECYCLE_STAGES],
            "tiers": [(n, t(f"insight.tier.{n}"), n in tiers) for n in TIERS],
            "channels": [(name, state.screen.word("channel", name)) for name in channels],
            "other_channels": [(n, state.screen.word("channel", n)) for n in CHANNELS if n not in channels],
            "policies": self._with(state.policy_names(), typed["contact_policy"]),
            "journeys": self._with(
                [(name, each.title(lang)) for name, each in read_journeys().items()], typed["journey"]
            ),
            "objectives": self._with(state.objective_names(), typed["objective_id"]),
            "conditions": self.rows(),
            "columns": [(name, column_words(name, lang)) for name in state.portrait_columns()],
            "operators": [(name, t(f"strategy_cards.operator.{name}")) for name in OPERATORS],
            "unary": ("is_true", "is_false", "missing"),
            "can_undo": self.can_undo,
            "changed": self.is_changed,
        }

    @staticmethod
    def _with(choices: list[tuple[str, str]], value: str) -> list[tuple[str, str]]:
        """Return the choices, and the card's own value where it is none of them."""
        known = {name for name, _ in choices}
        return choices if not value or value in known else [*choices, (value, value)]

    # Saving ----------------------------------------------------------------------

    def save(self) -> bool:
        """Store what was typed; problems stay in their places, and nothing is lost."""
        if self.typed is None or self.problems():
            self._state.touch()
            return False
        fields = self.typed | {"row_version": str(int(self.base["row_version"]))}
        editor = self._state.screen.editor
        editor.save(fields, self.base)
        return editor.mine is None

    def settle(self) -> None:
        """Close the form after its card was stored."""
        self._keep(None)
        self.typed = None
