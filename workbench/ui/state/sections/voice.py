"""The section on the front line's voice: given in two taps, told as a digest, answered by changes."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import pandas as pd
import traitlets

from workbench import locale
from workbench.execution import count_feedback, pick_voices, state_feedback
from workbench.execution.feedback import DAYS, RISEN
from workbench.ui.state.parts import Banner, Heading, Kpi
from workbench.ui.state.sections.base import SectionState
from workbench.ui.state.sections.voice_codes import CodeEditor
from workbench.ui.state.sections.voice_findings import VoiceFindings
from workbench.ui.state.sections.voice_hidden import (
    HIDDEN,
    HiddenVoice,
    hide_strategies,
    hide_voice,
    show_voice,
)
from workbench.ui.state.sections.voice_requests import RequestDesk

if TYPE_CHECKING:
    import datetime as dt

    from workbench.project.pack import PackFile

MESSAGE_PREFIXES = ("execution_voice_page.trend.",)
CHARTED = 10
SIGNS = {"new": "▲", "rising": "▲", "usual": "○", "first_days": "?", "quiet": "–", HIDDEN: ""}
_MINE, _TOLD, _VOICES = 8, 4, 3


class VoiceState(SectionState):
    """What the front line says of the cycle's strategies.

    Attributes
    ----------
    strategy : str
        Only what was said of this strategy; empty is all. A viewer sees all together.
    chosen : str
        The code that is shown closely.
    about : str
        The strategy that feedback is given on.
    group : str
        The group of codes that was tapped.
    delivered : PackFile or None
        A digest on its way to the reader's browser.
    """

    name = "voice"
    strategy = traitlets.Unicode("")
    chosen = traitlets.Unicode("")
    about = traitlets.Unicode("")
    group = traitlets.Unicode("")
    delivered: PackFile | None = traitlets.Any(None, allow_none=True)  # type: ignore[assignment]

    def __init__(self, screen: Any, **traits: Any) -> None:
        self.typed = ""
        self._drawn: dict[str, pd.DataFrame] = {}
        self._words: dict[str, tuple[dict[str, str], dict[str, str]]] = {}
        self.notes = self.requests = self.by_strategy = pd.DataFrame()
        self.shown = HiddenVoice(pd.DataFrame(), None, None)
        self.day: dt.date | None = None
        self.asking, self.editor = RequestDesk(self), CodeEditor(self)
        super().__init__(screen, **traits)
        self.observe(self._rechosen, ["strategy"])

    @property
    def room(self) -> Any:
        """The project's handle on feedback."""
        return self.project.execution.feedback

    @property
    def works(self) -> bool:
        """Whether this role gives feedback and reads what others wrote."""
        return self.may("contributor")

    @property
    def names(self) -> dict[str, str]:
        """The strategies' names in the screen's language."""
        return self._in_words()[0]

    @property
    def labels(self) -> dict[str, str]:
        """The codes' names in the screen's language."""
        return self._in_words()[1]

    def _in_words(self) -> tuple[dict[str, str], dict[str, str]]:
        from workbench.strategy import translate_strategies

        if self.lang not in self._words:
            cards = translate_strategies(self.project.strategy.cards(), self.lang)
            pairs = zip(cards["strategy_id"].astype("str"), cards["name"].astype("str"), strict=True)
            self._words[self.lang] = (dict(pairs), self.room.labels(self.lang))
        return self._words[self.lang]

    @property
    def is_ready(self) -> bool:
        """Whether the cycle has strategies to speak of."""
        return bool(self.names)

    # Reading ---------------------------------------------------------------------

    def load(self) -> None:
        """Read the notes, their digest, and the requests."""
        self._words.clear()
        self.notes, self.requests = self.room.notes(), self.room.requests()
        self.day = self.room.day()
        if self.strategy not in self.names or not self.works:
            self.strategy = ""
        if self.about not in self.names:
            self.about = self.strategy or next(iter(self.names), "")
        self._digest()

    def _digest(self) -> None:
        self._drawn.clear()
        digest = self.room.digest(self.strategy or None)
        counts = count_feedback(self.notes, ["strategy_id"])
        if self.works:
            self.shown = show_voice(digest)
        else:
            self.shown = hide_voice(digest, self.project.small_cell)
            counts = hide_strategies(counts, self.project.small_cell, self.shown.n)
        self.by_strategy = counts
        if self.chosen not in set(digest["code"]):
            self.chosen = str(digest["code"].iloc[0]) if len(digest) and self.works else ""

    def _rechosen(self, _: Any) -> None:
        if self.names:
            self._digest()
            self.touch()

    # Choosing --------------------------------------------------------------------

    def choose_strategy(self, strategy_id: str) -> None:
        """Show what was said of one strategy, or of all; to those who read what people wrote."""
        if self.works and strategy_id in ("", *self.names):
            self.strategy = strategy_id
            self.about = strategy_id or self.about

    def choose(self, code: str) -> None:
        """Show a code closely."""
        if self.works and code in set(self.shown.digest["code"]):
            self.chosen = code
            self.touch()

    # Giving ----------------------------------------------------------------------

    def choose_about(self, strategy_id: str) -> None:
        """Say of which strategy feedback is given."""
        if strategy_id in self.names:
            self.about = strategy_id
            self.touch()

    def tap(self, group: str) -> None:
        """Take the first tap: the group."""
        if group in [each["group"] for each in self.groups()]:
            self.group = "" if group == self.group else group
            self.touch()

    def type(self, text: str) -> None:
        """Keep what is typed until the second tap."""
        self.typed = text

    def give(self, code: str) -> None:
        """Take the second tap: the code. What was typed goes with it."""
        self.room.give(code, self.typed, strategy_id=self.about, key=uuid.uuid4().hex)
        self.typed, self.group = "", ""
        self.load()
        values = {"code": self.labels[code], "strategy": self.about}
        self.screen.banner = Banner("done", "execution_voice_page.done.given", values)
        self.touch()

    def take_back(self, number: str) -> None:
        """Take back a note that was given by mistake."""
        if number.isdigit():
            self.room.take_back(int(number))
            self.load()
            self.screen.banner = Banner("done", "execution_voice_page.done.taken_back", {})
            self.touch()

    def groups(self) -> list[dict[str, Any]]:
        """Return the groups with their codes, as the form offers them."""
        return self.room.groups(self.lang)

    def mine(self) -> list[dict[str, Any]]:
        """Return what this person gave last, the newest first."""
        rows = self.notes[self.notes["mine"]].tail(_MINE).iloc[::-1] if self.works else self.notes.iloc[:0]
        return [self._note(row) for row in rows.to_dict("records")]

    def _note(self, row: dict[Any, Any]) -> dict[str, Any]:
        return {
            "id": int(row["note_id"]),
            "label": self.labels[row["code"]],
            "strategy": row["strategy_id"],
            "text": row["text"],
            "segment": self.screen.shown_segment(row["segment"]) if row["segment"] else "",
            "at": locale.timestamp(row["given_at"]),
        }

    # Reading closely -------------------------------------------------------------

    def rows(self) -> list[dict[str, Any]]:
        """Return the table's rows: a code each, with its counts and what it does."""
        groups = {code: entry.group_labels[self.lang] for code, entry in self.room.codes.all().items()}
        return [
            {
                "code": row["code"],
                "label": self.labels[row["code"]],
                "group": groups[row["code"]],
                "n": self.figure(row["n"]),
                "share": "" if row["share"] != row["share"] else locale.percent(row["share"], places=0),
                "n_new": self.figure(row["n_new"]),
                "limit": self.limit(row),
                "trend": row["trend"],
                "trend_word": self.trend_word(str(row["trend"])),
                "risen": row["trend"] in RISEN,
                "chosen": row["code"] == self.chosen,
            }
            for row in self.shown.digest.to_dict("records")
        ]

    def figure(self, n: Any) -> str:
        """Return a count in words, or that it is hidden."""
        return self.t("execution.hidden") if n is None or n != n else locale.count(n, self.lang)

    def trend_word(self, trend: str) -> str:
        """Return what a code does, with its sign."""
        return f"{SIGNS[trend]} {self.t('execution_voice_page.trend.' + trend)}".strip()

    def limit(self, row: dict[Any, Any]) -> str:
        """Return up to which count a code is usual."""
        if row["n_new"] != row["n_new"] or row["trend"] == HIDDEN:
            return self.t("execution.hidden")
        return "–" if row["limit"] != row["limit"] else locale.count(row["limit"], self.lang)

    def chart_rows(self) -> pd.DataFrame:
        """Return what the chart draws: the first codes of the table."""
        if self.lang not in self._drawn:
            # One object as long as it is the same: the chart is then not made again.
            self._drawn[self.lang] = self._chart_rows()
        return self._drawn[self.lang]

    def _chart_rows(self) -> pd.DataFrame:
        if not self.works:
            return self._chart_sums()
        first = self.shown.digest.head(CHARTED)
        figures = []
        for row in first.to_dict("records"):
            values = {"n": self.figure(row["n_new"]), "limit": self.limit(row)}
            known = row["limit"] == row["limit"]
            key = "execution_voice_page.chart.figures" if known else "execution_voice_page.chart.figure"
            sign = SIGNS[row["trend"]] if row["trend"] in RISEN else ""
            figures.append(f"{sign} {self.t(key, **values)}".strip())
        return first.assign(
            label=[self.labels[code] for code in first["code"]],
            risen=first["trend"].isin(RISEN),
            figures=figures,
        )

    def _chart_sums(self) -> pd.DataFrame:
        """Return what a viewer's chart draws: all notes, as those of a few days are mostly hidden."""
        rows = self.shown.digest
        first = rows[rows["n"].notna()].head(CHARTED)
        risen = first["trend"].isin(RISEN)
        words = [
            self.trend_word(str(trend)) if up else "" for trend, up in zip(first["trend"], risen, strict=True)
        ]
        return first.assign(
            label=[self.labels[code] for code in first["code"]],
            risen=risen,
            n_new=first["n"],
            limit=float("nan"),
            figures=[f"{word} {self.figure(n)}".strip() for word, n in zip(words, first["n"], strict=True)],
        )

    def strategies(self) -> list[dict[str, Any]]:
        """Return how much was said of each strategy, and how many of its requests are open."""
        asked = self.requests.loc[self.requests["state"].eq("asked"), "strategy_id"].value_counts()
        rows = [
            {
                "id": row["strategy_id"],
                "name": self.names.get(row["strategy_id"], ""),
                "n": self.figure(row["n"]),
                "open": int(asked.get(row["strategy_id"], 0)),
                "chosen": row["strategy_id"] == self.strategy,
            }
            for row in self.by_strategy.to_dict("records")
        ]
        return rows if self.works else sorted(rows, key=lambda row: row["id"])

    def detail(self) -> dict[str, Any] | None:
        """Return the chosen code closely: its sentence, where it is said, and in whose words."""
        found = self.shown.digest[self.shown.digest["code"].eq(self.chosen)]
        if found.empty or not self.works:
            return None
        row: dict[str, Any] = {str(name): value for name, value in found.iloc[0].items()}
        notes = self.notes[self.notes["code"].eq(self.chosen)]
        if self.strategy:
            notes = notes[notes["strategy_id"].eq(self.strategy)]
        voices = pick_voices(notes, _VOICES)
        of = count_feedback(notes, ["strategy_id"])["strategy_id"].tolist()
        return {
            "code": self.chosen,
            "label": self.labels[self.chosen],
            "sentence": state_feedback(row, self.labels[self.chosen], self.lang, DAYS),
            "risen": row["trend"] in RISEN,
            "segments": [
                (self.screen.shown_segment(name) if name else self.t("execution_voice_page.by.none"), n)
                for name, n in count_feedback(notes, ["segment"]).head(_TOLD).values.tolist()
            ],
            "steps": [
                (name, n) for name, n in count_feedback(notes, ["step"]).head(_TOLD).values.tolist() if name
            ],
            "voices": [
                self._note(each) for each in voices[voices["code"].eq(self.chosen)].to_dict("records")
            ],
            "strategies": [(name, f"{name} {self.names.get(name, '')}".strip()) for name in of],
        }

    # Sentences -------------------------------------------------------------------

    @property
    def findings(self) -> VoiceFindings:
        """The sentences made of these figures."""
        return VoiceFindings(self)

    def heading(self) -> Heading:
        """Return what rises most, or what was said most."""
        return self.findings.heading()

    def kpis(self) -> list[Kpi]:
        """Return how much was said, what rises, and what is asked for."""
        return self.findings.kpis()

    def python(self) -> dict[str, str]:
        """Return the Python that does what the controls do."""
        room = "project.execution.feedback"
        of = repr(self.strategy) if self.strategy else ""
        first = f"{of}, " if of else ""
        return {
            "digest": f"{room}.digest({of})",
            "give": f"{room}.give(code, text, strategy_id={self.about!r}, key=key)",
            "ask": f"{room}.ask_change(strategy_id, what, why, code={self.chosen!r}, key=key)",
            "requests": f"{room}.requests({of})",
            "export": f'{room}.export({first}format="html", lang="{self.lang}")',
            "codes": f"{room}.codes.frame()",
        }

    # Taking it along ---------------------------------------------------------------

    def take_digest(self, kind: str) -> None:
        """Let the reader's browser save the digest, once it is written down."""
        if not self.works:
            return
        room, lang, of = self.room, self.lang, self.strategy or None

        def done(made: Any) -> None:
            self.delivered = made
            self.screen.banner = Banner("done", "execution_voice_page.done.digest", {"file": made.name})
            self.touch()

        self.jobs.start(lambda _: room.deliver(of, kind, lang), done, "execution_voice_page.phase.digest")
