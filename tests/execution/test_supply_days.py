"""When a quota runs out, and when no material holds: against counting day by day."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from scipy import stats

from workbench.errors import ParameterProblem
from workbench.execution import find_validity_problems, forecast_quota, place_versions

TODAY = dt.date(2026, 11, 2)


def quota(left: float, first: str = "2026-10-01", last: str | None = None) -> pd.DataFrame:
    ends = None if last is None else dt.date.fromisoformat(last)
    return pd.DataFrame(
        {
            "quota_id": [1],
            "left": [left],
            "valid_from": [dt.date.fromisoformat(first)],
            "valid_to": [ends],
        }
    )


def booked(*days: tuple[int, float]) -> pd.DataFrame:
    """Entries so many days before today: bookings, and what came back as a negative amount."""
    return pd.DataFrame(
        [
            {
                "quota_id": 1,
                "kind": "book" if amount > 0 else "return",
                "amount": -amount,
                "at": pd.Timestamp(TODAY) - pd.Timedelta(days=ago) + pd.Timedelta(hours=15),
            }
            for ago, amount in days
        ],
        columns=["quota_id", "kind", "amount", "at"],
    )


def test_the_forecast_is_that_of_selling_on_day_by_day() -> None:
    chance = np.random.default_rng(5)
    for _ in range(30):
        amounts = chance.integers(0, 4, 14).astype("float64")
        amounts[0] += 1
        left = float(chance.integers(1, 60))
        entries = booked(*[(ago, amount) for ago, amount in enumerate(amounts) if amount], (14, 99.0))
        row = forecast_quota(quota(left), entries, today=TODAY).iloc[0]
        day, rest = TODAY, left
        while rest > 1e-9:
            day, rest = day + dt.timedelta(days=1), rest - amounts.mean()
        assert (row["state"], row["runs_out"].date(), row["days"]) == ("runs_out", day, 14)
        ends = stats.t.interval(0.95, 13, amounts.mean(), stats.sem(amounts))
        assert (row["per_day_low"], row["per_day_high"]) == pytest.approx((max(ends[0], 0), ends[1]))
        assert row["earliest"] <= row["runs_out"]
        assert pd.isna(row["latest"]) == (ends[0] <= 0) or row["latest"] >= row["runs_out"]


@pytest.mark.parametrize(
    ("about", "entries", "state"),
    [
        (quota(0.0), booked((1, 5.0)), "used_up"),
        (quota(9.0, "2026-12-01"), booked(), "not_begun"),
        (quota(9.0, last="2026-10-30"), booked((9, 1.0)), "ended"),
        (quota(9.0), booked((14, 5.0)), "idle"),
        (quota(9.0), booked((3, 2.0), (2, -2.0)), "idle"),
        (quota(90.0, last="2026-11-30"), booked((1, 2.0)), "lasts"),
        (quota(1e9), booked((1, 2.0)), "lasts"),
    ],
)
def test_where_there_is_no_day_to_tell(about: pd.DataFrame, entries: pd.DataFrame, state: str) -> None:
    row = forecast_quota(about, entries, today=TODAY).iloc[0]
    assert row["state"] == state
    assert state == "lasts" or pd.isna(row["runs_out"])


def test_days_before_the_quota_don_t_count() -> None:
    row = forecast_quota(quota(4.0, "2026-11-01"), booked((0, 1.0), (1, 1.0)), today=TODAY).iloc[0]
    assert (row["days"], row["per_day"], row["runs_out"].date()) == (2, 1.0, dt.date(2026, 11, 6))
    one = forecast_quota(quota(4.0, "2026-11-02"), booked((0, 1.0)), today=TODAY).iloc[0]
    assert pd.isna(one["latest"])
    assert forecast_quota(quota(1.0).iloc[:0], booked(), today=TODAY).empty
    with pytest.raises(ParameterProblem, match="at least one day"):
        forecast_quota(quota(1.0), booked(), today=TODAY, window=0)


def versions(*spans: tuple[int, int | None]) -> pd.DataFrame:
    """Versions of one name, from and to so many days after the first of October."""
    first = dt.date(2026, 10, 1)
    rows = [
        {
            "name": "rate",
            "version": number,
            "valid_from": first + dt.timedelta(days=begin),
            "valid_to": None if end is None else first + dt.timedelta(days=end),
            "withdrawn_at": None,
        }
        for number, (begin, end) in enumerate(spans, 1)
    ]
    return pd.DataFrame(rows)


def test_gaps_and_overlaps_are_those_of_counting_each_day() -> None:
    chance = np.random.default_rng(2)
    for _ in range(60):
        spans = [(int(b), int(b + chance.integers(0, 9))) for b in chance.integers(0, 40, 4)]
        found = find_validity_problems(versions(*spans), today="2026-10-01", soon=0)
        holders = [sum(b <= day <= e for b, e in spans) for day in range(60)]
        first, last = min(b for b, _ in spans), max(e for _, e in spans)
        told: dict[str, set[int]] = {"gap": set(), "overlap": set()}
        for row in found[found["problem"].isin(["gap", "overlap"])].itertuples():
            begin, end = ((day - pd.Timestamp("2026-10-01")).days for day in (row.first, row.last))
            told[row.problem] |= set(range(begin, end + 1))
        assert told["gap"] == {day for day in range(first, last + 1) if holders[day] == 0}
        assert told["overlap"] == {day for day, n in enumerate(holders) if n > 1}


def test_what_ends_without_a_successor_is_said() -> None:
    def problems(today: str, *spans: tuple[int, int | None]) -> list[str]:
        return find_validity_problems(versions(*spans), today=today)["problem"].tolist()

    assert problems("2026-11-01", (0, 9)) == ["ended"]
    assert problems("2026-10-02", (0, 9)) == ["ends_soon"]
    assert problems("2026-10-02", (0, 30)) == []
    assert problems("2026-10-02", (0, 9), (10, None)) == []
    assert problems("2026-10-02", (0, 9), (5, None)) == ["overlap"]
    gone = versions((0, 9), (5, None)).assign(withdrawn_at=[None, pd.Timestamp("2026-10-02")])
    assert find_validity_problems(gone, today="2026-11-01")["problem"].tolist() == ["ended"]
    assert place_versions(gone, today="2026-10-03")["state"].tolist() == ["current", "withdrawn"]
    later = place_versions(versions((0, 2), (5, None), (9, 12)), today="2026-10-06")
    assert later["state"].tolist() == ["past", "current", "next"]
    with pytest.raises(ParameterProblem, match="0 days or more"):
        find_validity_problems(later, today="2026-10-06", soon=-1)
