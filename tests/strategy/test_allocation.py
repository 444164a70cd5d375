"""Allocation against brute force, linear programming and bad input."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest
from scipy import sparse
from scipy.optimize import linprog

from workbench.errors import ParameterProblem, TableProblem
from workbench.strategy.allocation import (
    Limits,
    allocate,
    allocate_matrix,
    relaxation,
    trace_limit,
)
from workbench.strategy.allocation.limits import read_options
from workbench.strategy.allocation.problem import deal, gather

STRATEGIES, CHANNELS = ("S1", "S2"), ("phone", "sms")


def make_options(rng: np.random.Generator, n: int, strategies=STRATEGIES, channels=CHANNELS) -> pd.DataFrame:
    rows = []
    for customer, strategy, channel in itertools.product(range(n), strategies, channels):
        if rng.random() < 0.15:
            continue
        by_phone = channel == "phone"
        rows.append(
            {
                "customer_id": f"{customer:05d}",
                "strategy_id": strategy,
                "channel": channel,
                "offer": f"offer {strategy}",
                "value": float(rng.integers(-20, 200)) if rng.random() < 0.5 else float(rng.normal(60, 40)),
                "minutes": 10.0 if by_phone else float(rng.integers(0, 3)),
                "cost": 12.0 if by_phone else 0.4,
                "units": float(rng.random()) if rng.random() < 0.5 else 1.0,
            }
        )
    return pd.DataFrame(rows, columns=["customer_id", *rows[0]] if not rows else list(rows[0]))


def make_limits(rng: np.random.Generator, n: int) -> Limits:
    return Limits(
        agent_minutes=float(rng.uniform(0, 8 * n)) if rng.random() < 0.8 else None,
        budget=float(rng.uniform(0, 8 * n)) if rng.random() < 0.6 else None,
        strategy_budget={"S1": float(rng.uniform(0, 5 * n))} if rng.random() < 0.3 else {},
        quota={"S2" if rng.random() < 0.5 else "offer S2": float(rng.uniform(0, n / 2))},
        channel_capacity={"phone": float(rng.integers(0, n + 1))} if rng.random() < 0.5 else {},
        minimum={"S1": float(rng.integers(0, 2))} if rng.random() < 0.3 else {},
    )


def brute_force(options: pd.DataFrame, limits: Limits, per_customer: int) -> float:
    """The best value of all assignments there are; minus infinity where none is feasible."""
    kinds = []
    for name, amount in limits.amounts().items():
        kind, _, key = name.partition(":")
        column = {"agent_minutes": "minutes", "budget": "cost", "quota": "units"}.get(kind)
        used = options[column] if column else pd.Series(1.0, index=options.index)
        mine = options["strategy_id"].eq(key) | options["offer"].eq(key) | options["channel"].eq(key)
        sign = -1.0 if kind == "minimum" else 1.0
        kinds.append((sign * used.where(mine | (key == ""), 0.0).to_numpy(), sign * amount))
    worths, strategies = options["value"].to_numpy(), options["strategy_id"].tolist()
    values, uses = np.zeros(1), np.zeros((1, len(kinds)))
    for mine in options.groupby("customer_id").indices.values():
        choices = [
            list(rows)
            for size in range(per_customer + 1)
            for rows in itertools.combinations(mine, size)
            if len({strategies[row] for row in rows}) == size
        ]
        worth = np.array([worths[rows].sum() for rows in choices])
        need = np.array([[used[rows].sum() for used, _ in kinds] for rows in choices])
        values = (values[:, None] + worth[None, :]).ravel()
        uses = (uses[:, None, :] + need.reshape(1, len(choices), -1)).reshape(len(values), -1)
    fits = (uses <= np.array([amount for _, amount in kinds]) + 1e-9).all(axis=1)
    return float(values[fits].max()) if fits.any() else -np.inf


def check_feasible(found, limits: Limits, per_customer: int) -> None:
    chosen = found.chosen
    assert not chosen.duplicated(["customer_id", "strategy_id"]).any()
    assert chosen["customer_id"].value_counts().max() <= per_customer if len(chosen) else True
    for row in found.shadow_prices.itertuples():
        kind = str(row.limit).partition(":")[0]
        assert row.used >= row.amount - 1e-6 if kind == "minimum" else row.used <= row.amount + 1e-6
    assert set(found.shadow_prices["limit"]) == set(limits.names())


@pytest.mark.parametrize("per_customer", [1, 2])
@pytest.mark.parametrize("relaxed", [False, True])
def test_it_agrees_with_brute_force(per_customer, relaxed, monkeypatch):
    """50 random cases each: by the integer programme, and by relaxing, rounding and closing."""
    if relaxed:
        monkeypatch.setattr("workbench.strategy.allocation.optimum.WHOLE_OPTIONS", 0)
        monkeypatch.setattr(relaxation, "DIRECT_OPTIONS", 0)
    rng = np.random.default_rng([7, per_customer, relaxed])
    infeasible = cases = 0
    while cases < 50:
        n = int(rng.integers(2, 6))
        options, limits = make_options(rng, n), make_limits(rng, n)
        limits = Limits(**{**limits.to_dict(), "quota": {}}) if options.empty else limits
        known = {*options["strategy_id"], *options["offer"], *options["channel"]}
        if not {name.partition(":")[2] for name in limits.names()} <= {"", *known}:
            continue
        best = brute_force(options, limits, per_customer)
        if best == -np.inf:
            infeasible += 1
            with pytest.raises(ParameterProblem, match="can't hold together"):
                allocate(options, limits, per_customer=per_customer)
            continue
        found = allocate(options, limits, per_customer=per_customer)
        cases += 1
        check_feasible(found, limits, per_customer)
        assert found.is_optimal
        assert found.value == pytest.approx(best, abs=1e-6)
        assert found.bound >= found.value - 1e-9
        assert found.greedy_value <= best + 1e-6 or limits.minimum
    assert infeasible < 10


def linear_value(options: pd.DataFrame, limits: Limits, per_customer: int) -> float:
    """The linear programme's value, written down whole and on its own."""
    rows, right = [], []
    for name, amount in limits.amounts().items():
        kind, _, key = name.partition(":")
        column = {"agent_minutes": "minutes", "budget": "cost", "quota": "units"}.get(kind)
        used = options[column] if column else pd.Series(1.0, index=options.index)
        mine = options["strategy_id"].eq(key) | options["channel"].eq(key) | (key == "")
        sign = -1.0 if kind == "minimum" else 1.0
        rows.append(sign * used.where(mine, 0.0).to_numpy())
        right.append(sign * amount)
    for by, most in ((["customer_id"], per_customer), (["customer_id", "strategy_id"], 1)):
        number = options.groupby(by).ngroup().to_numpy()
        rows.append(sparse.csr_array((np.ones(len(number)), (number, np.arange(len(number))))))
        right.extend([most] * (number.max() + 1))
    every = sparse.vstack(
        [sparse.csr_array(np.atleast_2d(row)) if isinstance(row, np.ndarray) else row for row in rows]
    )
    return -linprog(-options["value"], A_ub=every, b_ub=right, bounds=(0, 1), method="highs").fun


@pytest.mark.parametrize("per_customer", [1, 2])
def test_the_bound_is_the_linear_programmes_value(per_customer, monkeypatch):
    monkeypatch.setattr(relaxation, "DIRECT_OPTIONS", 0)
    monkeypatch.setattr(relaxation, "CORE_CUSTOMERS", 60)
    rng = np.random.default_rng(3)
    for minimum in ({}, {"S3": 40.0}):
        options = make_options(rng, 400, ("S1", "S2", "S3"), ("phone", "sms", "app"))
        limits = Limits(agent_minutes=700, budget=900, quota={"S2": 50.0}, minimum=minimum)
        found = allocate(options, limits, per_customer=per_customer)
        assert found.bound == pytest.approx(linear_value(options, limits, per_customer), rel=1e-7)
        check_feasible(found, limits, per_customer)
        assert found.gap < 0.005


def test_a_large_case_is_close_to_its_bound():
    rng = np.random.default_rng(1)
    n, j = 30_000, 12
    values = rng.gamma(1.0, 60.0, (n, j))
    resources = np.vstack(
        [np.tile([9.0, 30.0, 0.0], 4), np.arange(j) % 3 == 0, np.tile([12.0, 30.0, 0.4], 4)]
    )
    limits = np.array([3.0 * n, 0.2 * n, 3.5 * n])
    found = allocate_matrix(values, resources, limits, groups=np.arange(j) // 3)
    assert found.value <= found.bound
    assert found.gap < 0.0005
    assert (resources[:, found.option].sum(axis=1) <= limits + 1e-6).all()
    assert np.bincount(found.customer).max() == 1


def test_prices_are_slopes_of_the_linear_programme():
    rng = np.random.default_rng(11)
    options = make_options(rng, 60)
    for name, amount in (("agent_minutes", 150.0), ("budget", 120.0), ("quota:S2", 9.0)):
        limits = Limits(agent_minutes=150.0, budget=120.0, quota={"S2": 9.0})
        table = allocate(options, limits).shadow_prices.set_index("limit")
        step = 1e-4
        at = [linear_value(options, limits.with_limit(name, amount + each), 1) for each in (-step, 0.0, step)]
        price = table.at[name, "price"]
        assert (at[2] - at[1]) / step - 1e-4 <= price <= (at[1] - at[0]) / step + 1e-4
        assert price == pytest.approx((at[2] - at[0]) / (2 * step), rel=1e-3, abs=1e-4)


def test_ties_go_to_the_lowest_customers_whatever_the_order_of_rows():
    options = pd.DataFrame(
        {"customer_id": list("dbca"), "strategy_id": "S1", "channel": "phone", "value": 50.0}
    ).assign(minutes=10.0, cost=1.0)
    for seed in range(3):
        found = allocate(options.sample(frac=1, random_state=seed), Limits(agent_minutes=20))
        assert found.chosen["customer_id"].tolist() == ["a", "b"]
        assert found.greedy["customer_id"].tolist() == ["a", "b"]


def test_alike_customers_are_counted_together_and_dealt_out_again():
    values = np.array([[9.0, 5.0]] * 4 + [[7.0, 6.0]])
    found = allocate_matrix(values, np.array([[1.0, 0.0]]), np.array([2.0]), per_customer=2)
    assert found.value == pytest.approx(2 * 9 + 4 * 5 + 6)
    read = read_options(
        pd.DataFrame(
            {
                "customer_id": [*"aabbc"],
                "strategy_id": ["S1", "S2"] * 2 + ["S1"],
                "channel": "sms",
                "value": 1.0,
                "minutes": 0.0,
                "cost": 0.0,
            }
        ),
        Limits(),
        1,
    )
    gathered, types = gather(read.problem)
    assert gathered.weights.tolist() == [2, 1]
    assert types.tolist() == [0, 0, 1]
    option, customer = deal(np.array([[1, 1], [1, 0]]), types, read.problem.groups)
    assert sorted(zip(option.tolist(), customer.tolist(), strict=True)) == [(0, 0), (0, 2), (1, 1)]


def slow_greedy(options: pd.DataFrame, limits: Limits, per_customer: int) -> float:
    left = dict(limits.amounts())
    got: dict[str, set] = {}
    total = 0.0
    ordered = options.sort_values(
        ["value", "customer_id", "strategy_id", "channel"], ascending=[False, True, True, True]
    )
    for row in ordered.to_dict("records"):
        mine = got.setdefault(row["customer_id"], set())
        need = {}
        for name in left:
            kind, _, key = name.partition(":")
            column = {"agent_minutes": "minutes", "budget": "cost", "quota": "units"}.get(kind)
            applies = key in ("", row["strategy_id"], row["channel"], row["offer"])
            need[name] = (row[column] if column else 1.0) * applies
        if row["value"] <= 0 or len(mine) >= per_customer or row["strategy_id"] in mine:
            continue
        if all(need[name] <= left[name] + 1e-9 for name in left):
            mine.add(row["strategy_id"])
            total += row["value"]
            left = {name: left[name] - need[name] for name in left}
    return total


@pytest.mark.parametrize("per_customer", [1, 2])
def test_greedy_is_the_plain_loop(per_customer):
    rng = np.random.default_rng(5)
    for n in (5, 40, 300):
        options = make_options(rng, n)
        limits = Limits(
            agent_minutes=2.5 * n, budget=3.0 * n, quota={"S2": n / 9}, channel_capacity={"sms": n / 4}
        )
        found = allocate(options, limits, per_customer=per_customer, method="greedy")
        assert found.value == pytest.approx(slow_greedy(options, limits, per_customer))
        check_feasible(found, limits, per_customer)
        assert found.bound >= found.value


def test_greedy_fills_minimums_first_and_goes_by_score_where_there_is_one():
    options = pd.DataFrame(
        {"customer_id": ["1", "2"], "strategy_id": ["S1", "S2"], "channel": "phone", "value": [90.0, 10.0]}
    ).assign(minutes=10.0, cost=1.0)
    found = allocate(options, Limits(agent_minutes=10, minimum={"S2": 1}), method="greedy")
    assert found.chosen["strategy_id"].tolist() == ["S2"]
    scored = allocate(options.assign(score=[0.1, 0.9]), Limits(agent_minutes=10))
    assert (scored.greedy_by, scored.greedy_value, scored.value) == ("score", 10.0, 90.0)


def test_clashing_limits_are_named_and_no_others():
    options = make_options(np.random.default_rng(2), 30)
    limits = Limits(agent_minutes=40, budget=1e6, minimum={"S1": 0, "S2": 22}, channel_capacity={"sms": 2})
    with pytest.raises(ParameterProblem) as caught:
        allocate(options, limits)
    said = str(caught.value)
    for name in ("agent_minutes", "minimum:S2", "channel:sms"):
        assert f"({name})" in said
    assert "(budget)" not in said
    assert "minimum:S1" not in said
    with pytest.raises(ParameterProblem, match="minimum:S1"):
        allocate(options, Limits(minimum={"S1": 31}))


def test_a_large_clash_is_found_by_the_dual(monkeypatch):
    from workbench.strategy.allocation import conflict

    monkeypatch.setattr(conflict, "_LINEAR", 0)
    options = make_options(np.random.default_rng(2), 200)
    with pytest.raises(ParameterProblem) as caught:
        allocate(
            options, Limits(agent_minutes=100, budget=1e6, minimum={"S1": 150}, channel_capacity={"sms": 9})
        )
    assert "agent_minutes" in str(caught.value)
    assert "budget" not in str(caught.value)
    assert allocate(options, Limits(agent_minutes=1e4, minimum={"S1": 60})).value > 0


@pytest.mark.parametrize("limits", [Limits(budget=0), Limits(agent_minutes=0, budget=0)])
def test_a_budget_of_nothing_lists_nobody_and_says_so(limits):
    options = make_options(np.random.default_rng(2), 20)
    found = allocate(options, limits)
    assert (len(found.chosen), found.value, found.gap) == (0, 0.0, 0.0)
    assert "Budget at 0" in found.describe() or "Budget" in found.describe()
    assert "预算" in found.describe("zh_CN")


def test_nobody_and_nothing_worth_it_are_said():
    options = make_options(np.random.default_rng(2), 20)
    assert "no customer passes the gates" in allocate(options.head(0), Limits(budget=5)).describe()
    poor = allocate(options.assign(value=-1.0), Limits(budget=50))
    assert "worth more than it costs" in poor.describe()
    assert "proven optimum" in allocate(options, Limits(budget=50)).describe()


def test_unusable_input_is_refused():
    options = make_options(np.random.default_rng(2), 20)
    for wrong, key in (
        (lambda: Limits(budget=-1), "limit"),
        (lambda: Limits(quota={"S1": float("nan")}), "limit"),
        (lambda: allocate(options, Limits(channel_capacity={"fax": 3})), "unknown_name"),
        (lambda: allocate(options.assign(cost=-1.0), Limits()), "numbers"),
        (lambda: allocate(options.assign(value=np.nan), Limits()), "numbers"),
        (lambda: allocate(pd.concat([options, options]), Limits()), "twice"),
        (lambda: allocate(options, Limits(), per_customer=0), "per_customer"),
        (lambda: allocate(options, Limits(), method="magic"), "method"),
        (lambda: Limits().with_limit("luck", 3.0), "unknown_limit"),
        (lambda: trace_limit(options, Limits(), "budget", [-1.0]), "limit"),
        (lambda: allocate_matrix(np.ones((3, 2)), np.ones((1, 3)), np.ones(1)), "shapes"),
        (lambda: allocate_matrix(np.ones((3, 2)), -np.ones((1, 2)), np.ones(1)), "negative"),
    ):
        with pytest.raises(ParameterProblem) as caught:
            wrong()
        assert caught.value.key == f"strategy_capacity.error.{key}"
        assert "{" not in caught.value.message("zh_CN")
    with pytest.raises(TableProblem):
        allocate(options.drop(columns="minutes"), Limits())


def test_resources_by_customer_equal_those_by_option():
    rng = np.random.default_rng(4)
    values = rng.normal(20, 30, (60, 4))
    flat = rng.uniform(0, 5, (2, 4))
    limits = np.array([30.0, 18.0])
    one = allocate_matrix(values, flat, limits)
    wide = allocate_matrix(values, np.broadcast_to(flat[:, None, :], (2, 60, 4)), limits)
    assert one.value == pytest.approx(wide.value)
    assert one.bound == pytest.approx(wide.bound)
    assert one.option.tolist() == wide.option.tolist()


def test_a_traced_limit_rises_ever_more_slowly():
    options = make_options(np.random.default_rng(8), 80)
    limits = Limits(budget=400, minimum={"S1": 5})
    traced = trace_limit(options, limits, "agent_minutes", [0, 40, 80, 160, 320, 640])
    known = traced.dropna()
    assert (known["bound"].diff().dropna() >= -1e-6).all()
    assert (known["price"].diff().dropna() <= 1e-6).all()
    assert (known["value"] <= known["bound"] + 1e-6).all()
    assert (known["greedy_value"] <= known["bound"] + 1e-6).all()
    assert trace_limit(options, limits, "minimum:S2", [0, 5000])["value"].isna().tolist() == [False, True]
