"""Judge a fitted model on later contacts: figures with intervals, and what drives it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.strategy.propensity import measures
from workbench.strategy.propensity.calibration import apply_calibration, sigmoid
from workbench.strategy.propensity.learners import Learner

Vector = npt.NDArray[np.float64]
FIGURES = (
    "auc",
    "auc_low",
    "auc_high",
    "brier",
    "brier_low",
    "brier_high",
    "brier_base",
    "brier_uncalibrated",
    "log_loss",
    "log_loss_low",
    "log_loss_high",
    "log_loss_base",
    "alift",
    "alift_low",
    "alift_high",
    "top_lift",
    "top_lift_low",
    "top_lift_high",
)
MOST_BINS = 10
# A bin of fewer contacts says little, and could not be shown to everyone.
_FEWEST_IN_BIN = 15
_MOST_SHUFFLED = 3000


def judge(responded: Vector, logits: Vector, calibration: dict, earlier_rate: float) -> dict[str, float]:
    """Return the figures of one model on later contacts.

    Parameters
    ----------
    responded, logits : ndarray of shape (n,)
        Outcomes (0, 1) and log-odds before calibration.
    calibration : dict
        As `fit_calibration` returns it.
    earlier_rate : float
        Response rate of the earlier contacts: what one would say of everybody without a
        model, for ``brier_base`` and ``log_loss_base``.

    Returns
    -------
    dict of str to float
        `FIGURES`: the AUC with DeLong's interval, ALIFT with the same interval carried
        over (it is a straight line of the AUC), Brier score and log loss with the normal
        interval of a mean, the best tenth's lift with Wilson's.
    """
    chance = apply_calibration(calibration, logits)
    rate = float(responded.mean()) if responded.size else float("nan")
    auc_low, auc_high = measures.auc_interval(responded, chance)
    losses = measures.log_losses(responded, chance)
    brier_low, brier_high = measures.mean_interval((chance - responded) ** 2)
    log_low, log_high = measures.mean_interval(losses)
    base = np.full(len(responded), earlier_rate)
    best = measures.gains_table(responded, chance).iloc[0]
    return {
        "auc": measures.rank_auc(responded, chance),
        "auc_low": auc_low,
        "auc_high": auc_high,
        "brier": measures.brier_score(responded, chance),
        "brier_low": brier_low,
        "brier_high": brier_high,
        "brier_base": measures.brier_score(responded, base),
        "brier_uncalibrated": measures.brier_score(responded, sigmoid(logits)),
        "log_loss": float(losses.mean()) if losses.size else float("nan"),
        "log_loss_low": log_low,
        "log_loss_high": log_high,
        "log_loss_base": float(measures.log_losses(responded, base).mean()),
        "alift": measures.cumulative_lift_area(responded, chance),
        "alift_low": rate / 2 + (1 - rate) * auc_low,
        "alift_high": rate / 2 + (1 - rate) * auc_high,
        "top_lift": measures.top_lift(responded, chance),
        "top_lift_low": float(best["lift_low"]),
        "top_lift_high": float(best["lift_high"]),
    }


def judged_tables(responded: Vector, chance: Vector) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the reliability table and the gains table, in at most ten groups that are not too small."""
    bins = max(2, min(MOST_BINS, len(responded) // _FEWEST_IN_BIN))
    return measures.reliability_table(responded, chance, bins), measures.gains_table(responded, chance, bins)


def find_drivers(
    learner: Learner,
    columns: pd.DataFrame,
    responded: Vector,
    *,
    random_state: int = 0,
    n_repeats: int = 2,
) -> pd.DataFrame:
    """Return how much worse a model tells contacts apart when one column is shuffled.

    Parameters
    ----------
    learner : Regression or Boosting
        Fitted on other contacts than these.
    columns : pandas.DataFrame
        The columns that it learned from, of later contacts. Of more than 3,000, as many
        evenly spaced ones are taken.
    responded : ndarray of shape (n,)
        Outcomes (0, 1).
    random_state : int, default=0
        Seed of the shuffling.
    n_repeats : int, default=2
        How often each column is shuffled; their mean counts.

    Returns
    -------
    pandas.DataFrame
        ``column``, ``importance`` (loss of AUC) with ``ci_low``, ``ci_high`` (95%, by
        DeLong's components of the paired difference), ``direction`` (rank correlation of
        the column with the prediction; missing for words), the most important first.
        Columns that the model does not use have an importance of 0.

    References
    ----------
    Breiman, L. (2001). Random forests. Machine Learning 45, 5-32. Fisher, A., Rudin, C.,
    Dominici, F. (2019). All models are wrong, but many are useful. JMLR 20 (177).
    """
    taken = np.unique(np.linspace(0, len(columns) - 1, min(len(columns), _MOST_SHUFFLED)).astype(int))
    numbers, y = learner.encoder.transform(columns.iloc[taken]), responded[taken]
    sources, used = np.asarray(learner.encoder.sources_), learner.used()
    logits = learner.logits_of(numbers)
    above, below = measures.auc_parts(y, logits)
    enough = min(len(above), len(below)) >= 2
    rng = np.random.default_rng(random_state)
    ranks, rows = pd.Series(logits).rank(), []
    for at, column in enumerate(learner.encoder.columns_):
        mine = np.flatnonzero(sources == at)
        importance = error = 0.0
        if enough and used & set(mine.tolist()):
            lost = [np.zeros(len(above)), np.zeros(len(below))]
            for _ in range(n_repeats):
                shuffled = numbers.copy()
                shuffled[:, mine] = numbers[np.ix_(rng.permutation(len(numbers)), mine)]
                parts = measures.auc_parts(y, learner.logits_of(shuffled))
                lost[0] += (above - parts[0]) / n_repeats
                lost[1] += (below - parts[1]) / n_repeats
            importance = float(lost[0].mean())
            error = float(sum(part.var(ddof=1) / len(part) for part in lost)) ** 0.5
        direction = float("nan")
        if column["kind"] != "word" and importance:
            values = pd.Series(numbers[:, mine[0]]).rank()
            direction = float(values.corr(ranks)) if values.nunique() > 1 else float("nan")
        rows.append(
            (column["name"], importance, importance - 1.96 * error, importance + 1.96 * error, direction)
        )
    found = pd.DataFrame(rows, columns=["column", "importance", "ci_low", "ci_high", "direction"])
    found = found.astype({"column": "str"})
    return found.sort_values("importance", ascending=False, kind="stable", ignore_index=True)
