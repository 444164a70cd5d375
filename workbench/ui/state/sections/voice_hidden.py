"""What a viewer may not see of front-line feedback: counts of few notes, and what gives them away."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from workbench.execution.feedback import RISEN
from workbench.insight import hide_small_cells

PERIODS = ("n_new", "n_before")
HIDDEN = "hidden"
_RESTS_ON_BOTH = ("limit", "expected", "rate_new", "rate_before")


@dataclass(frozen=True)
class HiddenVoice:
    """A digest, and its sums, as a viewer may see them.

    Parameters
    ----------
    digest : pandas.DataFrame
        As `workbench.digest_feedback` returns it; hidden counts, and what rests on them, are
        missing, and a trend that rests on a hidden count is ``"hidden"`` unless it rises.
    n, n_new : float or None
        Notes of all codes, and those of the newest days; None where hidden.
    """

    digest: pd.DataFrame
    n: float | None
    n_new: float | None


def show_voice(digest: pd.DataFrame) -> HiddenVoice:
    """Return a digest with nothing hidden."""
    return HiddenVoice(digest, float(digest["n"].sum()), float(digest["n_new"].sum()))


def hide_voice(digest: pd.DataFrame, minimum: int) -> HiddenVoice:
    """Return a digest of all strategies with small counts hidden, so that none can be derived.

    Each code is split into the newest days and those before; both, their sums and the sums of
    each period are taken to be shown.

    Parameters
    ----------
    digest : pandas.DataFrame
        As `workbench.digest_feedback` returns it.
    minimum : int
        The smallest count that is shown.
    """
    if digest.empty:
        return show_voice(digest)
    cells = digest.melt("code", list(PERIODS), var_name="period", value_name="cell")
    cells["cell"] = cells["cell"].astype("int64")
    found = hide_small_cells(cells, minimum, by=("code", "period"), count="cell", totals=True)
    hidden = found[found["hidden"]]
    concealed = {
        (None if pd.isna(code) else str(code), "n" if pd.isna(period) else str(period))
        for code, period in zip(hidden["code"], hidden["period"], strict=True)
    }
    shown = digest.copy()
    for column in ("n", *PERIODS):
        mask = [(code, column) in concealed for code in shown["code"]]
        shown[column] = shown[column].astype("float64").mask(pd.Series(mask, index=shown.index))
    whole = (None, "n") in concealed
    partly = shown[list(PERIODS)].isna().any(axis=1)
    for column in _RESTS_ON_BOTH:
        shown[column] = shown[column].mask(partly)
    shown["share"] = shown["share"].mask(shown["n"].isna() | whole)
    # That something rises is said also where its counts are hidden: it gives no count away.
    shown["trend"] = shown["trend"].mask(partly & ~shown["trend"].isin(RISEN), HIDDEN)
    # In the order of what is shown: the place of a hidden count would tell of it.
    shown = shown.assign(_usual=~shown["trend"].isin(RISEN))
    shown = shown.sort_values(
        ["_usual", "n", "code"], ascending=[True, False, True], na_position="last", ignore_index=True
    ).drop(columns="_usual")
    return HiddenVoice(
        shown,
        None if whole else float(digest["n"].sum()),
        None if (None, "n_new") in concealed else float(digest["n_new"].sum()),
    )


def hide_strategies(counts: pd.DataFrame, minimum: int, whole: float | None) -> pd.DataFrame:
    """Return how much was said of each strategy with small counts missing.

    Parameters
    ----------
    counts : pandas.DataFrame
        ``strategy_id`` and ``n``, all strategies.
    minimum : int
        The smallest count that is shown.
    whole : float or None
        The sum of all as it is shown beside; None where it is hidden, and then none is shown
        here from which it could be added up.
    """
    if whole is None or counts.empty:
        return counts.assign(n=float("nan"))
    found = hide_small_cells(counts[["strategy_id", "n"]], minimum, by=("strategy_id",), count="n")
    n = counts["n"].astype("float64").mask(found["hidden"].to_numpy())
    return counts.assign(n=n)
