"""Do the review's intervals keep their word? Simulated campaigns with the sample bank's planted truth.

    python benchmarks/coverage.py [--runs 2000] [--seed 5]

Each run is a campaign of the sample bank: customers of a segment get an offer by a channel,
are reached or not, and answer as `workbench.sample_bank.effects` planted it, so that the
true effect is known to the last digit. Printed is how often the intervals cover it, how
often somebody who looks every day is misled, and how often the checks cry wolf, each beside
what is promised; a broken promise ends the run with an error.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.review import (
    CupedResult,
    Difference,
    PairSums,
    Sums,
    adjust_benjamini_hochberg,
    adjust_cuped,
    adjust_holm,
    check_sample_ratios,
    compare_means,
    compare_proportions,
    compare_rates,
    rate_sequence,
    relative_lift,
)
from workbench.sample_bank.effects import draw_responses, plant_effects

RUNS, CUSTOMERS, CONTROL_SHARE, DAYS = 2_000, 4_000, 0.2, 60
PROVEN = ("happy_retirees", "time_deposit", "phone")
NOTHING = ("dormant_savers", "winback_gift", "sms")
LEAN, SPREAD = 0.45, 0.6
"""How the sample bank's answers vary: by engagement, and in their amounts (log scale)."""
ROWS = 400_000
COVERED, MISLED, CRIED, FOUND = (0.94, 0.96), (0.0, 0.05), (0.0, 0.002), (0.0, 0.05)


@dataclass
class Figure:
    """One measured share, and between what it was promised to lie; no promise is a contrast."""

    name: str
    share: float
    runs: int
    promised: tuple[float, float] | None = None

    @property
    def holds(self) -> bool:
        """Whether the promise is kept."""
        return self.promised is None or self.promised[0] <= self.share <= self.promised[1]

    def __str__(self) -> str:
        error = np.sqrt(self.share * (1 - self.share) / self.runs)
        promised = "contrast"
        if self.promised is not None:
            promised = f"promised {self.promised[0]:.1%} to {self.promised[1]:.1%}"
        sign = "" if self.holds else "  BROKEN"
        return f"{self.name:<82}{self.share:8.2%} ± {error:.2%}  {promised}{sign}"


@dataclass
class Truth:
    """What was planted for one segment, offer and channel, over all customers."""

    control: float
    treatment: float
    amount: float

    @property
    def uplift(self) -> float:
        """Effect of being drawn into the treatment, in points."""
        return self.treatment - self.control


def planted(where: tuple[str, str, str]) -> Truth:
    """Integrate the planted chances over engagement (Gauss and Hermite)."""
    row = plant_effects().set_index(["segment", "offer", "channel"]).loc[where]
    nodes, weights = np.polynomial.hermite_e.hermegauss(201)
    lean = np.exp(LEAN * nodes - LEAN**2 / 2)

    def rate(effect: float) -> float:
        chance = np.clip(row["base_response"] * lean + effect, 0.002, 0.95)
        return float((weights * chance).sum() / weights.sum())

    control = rate(0.0)
    treatment = row["reach"] * rate(row["effect"]) + (1 - row["reach"]) * control
    return Truth(control, treatment, row["amount_median"] * np.exp(SPREAD**2 / 2))


def draw_campaigns(
    where: tuple[str, str, str],
    runs: int,
    rng: np.random.Generator,
    n: int = CUSTOMERS,
    share: float = CONTROL_SHARE,
) -> dict[str, np.ndarray]:
    """Draw whole campaigns customer by customer, all below each other."""
    effects = plant_effects()
    effects = effects.set_index(["segment", "offer", "channel"]).loc[[where]].reset_index()
    reach = float(effects["reach"].iloc[0])
    names = [np.full(ROWS, name) for name in where]
    parts = []
    for start in range(0, runs * n, ROWS):
        size = min(ROWS, runs * n - start)
        treated = rng.random(size) >= share
        engagement = rng.standard_normal(size)
        reached = treated & (rng.random(size) < reach)
        answers = draw_responses(effects, *(name[:size] for name in names), engagement, reached, rng)
        parts.append((treated, engagement, *answers))
    columns = [np.concatenate(column) for column in zip(*parts, strict=True)]
    drawn = dict(zip(("treated", "engagement", "responded", "amount"), columns, strict=True))
    drawn["run"] = np.repeat(np.arange(runs), n)
    return drawn


def covers(interval: Difference, truth: float) -> float:
    """Return the share of intervals that hold the truth."""
    return float(((interval.ci_low <= truth) & (truth <= interval.ci_high)).mean())


def by_arm(values: np.ndarray, drawn: dict[str, np.ndarray], runs: int) -> list[Sums]:
    """Return an outcome's sums of the treatment and of the control of every run."""
    groups = drawn["run"] * 2 + ~drawn["treated"]
    sums = Sums.by_group(values.astype(np.float64), groups, 2 * runs)
    return [sums.take(slice(0, None, 2)), sums.take(slice(1, None, 2))]


def by_cuped(
    values: np.ndarray, covariate: np.ndarray, drawn: dict[str, np.ndarray], runs: int
) -> CupedResult:
    """Return every run's difference, adjusted for a covariate."""
    groups = drawn["run"] * 2 + ~drawn["treated"]
    sums = PairSums.by_group(values.astype(np.float64), covariate, groups, 2 * runs)
    return adjust_cuped(sums.take(slice(0, None, 2)), sums.take(slice(1, None, 2)))


def fixed_horizon(runs: int, rng: np.random.Generator, n: int = CUSTOMERS) -> list[Figure]:
    """Cover the truth on one day fixed beforehand: rates, money, the lift, and CUPED."""
    truth = planted(PROVEN)
    money, lift = truth.uplift * truth.amount, truth.uplift / truth.control
    figures = []
    for share in (CONTROL_SHARE, 0.1):
        drawn = draw_campaigns(PROVEN, runs, rng, n, share)
        rates, amounts = (by_arm(drawn[name], drawn, runs) for name in ("responded", "amount"))
        size = f"{n:,} customers, {share:.0%} held back"
        kept = covers(compare_rates(*rates), truth.uplift)
        figures.append(Figure(f"response rates, score interval ({size})", kept, runs, COVERED))
        kept = covers(compare_means(*rates), truth.uplift)
        figures.append(Figure(f"response rates, Welch ({share:.0%} held back)", kept, runs))
        kept = covers(compare_means(*amounts), money)
        figures.append(Figure(f"money, Welch ({share:.0%} held back)", kept, runs, COVERED))
        kept = covers(relative_lift(*rates), lift)
        figures.append(Figure(f"relative lift, delta method ({share:.0%} held back)", kept, runs))
        # What a bank knows before: a balance, of some customers not; and how active they are.
        before = 60_000 * rng.lognormal(0, 0.5, len(drawn["run"]))
        after = before * rng.lognormal(0, 0.1, len(before)) + drawn["amount"]
        before[rng.random(len(before)) < 0.05] = np.nan
        adjusted = by_cuped(after, before, drawn, runs)
        name = f"balance after, CUPED by balance before (removes {adjusted.variance_removed.mean():.0%})"
        figures.append(Figure(name, covers(adjusted.difference, money), runs, COVERED))
        adjusted = by_cuped(drawn["responded"], drawn["engagement"], drawn, runs)
        name = f"response, CUPED by engagement (removes {adjusted.variance_removed.mean():.1%})"
        figures.append(Figure(name, covers(adjusted.difference, truth.uplift), runs, COVERED))
    return figures


def daily_looks(runs: int, rng: np.random.Generator, n: int = CUSTOMERS) -> list[Figure]:
    """Look every day for 60 days where nothing works, and where something does."""
    days = np.minimum(rng.gamma(2.0, DAYS / 8.0, 200_000).astype(int), DAYS - 1)
    pace = np.bincount(days, minlength=DAYS) / days.size
    figures = []
    for where, share in ((NOTHING, CONTROL_SHARE), (NOTHING, 0.1), (PROVEN, CONTROL_SHARE)):
        truth = planted(where)
        sizes = round(n * (1 - share)), round(n * share)
        counts = [
            rng.multinomial(size, [*(pace * rate), 1 - rate], runs)[:, :DAYS]
            .cumsum(axis=1)
            .astype(np.float64)
            for size, rate in zip(sizes, (truth.treatment, truth.control), strict=True)
        ]
        sequence = rate_sequence(counts[0], sizes[0], counts[1], sizes[1], expected_response=truth.treatment)
        so_far = truth.uplift * pace.cumsum()
        what = "an effect is missed" if truth.uplift else "false alarms"
        what = f"{what} over {DAYS} daily looks, {share:.0%} held back"
        wrong = ((sequence.ci_low > so_far) | (sequence.ci_high < so_far)).any(axis=1)
        figures.append(Figure(f"{what}, by sequence", float(wrong.mean()), runs, MISLED))
        # The contrast needs no thousands.
        few = [cells[:200] for cells in counts]
        fixed = compare_proportions(few[0], sizes[0], few[1], sizes[1])
        wrong = ((fixed.ci_low > so_far) | (fixed.ci_high < so_far)).any(axis=1)
        figures.append(Figure(f"{what}, by each day's own interval", float(wrong.mean()), len(wrong)))
    return figures


def sample_ratio(runs: int, rng: np.random.Generator, n: int = 1_000, block: int = 500) -> list[Figure]:
    """Check the arms' sizes of campaigns that were drawn as they should be."""
    alarms = 0
    for start in range(0, runs, block):
        size = min(block, runs - start)
        names = np.array([f"S{i + 1}" for i in range(size)], dtype=object)
        targets = pd.DataFrame(
            {
                "customer_id": np.tile([f"C{i:05d}" for i in range(n)], size),
                "strategy_id": np.repeat(names, n),
                "segment": "A",
                "score": 0.5,
                "rank": np.tile(np.arange(1, n + 1), size),
                "arm": np.where(rng.random(n * size) < CONTROL_SHARE, "control", "treatment"),
            }
        )
        cards = pd.DataFrame({"strategy_id": names, "name": names, "objective": "o", "segment": "A"}).assign(
            lifecycle_stages="",
            scenario="lifecycle",
            offer="time_deposit",
            channel="phone",
            script="",
            value_per_response=1.0,
            cost_per_contact=1.0,
            expected_response=0.1,
            control_share=CONTROL_SHARE,
            starts_on=pd.Timestamp("2026-07-01"),
            ends_on=pd.Timestamp("2026-08-29"),
        )
        alarms += int(check_sample_ratios(targets, cards)["alarm"].sum())
    return [Figure(f"sample-ratio alarms ({n:,} customers)", alarms / runs, runs, CRIED)]


def many_strategies(
    runs: int, rng: np.random.Generator, share: float = CONTROL_SHARE, strategies: int = 20
) -> list[Figure]:
    """Evaluate 20 strategies of which none does anything."""
    effects = plant_effects().drop_duplicates(["segment", "offer"])
    picked = effects[effects["base_response"] >= 0.02].iloc[:strategies]
    rates = [planted((row.segment, row.offer, row.channel)).control for row in picked.itertuples()]
    sizes = round(CUSTOMERS * (1 - share)), round(CUSTOMERS * share)
    counts = [rng.binomial(size, rates, (runs, strategies)).astype(np.float64) for size in sizes]
    score = compare_proportions(counts[0], sizes[0], counts[1], sizes[1])
    welch = compare_means(*(Sums(float(n), x, x) for n, x in zip(sizes, counts, strict=True)))
    figures = []
    for name, result, correct, promised in (
        ("Holm", score, adjust_holm, FOUND),
        ("Benjamini-Hochberg", score, adjust_benjamini_hochberg, FOUND),
        ("no correction", score, np.asarray, None),
        ("Holm of Welch's p", welch, adjust_holm, None),
    ):
        proven = np.array([correct(p) for p in result.p_value]) < 0.05
        wins = float((proven & (result.estimate > 0)).any(axis=1).mean())
        what = f"of {strategies} that do nothing"
        figures.append(Figure(f"a false winner {what}, {share:.0%} held back, {name}", wins, runs, promised))
        if name == "Holm":
            either = float(proven.any(axis=1).mean())
            figures.append(Figure(f"a false winner or loser, {share:.0%} held back, Holm", either, runs))
    return figures


def strategies_of_both_sizes(runs: int, rng: np.random.Generator) -> list[Figure]:
    """Hold back a fifth, and a tenth."""
    return [figure for share in (CONTROL_SHARE, 0.1) for figure in many_strategies(runs, rng, share)]


PARTS = (fixed_horizon, daily_looks, sample_ratio, strategies_of_both_sizes)


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=RUNS)
    parser.add_argument("--seed", type=int, default=5)
    arguments = parser.parse_args()
    print(f"{arguments.runs:,} simulated campaigns, seed {arguments.seed}")
    start, broken = time.perf_counter(), 0
    for part in PARTS:
        for figure in part(arguments.runs, np.random.default_rng(arguments.seed)):
            print(figure)
            broken += not figure.holds
    print(f"{time.perf_counter() - start:.0f} s")
    if broken:
        raise SystemExit(f"{broken} promises are broken.")


if __name__ == "__main__":
    main()
