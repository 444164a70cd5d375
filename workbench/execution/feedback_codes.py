"""What the front line can say of a strategy in two taps: packaged codes in groups, and a project's own."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from workbench.errors import ParameterProblem
from workbench.locale import normal_language

LONGEST_LABEL = 80
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGES = ("en", "zh_CN")


@dataclass(frozen=True)
class FeedbackCode:
    """One code.

    Parameters
    ----------
    code : str
        The word that tables hold.
    group : str
        The group that is tapped first.
    labels, group_labels : dict of str to str
        What a person reads for the code and its group, by language.
    retired : bool, default=False
        Whether it is read and counted, and offered no more.
    """

    code: str
    group: str
    labels: dict[str, str]
    group_labels: dict[str, str]
    retired: bool = False

    def plain(self) -> dict[str, Any]:
        """Return it as JSON holds it, as `make_feedback_codes` takes it.

        Examples
        --------
        >>> read_feedback_codes()["price_fees"].plain()["group_zh_CN"]
        '价格与利率'
        """
        return {
            "code": self.code,
            "group": self.group,
            **self.labels,
            **{f"group_{lang}": label for lang, label in self.group_labels.items()},
            "retired": self.retired,
        }


FeedbackCodes = Mapping[str, FeedbackCode]
"""Codes by their words, in the order in which they are offered."""


@cache
def read_feedback_codes() -> dict[str, FeedbackCode]:
    """Return every packaged code of front-line feedback, in the order in which they are offered.

    Examples
    --------
    >>> list(dict.fromkeys(code.group for code in read_feedback_codes().values()))[:4]
    ['offer', 'price', 'script', 'customer_data']
    """
    written = resources.files(__package__).joinpath("feedback_codes.toml").read_text(encoding="utf-8")
    rows = []
    for group, entry in tomllib.loads(written).items():
        names = {f"group_{lang}": entry[lang] for lang in _LANGUAGES}
        rows += [{"code": code, "group": group, **names, **labels} for code, labels in entry["codes"].items()]
    return make_feedback_codes(rows)


def make_feedback_codes(rows: Iterable[Mapping[str, Any]]) -> dict[str, FeedbackCode]:
    """Return codes by their words, checked; those of one group stand together.

    Parameters
    ----------
    rows : iterable of mapping
        ``code``, ``group``, ``en`` and ``zh_CN`` (labels), ``group_en`` and ``group_zh_CN``
        (the group's; may be left out where an earlier row of the group has them) and
        optionally ``retired``, in the order in which they are offered.

    Returns
    -------
    dict of str to FeedbackCode

    Raises
    ------
    ParameterProblem
        If a code, a group or a label is not possible, a code repeats, a group has two names,
        or no code is offered.

    Examples
    --------
    >>> rows = [entry.plain() for entry in read_feedback_codes().values()]
    >>> codes = make_feedback_codes([*rows, {"code": "price_tax", "group": "price",
    ...     "en": "Tax is unclear", "zh_CN": "税费不清楚"}])
    >>> [code for code, entry in codes.items() if entry.group == "price"][-1]
    'price_tax'
    """
    codes: dict[str, FeedbackCode] = {}
    names: dict[str, dict[str, str]] = {}
    for row in rows:
        code, group = str(row.get("code") or ""), str(row.get("group") or "")
        for word in (code, group):
            if not _CODE.fullmatch(word):
                raise ParameterProblem("execution_feedback.error.code_form", code=word[:60])
        if code in codes:
            raise ParameterProblem("execution_feedback.error.code_twice", code=code)
        given = {lang: _label(row.get(f"group_{lang}")) for lang in _LANGUAGES}
        known = names.setdefault(group, given)
        if any(label and label != known[lang] for lang, label in given.items()):
            raise ParameterProblem("execution_feedback.error.group_label", group=group, label=known["en"])
        labels = {lang: _label(row.get(lang)) for lang in _LANGUAGES}
        if not all(0 < len(label) <= LONGEST_LABEL for label in (*labels.values(), *known.values())):
            raise ParameterProblem("execution_feedback.error.code_label", code=code, longest=LONGEST_LABEL)
        codes[code] = FeedbackCode(code, group, labels, known, bool(row.get("retired", False)))
    if all(entry.retired for entry in codes.values()):
        raise ParameterProblem("execution_feedback.error.no_codes")
    order = list(names)
    return dict(sorted(codes.items(), key=lambda item: order.index(item[1].group)))


def _label(value: Any) -> str:
    # A table's missing cell is NaN.
    return "" if value is None or value != value else str(value).strip()


def check_feedback_code(code: str, codes: FeedbackCodes | None = None) -> str:
    """Return the code if it is one that may be given.

    Parameters
    ----------
    code : str
        The code.
    codes : mapping of str to FeedbackCode, optional
        The project's codes; by default the packaged ones.

    Raises
    ------
    ParameterProblem
        If it is none, or was retired.

    Examples
    --------
    >>> check_feedback_code("price_fees")
    'price_fees'
    """
    known = read_feedback_codes() if codes is None else codes
    offered = ", ".join(name for name, entry in known.items() if not entry.retired)
    if code not in known:
        raise ParameterProblem("execution_feedback.error.no_code", code=code[:60], known=offered)
    if known[code].retired:
        raise ParameterProblem("execution_feedback.error.code_retired", code=code, known=offered)
    return code


def offer_feedback_codes(codes: FeedbackCodes | None = None, lang: str = "en") -> list[dict[str, Any]]:
    """Return what a form offers in two taps, retired codes left out.

    Parameters
    ----------
    codes : mapping of str to FeedbackCode, optional
        The project's codes; by default the packaged ones.
    lang : str, default="en"
        ``"en"`` or ``"zh_CN"``.

    Returns
    -------
    list of dict
        ``group``, ``label`` and ``codes``: a list of ``code`` and ``label``.

    Examples
    --------
    >>> offer_feedback_codes(lang="zh_CN")[1]["codes"][0]
    {'code': 'price_low_rate', 'label': '利率低于同业'}
    """
    language = normal_language(lang)
    offered: dict[str, dict[str, Any]] = {}
    for entry in (read_feedback_codes() if codes is None else codes).values():
        if not entry.retired:
            empty = {"group": entry.group, "label": entry.group_labels[language], "codes": []}
            group = offered.setdefault(entry.group, empty)
            group["codes"].append({"code": entry.code, "label": entry.labels[language]})
    return list(offered.values())
