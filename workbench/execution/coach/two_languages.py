"""Scripts in two languages: one text, of which each reader is shown their own half."""

from __future__ import annotations

import re
from dataclasses import replace

from workbench.execution.coach.script_text import Answer, Objection, Script, Step
from workbench.locale import normal_language

_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_BETWEEN = " / "


def pick_language(text: str, lang: str) -> str:
    """Return the half of a text in a language; a text in one language is returned whole.

    Two halves stand beside each other with a stroke between spaces, one of them in Chinese.

    Parameters
    ----------
    text : str
        What is said.
    lang : str
        Which half.

    Returns
    -------
    str

    Examples
    --------
    >>> pick_language("Go on / 请讲", "zh_CN"), pick_language("请讲 / Go on", "en")
    ('请讲', 'Go on')
    >>> pick_language("yes / no", "zh_CN")
    'yes / no'
    """
    halves = [half.strip() for half in text.split(_BETWEEN)]
    if len(halves) != 2 or not all(halves):
        return text
    chinese = [bool(_CHINESE.search(half)) for half in halves]
    if chinese[0] == chinese[1]:
        return text
    return halves[chinese.index(normal_language(lang) == "zh_CN")]


def translate_script(script: Script, lang: str) -> Script:
    r"""Return a script with its words in one language, where it has two.

    Names of steps and sentences stay, so a call that was begun in one language goes on in
    the other.

    Parameters
    ----------
    script : Script
        The script.
    lang : str
        Which language.

    Returns
    -------
    Script
        The same one where it has only one language.

    Examples
    --------
    >>> from workbench.execution.coach import read_script
    >>> script = read_script("title: Deposit / 存款\nstep hello: Opening / 开场\n  answer: Yes / 好 -> hello")
    >>> own = translate_script(script, "zh_CN")
    >>> own.title, own.steps[0].label, own.steps[0].answers[0].text, own.language
    ('存款', '开场', '好', 'zh_CN')
    """
    if not has_two_languages(script):
        return script

    def objections(found: tuple[Objection, ...]) -> tuple[Objection, ...]:
        return tuple(
            replace(o, text=pick_language(o.text, lang), reply=pick_language(o.reply, lang)) for o in found
        )

    def step(one: Step) -> Step:
        return replace(
            one,
            label=pick_language(one.label, lang),
            parts=tuple(replace(part, text=pick_language(part.text, lang)) for part in one.parts),
            answers=tuple(Answer(pick_language(a.text, lang), a.to, a.line) for a in one.answers),
            objections=objections(one.objections),
        )

    return replace(
        script,
        title=pick_language(script.title, lang),
        language=normal_language(lang),
        steps=tuple(step(one) for one in script.steps),
        objections=objections(script.objections),
    )


def has_two_languages(script: Script) -> bool:
    r"""Say whether any of a script's words stand in two languages.

    Examples
    --------
    >>> from workbench.execution.coach import read_script
    >>> has_two_languages(read_script("step hello\n  say: Good day"))
    False
    """
    said = [script.title, *(step.label for step in script.steps)]
    said += [part.text for _, part in script.parts()]
    said += [answer.text for step in script.steps for answer in step.answers]
    said += [o.text for step in script.steps for o in step.objections]
    said += [o.text for o in script.objections]
    return any(pick_language(text, "en") != pick_language(text, "zh_CN") for text in said)
