"""What a journey comes to: contacts, days, cost and reach, as an absorbing Markov chain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.errors import ParameterProblem, TableProblem
from workbench.strategy.journeys import CHANNELS, ENDS, JOURNEY_OUTCOMES, Journey, assumed_rates

Matrix = npt.NDArray[np.float64]
RATES = ("clicked", "reached", "declined")
# A way back that leads out less often than this never ends in practice.
_NEVER = 1e-9


@dataclass(frozen=True)
class ExpectedPath:
    """What is expected of one customer who is sent on a journey.

    Parameters
    ----------
    steps : pandas.DataFrame
        One row a step: ``step``, ``channel``, ``fallback``, ``reach`` (probability to come
        there), ``contacts`` and ``fallback_contacts`` (expected, on either channel),
        ``cost`` (CNY), ``minutes`` (of staff), ``days`` (waited there), ``won``
        (probability that the offer is taken there); all per customer who starts.
    contacts, contacts_sd : float
        Expected contacts, and their standard deviation between customers.
    days, cost, minutes : float
        Expected days until the end, CNY, minutes of staff.
    won : float
        Probability that the offer is taken.
    states : list of str
        The chain's transient states: each step's ``enter``, ``first`` and ``fallback``.
    transitions : numpy.ndarray
        Probabilities between `states`, and in the last two columns to won and lost.
    """

    steps: pd.DataFrame
    contacts: float
    contacts_sd: float
    days: float
    cost: float
    minutes: float
    won: float
    states: list[str]
    transitions: Matrix


def expected_path(
    journey: Journey,
    rates: pd.DataFrame | None = None,
    reachable: Mapping[str, float] | None = None,
) -> ExpectedPath:
    """Return the contacts, days, cost and reach to expect of a journey.

    The journey is an absorbing Markov chain. A customer who comes to a step is contacted
    on its channel if it is open to them, else on the fallback, else goes on as not
    reached. Who was not reached on the first channel is tried once on the fallback. Every
    contact takes the step's wait; the outcome then leads on. Channels are taken for open
    independently of each other, and rates for the same at every step.

    Parameters
    ----------
    journey : Journey
        The journey.
    rates : pandas.DataFrame, optional
        ``channel``, ``clicked``, ``reached``, ``declined`` (shares of the contacts),
        ``cost`` (CNY a contact), ``minutes``; `assumed_rates` by default.
    reachable : mapping of str to float, optional
        Channel → share of the customers to whom it is open; 1 for those not named.

    Returns
    -------
    ExpectedPath

    Raises
    ------
    ParameterProblem
        If a channel has no rates, a rate is no share, or the journey may never end.
    TableProblem
        If `rates` lacks columns.

    References
    ----------
    Kemeny, J. G., Snell, J. L. (1976). Finite Markov Chains. Springer, chapter 3.

    Examples
    --------
    >>> from workbench.strategy import Journey, JourneyStep
    >>> rates = pd.DataFrame({"channel": ["phone"], "clicked": [0.25], "reached": [0.25],
    ...                       "declined": [0.0], "cost": [12.0], "minutes": [6.0]})
    >>> steps = [JourneyStep("one", "phone", 2, "", {"clicked": "won", "reached": "two"}),
    ...          JourneyStep("two", "phone", 2, "", {"clicked": "won"})]
    >>> path = expected_path(Journey("calls", steps), rates)
    >>> path.contacts, path.days, path.cost, path.won
    (1.25, 2.5, 15.0, 0.3125)
    """
    known = _checked(journey, assumed_rates() if rates is None else rates)
    open_to = {channel: float((reachable or {}).get(channel, 1.0)) for channel in CHANNELS}
    for channel, share in open_to.items():
        if not 0 <= share <= 1:
            _refuse_share(channel, "reachable", share)
    states, transitions = _chain(journey, known, open_to)
    visits, reach = _visits(journey, transitions)
    first = np.arange(len(journey.steps)) * 3 + 1
    is_contact = np.zeros(len(states))
    is_contact[first] = is_contact[first + 1] = 1.0
    rows = []
    for number, step in enumerate(journey.steps):
        enter, own, other = 3 * number, 3 * number + 1, 3 * number + 2
        rows.append(
            {
                "step": step.name,
                "channel": step.channel,
                "fallback": step.fallback,
                "reach": reach[enter],
                "contacts": visits[own],
                "fallback_contacts": visits[other],
                "cost": visits[own] * known[step.channel]["cost"]
                + (visits[other] * known[step.fallback]["cost"] if step.fallback else 0.0),
                "minutes": visits[own] * known[step.channel]["minutes"]
                + (visits[other] * known[step.fallback]["minutes"] if step.fallback else 0.0),
                "days": step.wait * (visits[own] + visits[other]),
                "won": float(visits[enter : enter + 3] @ transitions[enter : enter + 3, -2]),
            }
        )
    steps = pd.DataFrame(rows)
    return ExpectedPath(
        steps=steps,
        contacts=float(visits @ is_contact),
        contacts_sd=_spread(transitions, is_contact),
        days=float(steps["days"].sum()),
        cost=float(steps["cost"].sum()),
        minutes=float(steps["minutes"].sum()),
        won=float(steps["won"].sum()),
        states=states,
        transitions=transitions,
    )


def _checked(journey: Journey, rates: pd.DataFrame) -> dict[str, dict[str, float]]:
    wanted = ["channel", *RATES, "cost", "minutes"]
    missing = [name for name in wanted if name not in rates.columns]
    if missing:
        raise TableProblem(
            "errors.table.missing_columns",
            table="rates",
            columns=", ".join(missing),
            present=", ".join(map(str, rates.columns)) or "-",
        )
    known = {
        str(row["channel"]): {name: float(row[name]) for name in wanted[1:]}
        for row in rates.to_dict("records")
    }
    used = dict.fromkeys(c for step in journey.steps for c in (step.channel, step.fallback) if c)
    for channel in used:
        if channel not in known:
            raise ParameterProblem(
                "strategy_corporate.error.no_rates", channel=channel, known=", ".join(known) or "–"
            )
        for name in RATES:
            if not 0 <= known[channel][name] <= 1:
                _refuse_share(channel, name, known[channel][name])
        total = sum(known[channel][name] for name in RATES)
        if total > 1 + 1e-9:
            _refuse_share(channel, " + ".join(RATES), total)
        for name in ("cost", "minutes"):
            if not known[channel][name] >= 0:
                raise ParameterProblem(
                    "strategy_corporate.error.amount", channel=channel, name=name, value=known[channel][name]
                )
    return known


def _refuse_share(channel: str, name: str, value: float) -> None:
    raise ParameterProblem("strategy_corporate.error.rate", channel=channel, name=name, value=value)


def _chain(
    journey: Journey, rates: Mapping[str, Mapping[str, float]], open_to: Mapping[str, float]
) -> tuple[list[str], Matrix]:
    """Return the transient states and the probabilities among them, to won and to lost."""
    place = {step.name: 3 * number for number, step in enumerate(journey.steps)}
    n = 3 * len(place)
    place |= {end: n + number for number, end in enumerate(ENDS)}
    found = np.zeros((n, n + len(ENDS)))
    for number, step in enumerate(journey.steps):
        enter, own, other = 3 * number, 3 * number + 1, 3 * number + 2
        own_open = open_to[step.channel]
        other_open = open_to[step.fallback] if step.fallback else 0.0
        missed = place[step.next("not_reached")]
        found[enter, own] = own_open
        found[enter, other] = (1 - own_open) * other_open
        found[enter, missed] += (1 - own_open) * (1 - other_open)
        for state, channel in ((own, step.channel), (other, step.fallback)):
            if not channel:
                # Nobody comes here; it leads on, so that the chain still ends.
                found[state, missed] = 1.0
                continue
            lost = 1.0 - sum(rates[channel][name] for name in RATES)
            shares = {**{name: rates[channel][name] for name in RATES}, "not_reached": max(0.0, lost)}
            if state == own:
                # Not reached: the fallback takes over where it is open.
                found[own, other] += shares["not_reached"] * other_open
                shares["not_reached"] *= 1 - other_open
            for outcome in JOURNEY_OUTCOMES:
                found[state, place[step.next(outcome)]] += shares[outcome]
    names = [f"{step.name}:{part}" for step in journey.steps for part in ("enter", "first", "fallback")]
    return names, found


def _visits(journey: Journey, transitions: Matrix) -> tuple[Matrix, Matrix]:
    """Return the expected visits of each state from the first, and the chance to come there at all."""
    n = len(transitions)
    within = transitions[:, :n]
    here = _ever_from_start(within)
    # Who can come nowhere but round in circles never ends.
    if _stuck(transitions, here):
        raise ParameterProblem("strategy_corporate.journey_error.endless", journey=journey.name)
    visits, reach = np.zeros(n), np.zeros(n)
    inside = np.flatnonzero(here)
    fundamental = np.linalg.inv(np.eye(len(inside)) - within[np.ix_(inside, inside)])
    visits[inside] = fundamental[0]
    reach[inside] = fundamental[0] / np.diag(fundamental)
    return visits, reach


def _ever_from_start(within: Matrix) -> npt.NDArray[np.bool_]:
    here = np.zeros(len(within), dtype=bool)
    here[0] = True
    for _ in range(len(within)):
        here |= (within[here] > 0).any(axis=0)
    return here


def _stuck(transitions: Matrix, here: npt.NDArray[np.bool_]) -> bool:
    """Say whether a state that customers come to leads to no end."""
    n = len(transitions)
    ends = transitions[:, n:].sum(axis=1) > _NEVER
    for _ in range(n):
        ends |= (transitions[:, :n][:, ends] > _NEVER).any(axis=1)
    return bool((here & ~ends).any())


def _spread(transitions: Matrix, counted: Matrix) -> float:
    """Return the standard deviation of the number of visits to the counted states.

    With f(x) = counted(x) + Σ p(x,y) f(y), the second moment g follows
    g(x) = counted(x)·(1 + 2 Σ p(x,y) f(y)) + Σ p(x,y) g(y), for counts of 0 or 1.
    """
    n = len(transitions)
    inside = np.flatnonzero(_ever_from_start(transitions[:, :n]))
    within = transitions[np.ix_(inside, inside)]
    one = counted[inside]
    fundamental = np.linalg.inv(np.eye(len(inside)) - within)
    mean = fundamental @ one
    second = fundamental @ (one * (1 + 2 * (within @ mean)))
    return float(np.sqrt(max(0.0, second[0] - mean[0] ** 2)))


def path_interval(
    journey: Journey,
    rates: pd.DataFrame,
    reachable: Mapping[str, float] | None = None,
    *,
    level: float = 0.8,
    draws: int = 200,
    random_state: int = 0,
) -> tuple[float, float]:
    """Return between what the share who take the offer lies, as far as the contacts tell.

    The outcomes of a measured channel are drawn from their Dirichlet posterior under
    Jeffreys' prior. Rates that are assumed do not vary: how wrong a plan is, no contact says.

    Parameters
    ----------
    journey : Journey
        The journey.
    rates : pandas.DataFrame
        As in `expected_path`, with ``n``, from `measure_rates`.
    reachable : mapping of str to float, optional
        As in `expected_path`.
    level : float, default=0.8
        Share of the draws within the interval.
    draws : int, default=200
        Sampled sets of rates.
    random_state : int, default=0
        Seed of the draws.

    Returns
    -------
    tuple of float
        Both missing where no channel of the journey was measured.

    Raises
    ------
    ParameterProblem
        As `expected_path`; or if `level` is no share.

    Examples
    --------
    >>> from workbench.strategy import Journey, JourneyStep
    >>> rates = assumed_rates().assign(n=10_000)
    >>> call = Journey("call", [JourneyStep("call", "phone", 2, "", {"clicked": "won"})])
    >>> low, high = path_interval(call, rates)
    >>> low < 0.16 < high, high - low < 0.02
    (True, True)
    """
    if not 0 < level < 1:
        raise ParameterProblem("strategy_corporate.error.rate", channel="–", name="level", value=level)
    known = _checked(journey, rates)
    used = dict.fromkeys(c for step in journey.steps for c in (step.channel, step.fallback) if c)
    behind = dict(zip(rates["channel"], rates["n"], strict=True))
    measured = [channel for channel in used if behind[channel] > 0]
    if not measured:
        return float("nan"), float("nan")
    open_to = {channel: float((reachable or {}).get(channel, 1.0)) for channel in CHANNELS}
    rng = np.random.default_rng(random_state)
    sampled = {}
    for channel in measured:
        shares = [known[channel][name] for name in RATES]
        counts = behind[channel] * np.array([*shares, max(0.0, 1 - sum(shares))]) + 0.5
        sampled[channel] = rng.dirichlet(counts, size=draws)
    found = []
    for draw in range(draws):
        drawn = {
            channel: {**entry, **dict(zip(RATES, sampled[channel][draw], strict=False))}
            if channel in sampled
            else entry
            for channel, entry in known.items()
        }
        _, transitions = _chain(journey, drawn, open_to)
        visits, _ = _visits(journey, transitions)
        found.append(float(visits @ transitions[:, -2]))
    low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2])
    return float(low), float(high)
