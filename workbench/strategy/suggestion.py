"""One or two strategies for each segment, from the templates that suit it."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.locale import normal_language
from workbench.strategy.reach import in_stages, join_segments, may_contact, stages_of
from workbench.strategy.templates import Template, read_templates
from workbench.strategy.traits import describe_traits
from workbench.tables import STRATEGIES

SECOND_FIT = 0.6


def suggest_strategies(
    customers: pd.DataFrame,
    membership: pd.DataFrame,
    *,
    starts_on: dt.date | str,
    days: int = 60,
    control_share: float = 0.1,
    lang: str = "en",
) -> pd.DataFrame:
    """Return one or two strategies for each segment, as a first draft to work on.

    Each template says which traits it suits (`describe_traits`). A segment gets the one
    that suits it best, and a second one where it suits at least 0.6 and does not clash
    with the first (same channel and stages); templates that suit nobody in particular are
    an analyst's choice (`draft_card`). They are numbered S1, S2 … by the value
    they promise: customers that may be contacted, less the control, times response
    times value less cost.

    Parameters
    ----------
    customers : pandas.DataFrame
        Table PORTRAIT, one row a customer.
    membership : pandas.DataFrame
        Table MEMBERSHIP.
    starts_on : datetime.date or str
        First day of the contacts.
    days : int, default=60
        Days from the first to the last day.
    control_share : float, default=0.1
        Share held back as control, 0 to 1.
    lang : str, default="en"
        Language of names, objectives and scripts: ``"en"`` or ``"zh_CN"``.

    Returns
    -------
    pandas.DataFrame
        Table STRATEGIES, the most promising first.

    Raises
    ------
    ParameterProblem
        If `days` is below 1, `control_share` outside 0 to 1 (1 excluded) or nobody has a segment.

    Examples
    --------
    >>> customers = pd.DataFrame({"customer_id": ["1", "2"], "age": [66.0, 70.0]})
    >>> membership = pd.DataFrame(
    ...     {"customer_id": ["1", "2"], "cluster": [0, 0], "segment": ["Everyone"] * 2})
    >>> cards = suggest_strategies(customers, membership, starts_on="2026-10-12")
    >>> cards[["strategy_id", "name", "offer", "channel"]].values.tolist()
    [['S1', 'Term deposit by telephone', 'time_deposit', 'phone']]
    """
    if days < 1:
        raise ParameterProblem("strategy_room.error.days", days=days)
    if not 0 <= control_share < 1:
        raise ParameterProblem("strategy_room.error.control_share", share=control_share)
    first_day = pd.Timestamp(starts_on).normalize()
    joined = join_segments(customers, membership)
    reachable = joined.loc[may_contact(joined).to_numpy()]
    drafts: list[dict[str, Any]] = []
    for segment, traits in describe_traits(customers, membership).iterrows():
        mine = reachable.loc[(reachable["segment"] == segment).to_numpy()]
        stages = stages_of(mine)
        for template in _choose({str(k): float(v) for k, v in traits.items()}):
            draft = template.card(str(segment), normal_language(lang), customers.columns)
            reached = int(in_stages(stages, draft["lifecycle_stages"]).sum())
            each = template.response * template.value - template.cost
            draft["promise"] = reached * (1 - control_share) * each
            drafts.append(draft)
    drafts.sort(key=lambda draft: (-draft["promise"], draft["segment"], draft["name"]))
    strategies = pd.DataFrame(drafts).drop(columns="promise")
    strategies.insert(0, "strategy_id", [f"S{number}" for number in range(1, len(drafts) + 1)])
    strategies["control_share"] = float(control_share)
    strategies["starts_on"] = pd.Series([first_day] * len(drafts), dtype="datetime64[us]")
    last_day = first_day + pd.Timedelta(days=days)
    strategies["ends_on"] = pd.Series([last_day] * len(drafts), dtype="datetime64[us]")
    strategies["owner"] = ""
    return STRATEGIES.check(strategies[list(STRATEGIES.names)])


def _choose(traits: dict[str, float]) -> list[Template]:
    """Return the template that suits best, and a second one that stands beside it."""
    kind = "corporate" if traits["corporate"] > 0.5 else "retail"
    allowed = [each for each in read_templates().values() if kind in each.kinds and each.suits]
    ranked = sorted(allowed, key=lambda template: -template.fit(traits))
    first = ranked[0]
    for second in ranked[1:]:
        if second.fit(traits) >= SECOND_FIT and not _collide(first, second):
            return [first, second]
    return [first]


def _collide(one: Template, other: Template) -> bool:
    if one.offer == other.offer and set(one.stages) & set(other.stages):
        return True
    together = not one.stages or not other.stages or bool(set(one.stages) & set(other.stages))
    return one.channel == other.channel and together
