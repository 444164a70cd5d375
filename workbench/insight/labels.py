"""Suggest a human's name for a machine's cluster."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import linear_sum_assignment

from workbench import locale
from workbench.errors import ParameterProblem
from workbench.insight import catalogue
from workbench.insight.explanation.sentences import in_units
from workbench.insight.features import feature_label
from workbench.locale import normal_language
from workbench.tables import PROFILE

# Cosine similarity from which a pattern is recognised in a cluster.
SIMILAR = 0.55
# Differences beyond this many standard deviations say no more; an outlier of a feature
# would otherwise drown the others.
_LARGEST = 2.0
# Below this a difference is not worth a word (Cohen calls .2 small).
_SMALL = 0.2


@dataclass(frozen=True)
class Archetype:
    """A kind of customer that banks know.

    Parameters
    ----------
    name : str
        Its name in the catalogue.
    kind : {"retail", "corporate", "any"}
        Whom it is about.
    label, label_zh, description, description_zh : str
        For readers.
    directions : dict of str to float
        How such customers differ from others, by feature, roughly in standard
        deviations.
    slot : int, default=0
        The colour slot they get when it is free; 0 for none in particular.
    """

    name: str
    kind: str
    label: str
    label_zh: str
    description: str
    description_zh: str
    directions: dict[str, float]
    slot: int = 0


@dataclass(frozen=True)
class LabelSuggestion:
    """A label for one cluster, to be accepted or changed by a human.

    Parameters
    ----------
    segment : str
        The label in the language asked for.
    segment_zh : str
        The label in Chinese.
    description, description_zh : str
        A sentence on who they are.
    archetype : str or None
        The pattern recognised; None where the label only describes.
    similarity : float or None
        Its cosine similarity with the cluster, up to 1.
    slot : int, default=0
        The colour slot that the pattern gets when it is free; 0 for none in particular.
    reasons, reasons_zh : tuple of str, default=()
        What speaks for it, the strongest first: features that differ as the pattern says,
        or, without a pattern, the largest differences.
    """

    segment: str
    segment_zh: str
    description: str
    description_zh: str
    archetype: str | None = None
    similarity: float | None = None
    slot: int = 0
    reasons: tuple[str, ...] = ()
    reasons_zh: tuple[str, ...] = ()


def suggest_labels(
    profile: pd.DataFrame, lang: str = "en", *, kind: str | None = None
) -> dict[int, LabelSuggestion]:
    """Suggest a label for each cluster, each label once.

    A cluster's standardised differences are compared with the patterns of
    ``archetypes.toml`` by cosine similarity over the pattern's features. Patterns and
    clusters are matched one to one so that the similarities add up to the most; a match
    below .55 is refused. A cluster without a pattern is described by its two largest
    differences.

    Parameters
    ----------
    profile : pandas.DataFrame
        From `profile_clusters`.
    lang : str, default="en"
        Language of ``segment`` and ``description``.
    kind : {"retail", "corporate"}, optional
        Keeps patterns of the other kind out. By default all take part.

    Returns
    -------
    dict of int to LabelSuggestion
        By cluster, ascending.

    Raises
    ------
    TableProblem
        If it is not a table `workbench.tables.PROFILE`.
    ParameterProblem
        If `kind` is unknown.

    Examples
    --------
    >>> import pandas as pd
    >>> profile = pd.DataFrame({
    ...     "cluster": [0, 0], "feature": ["shoe_size", "age"], "mean": [44.0, 50.0],
    ...     "mean_others": [40.0, 49.0], "difference": [1.4, 0.3], "p_value": [0.0, 0.1],
    ... })
    >>> suggest_labels(profile)[0].segment
    'High shoe size, high age'
    """
    if kind not in (None, "retail", "corporate"):
        raise ParameterProblem("insight_room.error.unknown_kind", kind=kind)
    table = PROFILE.check(profile)
    differences = table.pivot(index="cluster", columns="feature", values="difference").sort_index()
    patterns = [one for one in archetypes() if kind is None or one.kind in (kind, "any")]
    similarity = np.array(
        [[similarity_of(row, one) for one in patterns] for _, row in differences.iterrows()]
    )
    matched: dict[int, tuple[Archetype, float]] = {}
    if similarity.size:
        for row, column in zip(*linear_sum_assignment(-_worth(similarity)), strict=True):
            if similarity[row, column] >= SIMILAR:
                matched[int(differences.index[row])] = (patterns[column], float(similarity[row, column]))
    chinese = normal_language(lang) == "zh_CN"
    suggestions: dict[int, LabelSuggestion] = {}
    for cluster, row in differences.iterrows():
        number = int(str(cluster))
        if number in matched:
            suggestions[number] = _recognised(*matched[number], chinese)
        else:
            suggestions[number] = _described(row, chinese)
    unique = _made_unique(suggestions, differences, chinese)
    return {number: _with_reasons(one, table[table["cluster"] == number]) for number, one in unique.items()}


@cache
def archetypes() -> tuple[Archetype, ...]:
    """Return the patterns of ``archetypes.toml``, in its order."""
    text = resources.files(__package__).joinpath("archetypes.toml").read_text(encoding="utf-8")
    return tuple(
        Archetype(
            name=name,
            kind=entry["kind"],
            label=entry["label"],
            label_zh=entry["label_zh"],
            description=entry["description"],
            description_zh=entry["description_zh"],
            directions=dict(entry["directions"]),
            slot=int(entry.get("slot", 0)),
        )
        for name, entry in tomllib.loads(text).items()
    )


def similarity_of(differences: pd.Series, archetype: Archetype) -> float:
    """Return how much a cluster looks like an archetype, -1 to 1.

    The cosine over the archetype's features that are present. At least two, with half
    of the archetype's weight, must be; and a cluster that hardly differs from the
    others (a length under .5 a feature) looks like nothing: it scores less in
    proportion.

    Examples
    --------
    >>> import pandas as pd
    >>> pattern = Archetype("old", "any", "Old", "", "", "", {"age": 1.0, "tenure": 1.0})
    >>> round(similarity_of(pd.Series({"age": 1.0, "tenure": 0.0}), pattern), 3)
    0.707
    """
    shared = [name for name in archetype.directions if name in differences.index]
    wanted = np.array([archetype.directions[name] for name in shared])
    whole = np.linalg.norm(list(archetype.directions.values()))
    if len(shared) < 2 or np.linalg.norm(wanted) ** 2 < 0.5 * whole**2:
        return 0.0
    found = np.clip(np.nan_to_num(differences[shared].to_numpy(dtype="float64")), -_LARGEST, _LARGEST)
    length = float(np.linalg.norm(found))
    if length == 0:
        return 0.0
    cosine = float(found @ wanted) / (length * float(np.linalg.norm(wanted)))
    return cosine * min(1.0, length / (0.5 * np.sqrt(len(shared))))


def _with_reasons(suggestion: LabelSuggestion, rows: pd.DataFrame, most: int = 3) -> LabelSuggestion:
    pattern = next((one for one in archetypes() if one.name == suggestion.archetype), None)
    expected = pattern.directions if pattern else {}
    own = rows[rows["difference"].abs() >= _SMALL]
    if expected:
        wanted = own["feature"].map(expected).fillna(0.0)
        own = own[np.sign(wanted) == np.sign(own["difference"])]
    own = own.reindex(own["difference"].abs().sort_values(ascending=False, kind="stable").index).head(most)
    said = {lang: tuple(_reason(row, lang) for row in own.to_dict("records")) for lang in ("en", "zh_CN")}
    return replace(suggestion, reasons=said["en"], reasons_zh=said["zh_CN"])


def _reason(row: Mapping[Any, Any], lang: str) -> str:
    unit = str(row.get("unit") or "")
    return locale.text(
        "insight_room.label.reason",
        lang,
        feature=feature_label(str(row["feature"]), lang),
        difference=locale.signed(row["difference"]),
        mean=in_units(row["mean"], unit, lang),
        others=in_units(row["mean_others"], unit, lang),
    )


def _worth(similarity: np.ndarray) -> np.ndarray:
    """Let refused matches count nothing, so that they don't displace accepted ones."""
    return np.where(similarity >= SIMILAR, similarity, 0.0)


def _recognised(archetype: Archetype, similarity: float, chinese: bool) -> LabelSuggestion:
    return LabelSuggestion(
        archetype.label_zh if chinese else archetype.label,
        archetype.label_zh,
        archetype.description_zh if chinese else archetype.description,
        archetype.description_zh,
        archetype.name,
        similarity,
        archetype.slot,
    )


def describe_differences(differences: pd.Series, lang: str = "en", *, words: int = 2) -> LabelSuggestion:
    """Return a label that only describes the largest differences.

    Parameters
    ----------
    differences : pandas.Series
        Standardised differences by feature.
    lang : str, default="en"
        Language of ``segment`` and ``description``.
    words : int, default=2
        Features in the label.

    Examples
    --------
    >>> describe_differences(pd.Series({"age": 0.4, "balance_total": -1.2}), words=1).segment
    'Low balance'
    """
    return _described(differences, normal_language(lang) == "zh_CN", words)


def _described(differences: pd.Series, chinese: bool, words: int = 2) -> LabelSuggestion:
    ranked = differences.dropna().sort_values(key=lambda cells: -cells.abs(), kind="stable")
    notable = ranked[ranked.abs() >= _SMALL]
    label = {lang: _phrase(notable.iloc[:words], lang) for lang in ("en", "zh_CN")}
    sentence = {lang: _sentence(notable.iloc[:4], lang) for lang in ("en", "zh_CN")}
    own = "zh_CN" if chinese else "en"
    return LabelSuggestion(label[own], label["zh_CN"], sentence[own], sentence["zh_CN"])


def _phrase(differences: pd.Series, lang: str) -> str:
    if differences.empty:
        return locale.text("insight_room.label.average", lang)
    parts = _parts(differences, lang)
    text = locale.text("insight_room.label.between", lang).join(parts)
    return text[:1].upper() + text[1:]


def _sentence(differences: pd.Series, lang: str) -> str:
    if differences.empty:
        return locale.text("insight_room.label.average_description", lang)
    parts = locale.text("insight_room.label.between", lang).join(_parts(differences, lang))
    return locale.text("insight_room.label.description", lang, differences=parts)


def _parts(differences: pd.Series, lang: str) -> Sequence[str]:
    parts = []
    for name, difference in differences.items():
        feature = feature_label(str(name), lang)
        if name in catalogue.FLAGS:
            key = "insight_room.label.with" if difference > 0 else "insight_room.label.without"
        elif "=" in str(name):
            key = "insight_room.label.often" if difference > 0 else "insight_room.label.seldom"
        else:
            key = "insight_room.label.high" if difference > 0 else "insight_room.label.low"
        parts.append(locale.text(key, lang, feature=feature))
    return parts


def _made_unique(
    suggestions: dict[int, LabelSuggestion], differences: pd.DataFrame, chinese: bool
) -> dict[int, LabelSuggestion]:
    """Lengthen labels that repeat by further differences, at last by the cluster's number."""
    unique: dict[int, LabelSuggestion] = {}
    taken: set[str] = set()
    taken_zh: set[str] = set()
    for cluster, suggestion in suggestions.items():
        words = 2
        while suggestion.segment in taken or suggestion.segment_zh in taken_zh:
            words += 1
            if words > 4:
                suggestion = _numbered(suggestion, cluster)
                break
            suggestion = _described(pd.Series(differences.loc[cluster]), chinese, words)
        unique[cluster] = suggestion
        taken.add(suggestion.segment)
        taken_zh.add(suggestion.segment_zh)
    return unique


def _numbered(suggestion: LabelSuggestion, cluster: int) -> LabelSuggestion:
    return LabelSuggestion(
        f"{suggestion.segment} ({cluster})",
        f"{suggestion.segment_zh}（{cluster}）",
        suggestion.description,
        suggestion.description_zh,
    )
