"""BG/NBD, Pareto/NBD and Gamma-Gamma against published figures, lifetimes and plain sums."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
import pytest
from scipy import integrate, special

import workbench as wb
from workbench.errors import ParameterProblem
from workbench.insight.value.clv import PERIODS_PER_MONTH, value_sensitivity

lifetimes = pytest.importorskip("lifetimes", reason="the CDNOW data and a peer come with lifetimes")
pytestmark = pytest.mark.filterwarnings("ignore")

NAMES = {"frequency": "x", "recency": "t_x", "monetary_value": "m_x"}


@pytest.fixture(scope="module")
def cdnow() -> pd.DataFrame:
    from lifetimes.datasets import load_cdnow_summary_data_with_monetary_value

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return load_cdnow_summary_data_with_monetary_value().rename(columns=NAMES)


@pytest.fixture(scope="module")
def bgnbd(cdnow: pd.DataFrame) -> wb.BGNBD:
    return wb.BGNBD().fit(cdnow)


@pytest.fixture(scope="module")
def spend(cdnow: pd.DataFrame) -> wb.GammaGamma:
    return wb.GammaGamma().fit(cdnow)


@pytest.fixture(scope="module")
def simulated() -> pd.DataFrame:
    """Customers who behave as BG/NBD and Gamma-Gamma say, in whole periods."""
    rng = np.random.default_rng(3)
    rows = []
    for _ in range(700):
        rate, drop, T = rng.gamma(1.2, 1 / 6.0), rng.beta(0.9, 3.0), int(rng.integers(20, 80))
        now, moments = 0.0, []
        while True:
            now += rng.exponential(1 / rate)
            if now > T:
                break
            moments.append(now)
            if rng.random() < drop:
                break
        amounts = rng.gamma(4.0, 1 / rng.gamma(3.5, 1 / 40.0), len(moments))
        mean = float(amounts.mean()) if moments else float("nan")
        rows.append((len(moments), moments[-1] if moments else 0.0, T, mean))
    return pd.DataFrame(rows, columns=["x", "t_x", "T", "m_x"])


# Published ---------------------------------------------------------------------------


def test_bgnbd_agrees_with_the_paper(bgnbd: wb.BGNBD) -> None:
    assert bgnbd.n_ == 2357
    found = [round(value, 6) for value in bgnbd.params_.values()]
    assert found == [0.242593, 4.413532, 0.792886, 2.425753]  # b is published as 2.425752
    assert bgnbd.log_likelihood_ == pytest.approx(-9582.43, abs=0.005)
    assert not bgnbd.degenerate_


def test_bgnbd_foresees_what_the_paper_foresees(bgnbd: wb.BGNBD) -> None:
    one = pd.DataFrame({"x": [2], "t_x": [30.43], "T": [38.86]})
    assert bgnbd.predict(one, 39).item() == pytest.approx(1.226, abs=5e-4)
    assert bgnbd.expected_purchases(1) == pytest.approx(0.0532, abs=5e-5)
    assert bgnbd.expected_purchases(32) == pytest.approx(1.0437, abs=5e-5)


def test_the_published_last_expectation_is_a_series_cut_off(bgnbd: wb.BGNBD) -> None:
    r, alpha, a, b = bgnbd.params_.values()

    def summed(terms: int, t: float = 78.0) -> float:
        z, term, total = t / (alpha + t), 1.0, 1.0
        for k in range(terms):
            term *= (r + k) * (b + k) / ((a + b - 1 + k) * (k + 1)) * z
            total += term
        return (a + b - 1) / (a - 1) * (1 - (alpha / (alpha + t)) ** r * total)

    assert summed(150) == pytest.approx(1.8576, abs=5e-5)  # what was published
    assert bgnbd.expected_purchases(78) == pytest.approx(summed(5_000), rel=1e-10)
    assert bgnbd.expected_purchases(78) == pytest.approx(1.8576, abs=5e-4)


def test_pareto_nbd_agrees_with_the_paper(cdnow: pd.DataFrame) -> None:
    model = wb.ParetoNBD().fit(cdnow)
    assert [round(value, 3) for value in model.params_.values()][0::2] == [0.553, 0.606]
    assert model.params_["alpha"] == pytest.approx(10.578, abs=1e-3)
    assert model.params_["beta"] == pytest.approx(11.669, abs=2e-3)
    assert model.log_likelihood_ == pytest.approx(-9594.98, abs=0.01)
    assert not model.degenerate_


def test_gamma_gamma_agrees_with_the_paper(spend: wb.GammaGamma) -> None:
    assert spend.n_ == 946
    assert spend.params_["p"] == pytest.approx(6.25, abs=0.005)
    assert spend.params_["q"] == pytest.approx(3.74, abs=0.005)
    assert spend.params_["v"] == pytest.approx(15.44, abs=0.01)
    assert spend.log_likelihood_ == pytest.approx(-4055.92, abs=0.005)


def test_values_of_two_customers_agree(cdnow, bgnbd, spend) -> None:
    value = wb.expected_customer_value(bgnbd, spend, cdnow, periods_per_month=30)["expected_value"]
    assert value[1] == pytest.approx(140.096, abs=5e-4)
    assert value[6] == pytest.approx(1003.868, abs=5e-4)
    # The figures that go around take a month for 30 weeks; a month of 4.35 weeks gives a quarter.
    fair = wb.expected_customer_value(bgnbd, spend, cdnow)["expected_value"]
    assert fair[[1, 6]].round(2).tolist() == [36.3, 283.68]


# Against lifetimes ---------------------------------------------------------------------


def test_bgnbd_agrees_with_lifetimes(simulated: pd.DataFrame) -> None:
    ours = wb.BGNBD().fit(simulated)
    peer = lifetimes.BetaGeoFitter().fit(simulated["x"], simulated["t_x"], simulated["T"])
    assert list(ours.params_.values()) == pytest.approx(list(peer.params_[list(ours.params_)]), rel=5e-3)
    rows = simulated[["x", "t_x", "T"]].to_numpy()
    assert ours.log_likelihood_ >= ours.log_likelihoods(ours_at(peer, wb.BGNBD).theta_, rows).sum() - 1e-6
    for t in (1.0, 26.0, 300.0):
        expected = ours_at(peer, wb.BGNBD).predict(simulated, t)
        theirs = peer.predict(t, simulated["x"], simulated["t_x"], simulated["T"])
        assert expected.to_numpy() == pytest.approx(np.asarray(theirs), rel=1e-7)
    alive = ours_at(peer, wb.BGNBD).probability_alive(simulated)
    theirs = peer.conditional_probability_alive(simulated["x"], simulated["t_x"], simulated["T"])
    assert alive.to_numpy() == pytest.approx(np.asarray(theirs), rel=1e-7)


def ours_at(peer, model):
    """Our model at the peer's parameters."""
    return model.with_params(**{name: float(peer.params_[name]) for name in model.parameters})


def test_pareto_nbd_agrees_with_lifetimes(simulated: pd.DataFrame) -> None:
    peer = lifetimes.ParetoNBDFitter()
    for params in (
        {"r": 0.9, "alpha": 8.0, "s": 0.5, "beta": 12.0},
        {"r": 0.9, "alpha": 12, "s": 1.7, "beta": 5},
    ):
        peer.params_ = pd.Series(params)
        ours = wb.ParetoNBD.with_params(**params)
        few = simulated.head(60)
        args = few["x"].to_numpy(), few["t_x"].to_numpy(), few["T"].to_numpy()
        theirs = peer._conditional_log_likelihood(tuple(params.values()), *args)
        own = ours.log_likelihoods(ours.theta_, few[["x", "t_x", "T"]].to_numpy())
        assert own == pytest.approx(np.asarray(theirs), abs=1e-7)
        assert ours.probability_alive(few).to_numpy() == pytest.approx(
            np.asarray(peer.conditional_probability_alive(*args)), abs=1e-8
        )
        theirs = peer.conditional_expected_number_of_purchases_up_to_time(26, *args)
        assert ours.predict(few, 26).to_numpy() == pytest.approx(np.asarray(theirs), rel=1e-6)


def test_gamma_gamma_and_values_agree_with_lifetimes(simulated: pd.DataFrame) -> None:
    ours = wb.GammaGamma().fit(simulated)
    again = simulated[simulated["x"] > 0]
    peer = lifetimes.GammaGammaFitter().fit(again["x"], again["m_x"])
    assert list(ours.params_.values()) == pytest.approx(list(peer.params_[list(ours.params_)]), rel=2e-2)
    often = lifetimes.BetaGeoFitter().fit(simulated["x"], simulated["t_x"], simulated["T"])
    theirs = peer.customer_lifetime_value(
        often, again["x"], again["t_x"], again["T"], again["m_x"], time=12, discount_rate=0.02, freq="D"
    )
    value = wb.expected_customer_value(
        ours_at(often, wb.BGNBD),
        ours_at(peer, wb.GammaGamma),
        again,
        discount_rate=0.02,
        periods_per_month=30,
    )
    assert value["expected_value"].to_numpy() == pytest.approx(theirs.to_numpy(), rel=1e-6)


# Against plain recomputation -------------------------------------------------------------


def test_pareto_likelihood_is_the_integral_it_stands_for() -> None:
    r, alpha, s, beta = 0.7, 9.0, 1.3, 4.0
    model = wb.ParetoNBD.with_params(r=r, alpha=alpha, s=s, beta=beta)
    for x, t_x, T in ((0, 0.0, 30.0), (3, 12.0, 30.0), (40, 29.0, 30.0)):
        area, _ = integrate.quad(lambda u, n=x: (alpha + u) ** -(r + n) * (beta + u) ** -(s + 1), t_x, T)
        whole = (alpha + T) ** -(r + x) * (beta + T) ** -s + s * area
        expected = special.gammaln(r + x) - special.gammaln(r) + r * np.log(alpha) + s * np.log(beta)
        found = model.log_likelihoods(model.theta_, np.array([[x, t_x, T]]))
        assert found.item() == pytest.approx(expected + np.log(whole), abs=1e-8)


def test_the_continued_fraction_is_the_function() -> None:
    from workbench.insight.value.pareto_nbd import _hypergeometric

    b, c = np.array([0.7, 1.5, 40.0]), np.array([2.2, 3.0, 42.0])
    for z in (0.0, 0.3, 0.9, 0.999):
        found = _hypergeometric(b, c, np.full(3, z))
        assert found == pytest.approx(special.hyp2f1(1, b, c, z), rel=1e-9)


def test_scores_are_the_slopes_of_the_likelihoods(simulated: pd.DataFrame) -> None:
    from workbench.insight.value.fitting import PositiveModel

    for model in (wb.BGNBD(), wb.GammaGamma()):
        rows = simulated[simulated["x"] > 0][list(model.columns)].to_numpy()
        theta = np.linspace(0.2, 1.0, len(model.parameters))
        assert model.scores(theta, rows) == pytest.approx(PositiveModel.scores(model, theta, rows), abs=1e-4)


def test_large_counts_neither_overflow_nor_vanish() -> None:
    many = pd.DataFrame({"x": [3000, 900], "t_x": [700.0, 10.0], "T": [700.0, 700.0]})
    for model in (
        wb.BGNBD.with_params(r=1.0, alpha=60.0, a=0.1, b=2.5),
        wb.ParetoNBD.with_params(r=1.0, alpha=60.0, s=0.5, beta=900.0),
        wb.ParetoNBD.with_params(r=1.0, alpha=60.0, s=0.5, beta=6.0),
    ):
        assert np.isfinite(model.log_likelihoods(model.theta_, many.to_numpy())).all()
        ahead = model.predict(many, 365)
        assert np.isfinite(ahead).all()
        assert ahead.iloc[0] == pytest.approx(3001 / 760 * 365, rel=0.15)
        assert model.probability_alive(many).iloc[1] < 1e-6


@pytest.mark.parametrize("near", [1 - 1e-9, 1.0, 1 + 1e-9])
def test_an_exponent_of_one_is_its_limit(near: float) -> None:
    def bgnbd(a: float) -> float:
        return wb.BGNBD.with_params(r=0.5, alpha=5.0, a=a, b=2.0).expected_purchases(20)

    def pareto(s: float) -> float:
        return wb.ParetoNBD.with_params(r=0.5, alpha=5.0, s=s, beta=7.0).expected_purchases(20)

    assert bgnbd(near) == pytest.approx((bgnbd(0.999) + bgnbd(1.001)) / 2, rel=1e-5)
    assert pareto(near) == pytest.approx((pareto(0.999) + pareto(1.001)) / 2, rel=1e-5)


def test_the_robust_intervals_cover(bgnbd: wb.BGNBD) -> None:
    table = bgnbd.intervals()
    assert (table["ci_low"] < table["estimate"]).all()
    assert (table["estimate"] < table["ci_high"]).all()


def test_sensitivity_is_the_delta_method(cdnow, bgnbd, spend) -> None:
    settings = {"months": 6, "discount_rate": 0.0}
    few = cdnow.head(25)
    moves = value_sensitivity(bgnbd, spend, few, **settings)
    variance = (moves.mean(axis=0) ** 2).sum()
    # The same by drawing parameters.
    rng = np.random.default_rng(0)
    drawn = []
    for _ in range(150):
        one = bgnbd.moved(rng.multivariate_normal(bgnbd.theta_, bgnbd.covariance_))
        other = spend.moved(rng.multivariate_normal(spend.theta_, spend.covariance_))
        drawn.append(wb.expected_customer_value(one, other, few, **settings)["expected_value"].mean())
    assert np.sqrt(variance) == pytest.approx(np.std(drawn), rel=0.2)


def test_models_are_saved_as_json(bgnbd: wb.BGNBD, cdnow: pd.DataFrame) -> None:
    again = wb.BGNBD.from_json(bgnbd.to_json())
    assert again.predict(cdnow, 10).equals(bgnbd.predict(cdnow, 10))
    assert (again.n_, again.degenerate_) == (2357, False)
    with pytest.raises(ParameterProblem, match="BGNBD, not a ParetoNBD"):
        wb.ParetoNBD.from_json(bgnbd.to_json())


# Bad input -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "row",
    [
        {"x": -1, "t_x": 0.0, "T": 10.0},
        {"x": 1, "t_x": 11.0, "T": 10.0},
        {"x": 0, "t_x": 3.0, "T": 10.0},
        {"x": 2, "t_x": 0.0, "T": 10.0},
        {"x": 1, "t_x": float("nan"), "T": 10.0},
        {"x": 1, "t_x": 2.0, "T": float("inf")},
    ],
)
def test_impossible_customers_are_named(row: dict[str, float]) -> None:
    rows = pd.DataFrame([{"x": 1, "t_x": 2.0, "T": 10.0}, row], index=["good", "bad"])
    with pytest.raises(ParameterProblem, match="first: bad"):
        wb.BGNBD().fit(rows)


def test_missing_columns_and_nobody_are_named() -> None:
    with pytest.raises(ParameterProblem, match="lacks t_x, T"):
        wb.BGNBD().fit(pd.DataFrame({"x": [1]}))
    with pytest.raises(ParameterProblem, match="nobody"):
        wb.GammaGamma().fit(pd.DataFrame({"x": [0], "m_x": [float("nan")]}))
    with pytest.raises(ParameterProblem, match="parameters p, q, v"):
        wb.GammaGamma.with_params(p=1.0, q=2.0)


def test_no_dropout_is_seen_as_degenerate() -> None:
    rng = np.random.default_rng(1)
    x = rng.poisson(6.0, 500)
    t_x = np.where(x > 0, 52 * rng.random(500) ** (1 / np.maximum(x, 1)), 0.0)
    model = wb.BGNBD().fit(pd.DataFrame({"x": x, "t_x": t_x, "T": 52.0}))
    assert model.degenerate_
    assert model.expected_purchases(52) == pytest.approx(x.mean(), rel=0.1)


def test_an_amount_without_a_mean_needs_one() -> None:
    spend = wb.GammaGamma.with_params(p=1.0, q=0.8, v=30.0)
    rows = pd.DataFrame({"x": [0, 3], "m_x": [float("nan"), 20.0]})
    with pytest.raises(ParameterProblem, match="no mean"):
        spend.expected_amount(rows)
    assert spend.expected_amount(rows, otherwise=25.0).tolist() == pytest.approx([25.0, 90 / 2.8])


@pytest.mark.parametrize(
    "setting", [{"months": 0}, {"discount_rate": -0.1}, {"margin": 0.0}, {"periods_per_month": 0.0}]
)
def test_a_senseless_setting_is_refused(setting, cdnow, bgnbd, spend) -> None:
    with pytest.raises(ParameterProblem, match=next(iter(setting))):
        wb.expected_customer_value(bgnbd, spend, cdnow.head(3), **setting)


def test_a_month_has_as_many_periods_as_it_has() -> None:
    assert PERIODS_PER_MONTH["week"] == pytest.approx(4.348, abs=1e-3)
    assert PERIODS_PER_MONTH["day"] * 12 == pytest.approx(365.2425)
