"""Which features a segmentation should not use, and what the others are like."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd

from workbench import locale
from workbench.insight import catalogue
from workbench.insight.columns import names_an_identifier
from workbench.insight.features import NOTES, feature_label
from workbench.insight.scaling import WINSOR_LIMITS, bare

MESSAGE_PREFIXES = ("insight_clusters.reason.", "insight_clusters.warning.")

# From this share of customers with one value on, a feature tells hardly anybody apart.
NEARLY_CONSTANT = 0.99
# From this correlation on, two features say the same.
SAME = 0.999
# Customers a feature, under which distances mean little.
ROWS_PER_FEATURE = 10
# Beyond so many interquartile ranges from the quartiles lies an outlier (Tukey).
_FENCE = 3.0
# Rows that pairs of features are first compared on.
_PAIR_ROWS = 20_000

EXCLUDED_COLUMNS = ("feature", "reason", "value", "other")
NOTE_COLUMNS = ("feature", "skewness", "outlier_share", "low", "high", "distinct")


@dataclass(frozen=True)
class Preparation:
    """What was left out of the features, and what those in use are like.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n_customers, n_features)
        Those to use, with the notes of `build_features`.
    excluded : pandas.DataFrame
        One row a column left out: ``feature``, ``reason`` (not_a_number, not_finite,
        constant, near_constant, identifier, derived, after_contact, duplicate; and those
        of `build_features`),
        ``value`` (share, count or correlation that the reason rests on; missing where
        there is none) and ``other`` (the feature that it repeats; empty otherwise).
    notes : pandas.DataFrame
        One row a feature in use: ``feature``, ``skewness``, ``outlier_share`` (beyond
        three interquartile ranges from the quartiles), ``low`` and ``high`` (1st and 99th
        percentile, where ``outliers="winsorise"`` cuts), ``distinct`` (different values).
    warnings : tuple of str
        ``too_many_features``, ``few_customers`` or ``no_features``.
    """

    features: pd.DataFrame
    excluded: pd.DataFrame
    notes: pd.DataFrame
    warnings: tuple[str, ...] = ()

    def reasons(self, lang: str = "en") -> list[tuple[str, str]]:
        """Return each column left out with a sentence that says why.

        Parameters
        ----------
        lang : str, default="en"
            ``"en"`` or ``"zh_CN"``.
        """
        return [
            (
                str(row.feature),
                reason_text(str(row.reason), float(cast("float", row.value)), str(row.other), lang),
            )
            for row in self.excluded.itertuples()
        ]

    def warning_texts(self, lang: str = "en") -> list[str]:
        """Return a sentence for each warning."""
        n, p = self.features.shape
        return [locale.text(f"insight_clusters.warning.{name}", lang, n=n, p=p) for name in self.warnings]


def prepare_features(
    features: pd.DataFrame,
    *,
    after_contact: Collection[str] = (),
    leaking: Collection[str] = (),
) -> Preparation:
    """Leave out the features that clusters should not be made from, with a reason each.

    Left out, in this order: columns that are no numbers or have empty or infinite cells;
    constant ones, and those in which 99% of the customers share one value; identifiers
    (a different whole number for every customer, under a name like one); what is derived
    from other columns or is what a segmentation is to be judged by (``tier``,
    ``lifecycle_stage``, facts of campaigns, `leaking`); what is known only after the
    contact; and of two features with a correlation of .999 or more the later one. The
    columns of one variable (``"job=retired"`` …) are not compared with each other.

    Parameters
    ----------
    features : pandas.DataFrame of shape (n_customers, n_features)
        From `build_features`, or any numbers.
    after_contact : collection of str, default=()
        Columns known only after a contact, as the mapping's ``after_contact`` says; with
        or without the table before a dot.
    leaking : collection of str, default=()
        Other columns that give away what is not to be known: an outcome, a label.

    Returns
    -------
    Preparation

    Examples
    --------
    >>> import pandas as pd
    >>> features = pd.DataFrame({
    ...     "age": [float(i) for i in range(40)],
    ...     "months": [12.0 * i for i in range(40)],
    ...     "country": [1.0] * 40,
    ...     "tier=basic": [0.0, 1.0] * 20,
    ... })
    >>> prepared = prepare_features(features)
    >>> list(prepared.features), prepared.excluded["reason"].tolist()
    (['age'], ['constant', 'derived', 'duplicate'])
    >>> prepared.reasons()[0]
    ('country', 'It is the same for all customers.')
    """
    left: list[tuple[str, str, float, str]] = []
    known_later = {str(name).rpartition(".")[2] for name in after_contact}
    kept: list[str] = []
    values: dict[str, np.ndarray] = {}
    for name, cells in zip(map(str, features.columns), _columns(features), strict=True):
        reason, value = _by_itself(name, cells, known_later, set(map(str, leaking)))
        if reason:
            left.append((name, reason, value, ""))
        else:
            kept.append(name)
            values[name] = cells
    table = np.column_stack([values[name] for name in kept]) if kept else np.empty((len(features), 0))
    repeated = _repeated(kept, table)
    left += [(name, "duplicate", value, other) for name, (other, value) in repeated.items()]
    left += _left_before(features)
    kept = [name for name in kept if name not in repeated]
    excluded = pd.DataFrame(left, columns=list(EXCLUDED_COLUMNS)).astype(
        {"feature": "str", "reason": "str", "value": "float64", "other": "str"}
    )
    notes = pd.DataFrame([_note(name, values[name]) for name in kept], columns=list(NOTE_COLUMNS))
    return Preparation(_chosen(features, kept), excluded, notes, _warnings(len(features), len(kept)))


def reason_text(reason: str, value: float, other: str, lang: str = "en") -> str:
    """Return the sentence that says why a column is left out.

    Examples
    --------
    >>> reason_text("near_constant", 0.995, "")
    '99.5% of the customers have the same value.'
    """
    key = f"insight_clusters.reason.{reason}"
    values: dict[str, Any] = {}
    if reason == "near_constant":
        values = {"share": locale.percent(value)}
    elif reason == "not_finite":
        values = {"n": locale.count(int(value), lang)}
    elif reason == "duplicate":
        values = {"other": feature_label(other, lang), "r": locale.decimal(value, 3)}
    return locale.text(key, lang, **values)


def _left_before(features: pd.DataFrame) -> list[tuple[str, str, float, str]]:
    """Return what `build_features` has left out already."""
    notes = features.attrs.get(NOTES) or []
    return [(n["feature"], n["reason_excluded"], float("nan"), "") for n in notes if n["reason_excluded"]]


def _columns(features: pd.DataFrame) -> list[Any]:
    """Return each column's cells as numbers, or None where they are none."""
    found: list[Any] = []
    features = bare(features)
    for position in range(features.shape[1]):
        cells = features.iloc[:, position]
        number = pd.api.types.is_numeric_dtype(cells.dtype) or pd.api.types.is_bool_dtype(cells.dtype)
        found.append(cells.to_numpy(dtype="float64", na_value=np.nan) if number else None)
    return found


def _by_itself(
    name: str, cells: np.ndarray | None, known_later: set[str], leaking: set[str]
) -> tuple[str, float]:
    """Return why a column is left out whatever the others are, and the figure behind it."""
    nothing = float("nan")
    source = name.partition("=")[0]
    if cells is None:
        return "not_a_number", nothing
    lacking = int((~np.isfinite(cells)).sum())
    if lacking:
        return "not_finite", float(lacking)
    if not len(cells):
        return "constant", nothing
    # A tolerance, because a share of a share may differ in its last bit only.
    if float(np.ptp(cells)) <= 1e-12 * max(1.0, float(np.abs(cells).max())):
        return "constant", 1.0
    if {name, source} & known_later:
        return "after_contact", nothing
    if {name, source} & leaking or catalogue.EXCLUDED.get(source.lower()) in ("derived", "campaign"):
        return "derived", nothing
    different, counts = np.unique(cells, return_counts=True)
    whole = len(different) == len(cells) > 2 and bool((cells == np.round(cells)).all())
    if whole and source not in catalogue.RULES and names_an_identifier(source):
        return "identifier", float(len(different))
    share = float(counts.max()) / len(cells)
    return ("near_constant", share) if share >= NEARLY_CONSTANT else ("", nothing)


def _repeated(names: Sequence[str], values: np.ndarray) -> dict[str, tuple[str, float]]:
    """Return each feature that repeats an earlier one, with that one and the correlation."""
    n = len(values)
    if n < 3 or len(names) < 2:
        return {}
    rows = values[:: max(1, n // _PAIR_ROWS)]
    close = np.argwhere(np.triu(np.abs(_correlations(rows)) >= SAME, 1))
    found: dict[str, tuple[str, float]] = {}
    for one, other in close.tolist():
        first, second = names[one], names[other]
        column, _, level = first.partition("=")
        siblings = bool(level) and column == second.partition("=")[0]
        if first in found or second in found or siblings:
            continue
        exact = float(_correlations(values[:, [one, other]])[0, 1])
        if abs(exact) >= SAME:
            found[second] = (first, exact)
    return found


def _correlations(values: np.ndarray) -> np.ndarray:
    centred = values - values.mean(axis=0)
    lengths = np.sqrt((centred**2).sum(axis=0))
    unit = np.divide(centred, lengths, out=np.zeros(centred.shape), where=lengths > 0)
    return np.asarray(unit.T @ unit)


def _note(name: str, cells: np.ndarray) -> tuple[Any, ...]:
    centred = cells - cells.mean()
    spread = float(np.sqrt((centred**2).mean()))
    skewness = float((centred**3).mean()) / spread**3 if spread > 0 else 0.0
    quarter, three_quarters = np.quantile(cells, [0.25, 0.75])
    reach = _FENCE * (three_quarters - quarter)
    # Where half of the customers share a value, the fences say nothing.
    far = (
        (cells < quarter - reach) | (cells > three_quarters + reach) if reach > 0 else np.zeros(1, dtype=bool)
    )
    low, high = np.quantile(cells, WINSOR_LIMITS)
    return name, skewness, float(far.mean()), float(low), float(high), len(np.unique(cells))


def _warnings(n: int, p: int) -> tuple[str, ...]:
    if n < catalogue.MINIMUM_ROWS:
        return ("few_customers",)
    if not p:
        return ("no_features",)
    return ("too_many_features",) if p * ROWS_PER_FEATURE > n else ()


def _chosen(features: pd.DataFrame, kept: Sequence[str]) -> pd.DataFrame:
    notes = features.attrs.get(NOTES)
    names = {str(name): name for name in features.columns}
    chosen = bare(features)[[names[name] for name in kept]]
    if notes:
        used = set(kept)
        chosen.attrs[NOTES] = [note for note in notes if note["reason_excluded"] or note["feature"] in used]
    return chosen
