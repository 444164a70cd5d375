"""How probable it is that two records are one person: Splink on DuckDB, an optional extra."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import numpy as np
import pandas as pd

from workbench.customers.identity import record_keys
from workbench.errors import MachineProblem, ParameterProblem

FIELDS = ("name", "birth_date", "phone", "region", "gender", "employer")
"""What two records are compared by, in the order shown."""
AGREEMENT = {-1: "unknown", 0: "different", 1: "close", 2: "same"}
_LEVELS = {"name": 2, "birth_date": 2, "phone": 2, "region": 1, "gender": 1, "employer": 1}
_FREQUENCIES = ("name", "phone", "employer")
_BLOCKS: tuple[tuple[str, ...], ...] = (("phone",), ("birth_date",), ("name",))
_SURE = (("phone", "birth_date"), ("name", "birth_date"), ("name", "phone"))
_RECALL = 0.8
# What a match looks like before the data say: read from typical registers.
_M = {2: [0.85, 0.1, 0.05], 1: [0.9, 0.1]}
FEWEST_TO_LEARN = 50
"""Sure pairs under which the share of slips among matches is not learned but assumed."""
SAMPLED_PAIRS = 500_000
# One slip leaves the first or the last four signs of a date as they are; costs far less to see.
_CLOSE_DATES = (
    "(left(birth_date_l, 4) = left(birth_date_r, 4) OR right(birth_date_l, 4) = right(birth_date_r, 4))"
    " AND damerau_levenshtein(birth_date_l, birth_date_r) <= 1"
)


@dataclass(frozen=True)
class Linkage:
    """Probable pairs, and the model that weighed them.

    Parameters
    ----------
    pairs : pandas.DataFrame
        The most probable first: record_id, other_id, match_probability, match_weight
        (base-2 logarithm of the odds), and for each compared field what it says: same,
        close (one slip apart), different or unknown.
    parameters : pandas.DataFrame
        field, agreement, m (probability among matches), u (among all others).
    prior : float
        Probability that two records drawn at random match.
    learned : bool
        Whether m was learned from the records; else it is assumed, see `FEWEST_TO_LEARN`.
    frequencies : tuple of str
        Fields whose common values count less when they agree.
    """

    pairs: pd.DataFrame
    parameters: pd.DataFrame
    prior: float
    learned: bool
    frequencies: tuple[str, ...] = _FREQUENCIES


def can_link() -> bool:
    """Say whether the extra ``linkage`` is installed.

    Examples
    --------
    >>> can_link() in (True, False)
    True
    """
    return find_spec("splink") is not None


def link_records(
    records: pd.DataFrame,
    *,
    least: float = 0.05,
    random_state: int = 0,
    threads: int = 1,
    progress: Callable[[float, str], None] | None = None,
) -> Linkage:
    """Weigh which records are one person, by the model of Fellegi and Sunter.

    Pairs that share a telephone, a day of birth or a name are compared in what both
    know. How often a field agrees by chance (u) is measured on random pairs; how often it
    agrees among matches (m) is learned by expectation maximisation, where at least 50
    pairs are sure enough to learn from. A common name or telephone counts less than a
    rare one. The same records and seed give the same result.

    Parameters
    ----------
    records : pandas.DataFrame
        One row a record; see `workbench.customers.identity.record_keys`.
    least : float, default=0.05
        Pairs less probable than this are left out.
    random_state : int, default=0
        Seed of the random pairs.
    threads : int, default=1
        Of DuckDB. With more, the last digits of a probability may differ between runs.
    progress : callable, optional
        Called with the share done and the key of the phase's name.

    Returns
    -------
    Linkage

    Raises
    ------
    MachineProblem
        If the extra ``linkage`` is not installed.
    ParameterProblem
        If there are fewer than two records, or less than two fields to compare.

    References
    ----------
    I. P. Fellegi, A. B. Sunter: A Theory for Record Linkage. Journal of the American
    Statistical Association 64 (1969). R. Linacre et al.: Splink. International Journal of
    Population Data Science 7 (2022).

    Examples
    --------
    >>> records = pd.DataFrame({"record_id": ["1"], "source": ["crm"]})
    >>> link_records(records)
    Traceback (most recent call last):
    ...
    workbench.errors.ParameterProblem: 1 records with the fields – can't be compared. Bring ...
    """
    keys = record_keys(records)
    fields = [name for name in FIELDS if keys[name].nunique() > 1]
    blocks = [names for names in _BLOCKS if set(names) <= set(fields)]
    if len(keys) < 2 or len(fields) < 2 or not blocks:
        raise ParameterProblem("engine.error.nothing_to_link", n=len(keys), fields=", ".join(fields) or "–")
    if not can_link():
        raise MachineProblem("engine.error.no_linkage")
    tell = progress or _silent
    sure = _sure_pairs(keys, fields)
    every = len(keys) * (len(keys) - 1) / 2
    prior = max(sure, 1.0) / _RECALL / every
    with _model(keys, fields, blocks, min(prior, 0.5), threads) as linker:
        from splink import block_on

        tell(0.1, "engine.phase.chance")
        linker.training.estimate_u_using_random_sampling(
            max_pairs=min(SAMPLED_PAIRS, 4 * every),
            seed=random_state,
            num_chunks=1,
            min_count_per_level=None,
        )
        learned = sure >= FEWEST_TO_LEARN and len(blocks) > 1
        for place, names in enumerate(blocks if learned else ()):
            tell(0.5 + 0.1 * place, "engine.phase.learning")
            linker.training.estimate_parameters_using_expectation_maximisation(
                block_on(*names), fix_probability_two_random_records_match=False
            )
        tell(0.8, "engine.phase.comparing")
        found = linker.inference.predict(threshold_match_probability=least, warning_mode="never")
        pairs = _pairs(found.as_pandas_dataframe(), fields)
        model = linker.misc.save_model_to_json()
    tell(1.0, "engine.phase.comparing")
    return Linkage(
        pairs,
        _parameters(model),
        float(model["probability_two_random_records_match"]),
        learned,
        tuple(name for name in _FREQUENCIES if name in fields),
    )


def _silent(_share: float, _phase: str) -> None:
    """Nobody listens."""


def _sure_pairs(keys: pd.DataFrame, fields: list[str]) -> float:
    """Return how many pairs agree in two telling fields; most of these are matches."""
    found: set[tuple[int, int]] = set()
    for names in _SURE:
        if not set(names) <= set(fields):
            continue
        both = keys[list(names)].dropna()
        shared = both[both.duplicated(keep=False)]
        for rows in shared.groupby(list(names), sort=False).indices.values():
            at = shared.index.to_numpy()[rows][:50]
            one, other = np.triu_indices(len(at), 1)
            found.update(zip(at[one].tolist(), at[other].tolist(), strict=True))
    return float(len(found))


@contextmanager
def _model(
    keys: pd.DataFrame, fields: list[str], blocks: Sequence[tuple[str, ...]], prior: float, threads: int
) -> Iterator[Any]:
    import duckdb
    import pyarrow as pa
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    logger = logging.getLogger("splink")
    level = logger.level
    connection = duckdb.connect()
    try:
        connection.execute(f"SET threads = {int(threads)}")
        api = DuckDBAPI(connection)
        shown = pa.Table.from_pandas(keys[["record_id", *fields]], preserve_index=False)
        settings = SettingsCreator(
            link_type="dedupe_only",
            unique_id_column_name="record_id",
            probability_two_random_records_match=prior,
            comparisons=[_comparison(name) for name in fields],
            blocking_rules_to_generate_predictions=[block_on(*names) for names in blocks],
            retain_matching_columns=True,
            retain_intermediate_calculation_columns=True,
        )
        linker = Linker(
            api.register(shown, dataset_display_name="records"),
            settings,
            log_level=logging.ERROR,
            validate_settings=False,
        )
        logger.setLevel(logging.ERROR)
        yield linker
    finally:
        logger.setLevel(level)
        connection.close()


def _comparison(name: str) -> Any:
    import splink.comparison_level_library as levels
    import splink.comparison_library as comparisons

    steps: list[Any] = [
        levels.NullLevel(name),
        levels.ExactMatchLevel(name, term_frequency_adjustments=name in _FREQUENCIES),
    ]
    if name == "birth_date":
        steps.append(levels.CustomLevel(_CLOSE_DATES, "one slip apart"))
    elif _LEVELS[name] == 2:
        steps.append(levels.DamerauLevenshteinLevel(name, distance_threshold=1))
    steps.append(levels.ElseLevel())
    made = comparisons.CustomComparison(output_column_name=name, comparison_levels=steps)
    return made.configure(m_probabilities=_M[_LEVELS[name]])


def _pairs(found: pd.DataFrame, fields: list[str]) -> pd.DataFrame:
    one, other = found["record_id_l"].astype("str"), found["record_id_r"].astype("str")
    swapped = one > other
    pairs = pd.DataFrame(
        {
            "record_id": one.where(~swapped, other),
            "other_id": other.where(~swapped, one),
            "match_probability": found["match_probability"].astype("float64"),
            "match_weight": found["match_weight"].astype("float64"),
        }
    )
    for name in fields:
        step = found[f"gamma_{name}"].astype("int64")
        # A field without a level for slips knows only same and different.
        step = step.where((step < 1) | (_LEVELS[name] == 2), 2)
        pairs[name] = step.map(AGREEMENT).astype("str")
    return pairs.sort_values(
        ["match_probability", "record_id", "other_id"], ascending=[False, True, True], ignore_index=True
    )


def _parameters(model: dict[str, Any]) -> pd.DataFrame:
    rows = []
    for comparison in model["comparisons"]:
        steps = [step for step in comparison["comparison_levels"] if not step.get("is_null_level")]
        words = ("same", "close", "different") if len(steps) == 3 else ("same", "different")
        for step, word in zip(steps, words, strict=True):
            # What was never seen in training has no probability of its own.
            m, u = step.get("m_probability"), step.get("u_probability")
            rows.append((comparison["output_column_name"], word, m, u))
    return pd.DataFrame(rows, columns=["field", "agreement", "m", "u"]).astype(
        {"field": "str", "agreement": "str", "m": "float64", "u": "float64"}
    )
