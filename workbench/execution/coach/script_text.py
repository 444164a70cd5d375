"""Scripts of calls as plain text: steps, answers, objections, sentences that must be said, ends.

A trainer writes one line a thing, in English or Chinese; an indented line without a keyword
continues the one above it, and ``#`` begins a comment::

    title: Deposit about to mature
    step hello: Opening
      say: Good day {name}, this is your bank.
      must say [recording]: This call is recorded.
      answer: Go on -> offer
      answer: No time now -> later
      objection: Where did you get my number? = You are our customer; we can stop calling.
    step offer
      say: Your deposit matures on {date}. For {product} we pay {rate}.
      answer: Yes -> done
    end done: reached, yes
    end later: callback

The same keywords in Chinese are 标题, 语言, 步骤, 说, 必读, 回答, 异议 and 结束. An objection
that stands before the first step can be raised in every step.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.execution.dispositions import Codes, disposition_words
from workbench.execution.script import script_language

LONGEST = 50_000
"""Characters of a script."""
LONGEST_NAME = 40
"""Characters of a step's name."""
MESSAGE_PREFIXES = ("execution_coach.problem.",)
_KEYWORDS = {
    "title": "title",
    "标题": "title",
    "language": "language",
    "语言": "language",
    "step": "step",
    "步骤": "step",
    "say": "say",
    "说": "say",
    "must say": "must",
    "必读": "must",
    "answer": "answer",
    "回答": "answer",
    "objection": "objection",
    "异议": "objection",
    "end": "end",
    "结束": "end",
}
_LINE = re.compile(
    r"(?P<word>"
    + "|".join(word + (r"(?![a-z])" if word.isascii() else "") for word in _KEYWORDS)
    + r")(?P<name>[^:：]*)(?:[:：](?P<text>.*))?",
    re.IGNORECASE,
)
_ARROW = re.compile(r"\s*(?:->|→|=>)\s*")
_BRACKETS = re.compile(r"^[\[【〔［(（]\s*(.*?)\s*[\]】〕］)）]$")
_NO_NAME = re.compile(r"[，。,.;；!！?？]")
_SAYS = {"yes": True, "no": False, "是": True, "否": False, "响应": True, "未响应": False}


@dataclass(frozen=True)
class ScriptProblem:
    """What is wrong with a script, and on which line.

    Parameters
    ----------
    cause : str
        A key under ``execution_coach.problem``.
    line : int
        Line of the text, from 1.
    severity : {"error", "warn"}
        A script with an error is not used.
    step : str
        The step it is about; empty for none.
    values : dict
        What the sentence names.
    """

    cause: str
    line: int
    severity: str = "error"
    step: str = ""
    values: dict[str, Any] = field(default_factory=dict)

    def sentence(self, lang: str = "en") -> str:
        """Return the problem as a sentence."""
        values = {"line": self.line, "step": self.step, **self.values}
        return locale.text(f"execution_coach.problem.{self.cause}", lang, **values)


@dataclass(frozen=True)
class Part:
    """Something the caller says.

    Parameters
    ----------
    text : str
        The words, with live fields in braces.
    line : int
        Line of the text, from 1.
    must : str
        Name of a sentence that can't be skipped; empty where it can.
    """

    text: str
    line: int
    must: str = ""


@dataclass(frozen=True)
class Answer:
    """What the customer may answer, and the step it leads to."""

    text: str
    to: str
    line: int


@dataclass(frozen=True)
class Objection:
    """What the customer may object, the answer to it, and where that leads; empty stays."""

    text: str
    reply: str
    to: str
    line: int


@dataclass(frozen=True)
class Step:
    """A step of a script, or one of its ends.

    Parameters
    ----------
    step_id : str
        Its name in the script.
    label : str
        What it is called; empty where it has no title.
    line : int
        Line of the text, from 1.
    parts : tuple of Part
        What is said, in order.
    answers, objections : tuple
        What the customer may say. Ends have none.
    disposition : str
        Of an end: what came of the call. Empty for a step.
    responded : bool or None
        Of an end: whether the customer did what the offer asked for; None leaves it open.
    """

    step_id: str
    label: str
    line: int
    parts: tuple[Part, ...] = ()
    answers: tuple[Answer, ...] = ()
    objections: tuple[Objection, ...] = ()
    disposition: str = ""
    responded: bool | None = None
    is_end: bool = False

    @property
    def musts(self) -> tuple[Part, ...]:
        """The sentences that can't be skipped."""
        return tuple(part for part in self.parts if part.must)


@dataclass(frozen=True)
class Script:
    """A branching script.

    Parameters
    ----------
    title : str
        Its title.
    language : {"en", "zh_CN"}
        What it is written in.
    steps : tuple of Step
        Steps and ends, in the order of the text; the first is where a call begins.
    objections : tuple of Objection
        Those that can be raised in every step.
    unread : tuple of ScriptProblem
        Lines that were not understood.
    """

    title: str
    language: str
    steps: tuple[Step, ...]
    objections: tuple[Objection, ...] = ()
    unread: tuple[ScriptProblem, ...] = ()

    def find(self, step_id: str) -> Step | None:
        """Return a step by its name; the first where several have it."""
        return next((step for step in self.steps if step.step_id == step_id), None)

    def objections_at(self, step: Step) -> tuple[Objection, ...]:
        """Return the objections that can be raised in a step: its own, then everybody's."""
        return () if step.is_end else (*step.objections, *self.objections)

    def parts(self) -> list[tuple[str, Part]]:
        """Return everything that is said, with the step it belongs to."""
        said = [(step.step_id, part) for step in self.steps for part in step.parts]
        replies = [(s.step_id, o) for s in self.steps for o in s.objections]
        replies += [("", o) for o in self.objections]
        return said + [(step_id, Part(o.reply, o.line)) for step_id, o in replies]


def read_script(text: str, codes: Codes | None = None) -> Script:
    r"""Read a script from plain text; what is not understood is kept as a problem with its line.

    Parameters
    ----------
    text : str
        The script; see the module's example. Braces are live fields: {name}, {product},
        {rate} and {date}, or {姓名}, {产品}, {利率} and {日期}.
    codes : mapping of str to Disposition, optional
        The dispositions that ends can have; by default the packaged ones.

    Returns
    -------
    Script
        `check_script` says whether it can be used.

    Raises
    ------
    ParameterProblem
        If it is longer than 50,000 characters.

    Examples
    --------
    >>> text = "步骤 开场：问候\n  说：{姓名}您好\n  回答：请讲 → 成功\n结束 成功：已接通，是"
    >>> script = read_script(text)
    >>> [step.step_id for step in script.steps], script.steps[1].disposition, script.language
    (['开场', '成功'], 'reached', 'zh_CN')
    """
    if len(text) > LONGEST:
        raise ParameterProblem("execution_coach.error.too_long", n=len(text), longest=LONGEST)
    reader = _Reader(disposition_words(codes))
    for number, line in enumerate(_lines(textwrap.dedent(text)), 1):
        reader.take(number, line)
    return reader.finish(text)


def _lines(text: str) -> list[str]:
    # Only line ends end a line: other separators that Python knows may stand in a sentence.
    return re.split(r"\r\n|\n|\r", text.lstrip("\ufeff"))


class _Reader:
    """Takes a script line by line."""

    def __init__(self, words: Mapping[str, str]) -> None:
        self._words = words
        self.title = self.language = ""
        self.steps: list[Step] = []
        self.objections: list[Objection] = []
        self.unread: list[ScriptProblem] = []
        self._open: tuple[int, str, str, str] | None = None
        self._musts = 0

    def take(self, number: int, line: str) -> None:
        bare = line.strip()
        if not bare or bare.startswith("#"):
            return
        indented = line[0].isspace()
        begun = _begun(bare, indented)
        if begun is None:
            if indented and self._open is not None:
                self._open = (*self._open[:3], _joined(self._open[3], bare))
            else:
                self.flush()
                self.refuse("line", number, text=bare[:60])
            return
        self.flush()
        self._open = (number, *begun)

    def finish(self, text: str) -> Script:
        self.flush()
        language = locale.normal_language(self.language) if self.language else script_language(text)
        unread = tuple(self.unread)
        return Script(self.title, language, tuple(self.steps), tuple(self.objections), unread)

    def refuse(self, cause: str, line: int, **values: Any) -> None:
        step = self.steps[-1].step_id if self.steps else ""
        self.unread.append(ScriptProblem(cause, line, step=step, values=values))

    def flush(self) -> None:
        """Put the line that is whole now where it belongs."""
        if self._open is None:
            return
        line, word, name, text = self._open
        self._open = None
        if word in ("title", "language"):
            setattr(self, word, text)
        elif word in ("step", "end"):
            self._begin(line, word, name, text)
        elif word == "objection" and not self.steps:
            self._add_objection(line, text)
        elif not self.steps:
            self.refuse("before_first_step", line, text=text[:60])
        else:
            getattr(self, f"_add_{word}")(line, text, name)

    def _begin(self, line: int, word: str, name: str, text: str) -> None:
        if not name:
            self.refuse("no_name", line)
        elif word == "step":
            self.steps.append(Step(name, text, line))
        else:
            first, _, second = (part.strip() for part in re.sub("[，、]", ",", text).partition(","))
            code = self._words.get(first.lower(), first)
            self.steps.append(
                Step(name, "", line, disposition=code, responded=_SAYS.get(second.lower()), is_end=True)
            )
            if second and second.lower() not in _SAYS:
                self.refuse("end_answer", line, text=second[:60])

    def _add_say(self, line: int, text: str, _name: str, must: str = "") -> None:
        if not text:
            self.refuse("empty", line)
            return
        last = self.steps[-1]
        self.steps[-1] = replace(last, parts=(*last.parts, Part(text, line, must)))

    def _add_must(self, line: int, text: str, name: str) -> None:
        self._musts += 1
        inside = _BRACKETS.match(name)
        self._add_say(line, text, "", (inside[1] if inside else name) or f"#{self._musts}")

    def _add_answer(self, line: int, text: str, _name: str) -> None:
        said, to = _led(text)
        if not said or not to:
            self.refuse("answer_leads_nowhere", line, text=text[:60])
        elif self.steps[-1].is_end:
            self.refuse("after_end", line, text=said[:60])
        else:
            last = self.steps[-1]
            self.steps[-1] = replace(last, answers=(*last.answers, Answer(said, to, line)))

    def _add_objection(self, line: int, text: str, _name: str = "") -> None:
        said, _, reply = (part.strip() for part in text.replace("＝", "=", 1).partition("="))
        reply, to = _led(reply)
        if not said or not reply:
            self.refuse("objection_unanswered", line, text=text[:60])
            return
        objection = Objection(said, reply, to, line)
        if not self.steps:
            self.objections.append(objection)
        elif self.steps[-1].is_end:
            self.refuse("after_end", line, text=said[:60])
        else:
            last = self.steps[-1]
            self.steps[-1] = replace(last, objections=(*last.objections, objection))


def _begun(bare: str, indented: bool) -> tuple[str, str, str] | None:
    """Return keyword, name and text of a line that begins something, or None.

    A sentence that goes on may begin with the letters of a keyword (说明, "end of the month"),
    so what cannot be a name does not make one.
    """
    found = _LINE.fullmatch(bare)
    if found is None:
        return None
    word, name, text = _KEYWORDS[found["word"].lower()], found["name"].strip(), found["text"]
    if word in ("step", "end"):
        fits = len(name) <= LONGEST_NAME and not _NO_NAME.search(name)
        return (word, name, (text or "").strip()) if fits and not (indented and text is None) else None
    named = bool(_BRACKETS.match(name)) if word == "must" else False
    return (word, name, text.strip()) if text is not None and (not name or named) else None


def _joined(said: str, more: str) -> str:
    """Join two lines of a text; Chinese takes no space between them."""
    wide = said and more and not (said[-1].isascii() and more[0].isascii())
    return f"{said}{'' if wide or not said else ' '}{more}"


def _led(text: str) -> tuple[str, str]:
    """Return what is said, and the step behind the last arrow; empty without one.

    Examples
    --------
    >>> _led("Yes, go on → offer"), _led("Yes")
    (('Yes, go on', 'offer'), ('Yes', ''))
    """
    arrows = list(_ARROW.finditer(text))
    if not arrows:
        return text.strip(), ""
    return text[: arrows[-1].start()].strip(), text[arrows[-1].end() :].strip()
