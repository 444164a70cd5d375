"""Which offers do not suit which customers: rules by offer."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

import pandas as pd

from workbench.errors import ParameterProblem
from workbench.strategy.conditions import Condition, meets


@dataclass(frozen=True)
class SuitabilityRule:
    """A rule that turns customers away from some offers.

    Parameters
    ----------
    name : str
        Its name.
    offers : tuple of str
        The offers that it is about.
    when : tuple of Condition
        The customer is turned away when all of them hold.
    """

    name: str
    offers: tuple[str, ...]
    when: tuple[Condition, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns that it asks for."""
        return tuple(dict.fromkeys(condition.column for condition in self.when))

    def missing(self, customers: pd.DataFrame) -> tuple[str, ...]:
        """Return the columns that these customers lack: with one missing, the rule can't be asked."""
        return tuple(name for name in self.columns if name not in customers.columns)

    def turns_away(self, customers: pd.DataFrame) -> pd.Series:
        """Say for each customer whether the offers do not suit them.

        Examples
        --------
        >>> rule = SuitabilityRule("late_debt", ("card_instalment",), (Condition("age", "at_least", 70),))
        >>> rule.turns_away(pd.DataFrame({"age": [69, 70, None]})).tolist()
        [False, True, False]
        """
        return meets(customers, self.when)


def read_suitability(text: str | None = None, name: str = "suitability.toml") -> tuple[SuitabilityRule, ...]:
    r"""Return the rules of suitability, in the order of the file.

    Parameters
    ----------
    text : str, optional
        A bank's own ``suitability.toml``, in place of the package's.
    name : str, default="suitability.toml"
        What an error calls the text.

    Returns
    -------
    tuple of SuitabilityRule

    Raises
    ------
    ParameterProblem
        If it is no TOML of this form, or a condition makes no sense.

    Examples
    --------
    >>> read_suitability()[0].name
    'under_age'
    """
    return _packaged() if text is None else _parse(text, name)


@cache
def _packaged() -> tuple[SuitabilityRule, ...]:
    written = resources.files(__package__).joinpath("suitability.toml").read_text(encoding="utf-8")
    return _parse(written, "suitability.toml")


def _parse(text: str, name: str) -> tuple[SuitabilityRule, ...]:
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        detail = str(error)[:120]
        raise ParameterProblem("strategy_lists.error.suitability_file", name=name, detail=detail) from error
    entries = given.get("rule", [])
    rules = []
    for number, entry in enumerate(entries if isinstance(entries, list) else [None], 1):
        right = (
            isinstance(entry, dict)
            and set(entry) == {"name", "offers", "when"}
            and isinstance(entry["offers"], list)
            and isinstance(entry["when"], list)
            and len(entry["when"]) > 0
            and all(isinstance(each, dict) for each in entry["when"])
        )
        if not right:
            raise ParameterProblem(
                "strategy_lists.error.suitability_file", name=name, detail=f"[[rule]] {number}"
            )
        when = tuple(
            Condition(each.get("column", ""), str(each.get("operator", "")), each.get("value"))
            for each in entry["when"]
        )
        rules.append(SuitabilityRule(str(entry["name"]), tuple(map(str, entry["offers"])), when))
    return tuple(rules)
