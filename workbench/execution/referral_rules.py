"""Kinds of referral with their time limits and shares of the credit, and the reasons that end one."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Any

from workbench.errors import ParameterProblem
from workbench.locale import normal_language

ACTS = ("refuse", "withdraw", "lose")
"""Acts that need a reason."""
CUSTOMER_KINDS = ("", "retail", "corporate")
LONGEST_LABEL = 80
MOST_DAYS = 365
_CODE = re.compile(r"[a-z][a-z0-9_]{0,39}")
_LANGUAGES = ("en", "zh_CN")


@dataclass(frozen=True)
class ReferralKind:
    """From whom to whom customers are referred, and on what terms.

    Parameters
    ----------
    code : str
        The word that tables hold.
    labels : dict of str to str
        What a person reads, by language.
    customer : {"", "retail", "corporate"}
        Whom it is for; empty is everybody.
    accept_days : int
        Days after which one that nobody accepted goes back to its sender.
    work_days : int
        Days after its acceptance from which one that was not worked is overdue.
    sender_share : int
        The sender's part of what is won, hundredths of a percent.
    retired : bool, default=False
        Whether it is read and counted, and offered no more.
    """

    code: str
    labels: dict[str, str]
    customer: str
    accept_days: int
    work_days: int
    sender_share: int
    retired: bool = False

    def plain(self) -> dict[str, Any]:
        """Return it as JSON holds it, with the share in percent."""
        return {
            "code": self.code,
            **self.labels,
            "customer": self.customer,
            "accept_days": self.accept_days,
            "work_days": self.work_days,
            "sender_share": self.sender_share / 100,
            "retired": self.retired,
        }


@dataclass(frozen=True)
class ReferralReason:
    """Why a referral was refused, withdrawn or lost.

    Parameters
    ----------
    code : str
        The word that tables hold.
    labels : dict of str to str
        What a person reads, by language.
    acts : tuple of str
        For what it can be given, of `ACTS`.
    retired : bool, default=False
        Whether it is read and counted, and offered no more.
    """

    code: str
    labels: dict[str, str]
    acts: tuple[str, ...]
    retired: bool = False

    def plain(self) -> dict[str, Any]:
        """Return it as JSON holds it."""
        return {"code": self.code, **self.labels, "acts": list(self.acts), "retired": self.retired}


@dataclass(frozen=True)
class ReferralRules:
    """All kinds and reasons, in the order in which they are offered.

    Parameters
    ----------
    kinds : dict of str to ReferralKind
        Kinds by their codes.
    reasons : dict of str to ReferralReason
        Reasons by their codes.
    """

    kinds: dict[str, ReferralKind]
    reasons: dict[str, ReferralReason]

    def plain(self) -> dict[str, Any]:
        """Return them as JSON holds them, as `make_referral_rules` takes them."""
        return {
            "kinds": [kind.plain() for kind in self.kinds.values()],
            "reasons": [reason.plain() for reason in self.reasons.values()],
        }

    def kind(self, code: str) -> ReferralKind:
        """Return a kind that may be sent.

        Raises
        ------
        ParameterProblem
            If there is none of that code, or it was retired.
        """
        found = self.kinds.get(code)
        if found is None or found.retired:
            known = ", ".join(name for name, kind in self.kinds.items() if not kind.retired)
            raise ParameterProblem("execution_referral.error.kind", code=code[:60], known=known)
        return found

    def check_reason(self, act: str, code: str) -> str:
        """Return a reason's code if it may be given for an act.

        Raises
        ------
        ParameterProblem
            If none is given, or it is none for this act.
        """
        known = self.offered(act, "en")
        if not code:
            raise ParameterProblem("execution_referral.error.no_reason", known=", ".join(known))
        if code not in known:
            raise ParameterProblem("execution_referral.error.reason", code=code[:60], known=", ".join(known))
        return code

    def offered(self, act: str, lang: str = "en") -> dict[str, str]:
        """Return what a person reads for each reason that may be given for an act."""
        language = normal_language(lang)
        return {
            code: reason.labels[language]
            for code, reason in self.reasons.items()
            if act in reason.acts and not reason.retired
        }


@cache
def read_referral_rules() -> ReferralRules:
    """Return the packaged kinds and reasons.

    Examples
    --------
    >>> list(read_referral_rules().kinds)
    ['branch_to_manager', 'manager_to_private', 'retail_to_corporate', 'corporate_to_retail']
    """
    text = resources.files(__package__).joinpath("referral_rules.toml").read_text(encoding="utf-8")
    written = tomllib.loads(text)
    kinds, reasons = (
        [{"code": code, **entry} for code, entry in written[part].items()] for part in ("kinds", "reasons")
    )
    return make_referral_rules(kinds, reasons)


def make_referral_rules(
    kinds: Iterable[Mapping[str, Any]], reasons: Iterable[Mapping[str, Any]]
) -> ReferralRules:
    """Return kinds and reasons, checked.

    Parameters
    ----------
    kinds : iterable of mapping
        ``code``, ``en`` and ``zh_CN`` (labels), ``customer`` (retail, corporate or empty),
        ``accept_days`` and ``work_days`` (1 to 365), ``sender_share`` (percent, at most two
        decimals) and optionally ``retired``.
    reasons : iterable of mapping
        ``code``, ``en`` and ``zh_CN``, ``acts`` (of refuse, withdraw, lose) and optionally ``retired``.

    Returns
    -------
    ReferralRules

    Raises
    ------
    ParameterProblem
        If a code, label, limit or share is not possible, a code stands there twice, or an act
        is left without a reason.

    Examples
    --------
    >>> packaged = read_referral_rules().plain()
    >>> packaged["kinds"][0]["sender_share"] = 33.35
    >>> make_referral_rules(**packaged).kinds["branch_to_manager"].sender_share
    3335
    """
    known = ReferralRules({}, {})
    for row in kinds:
        kind = _kind(row)
        _refuse_twice(kind.code, known.kinds)
        known.kinds[kind.code] = kind
    for row in reasons:
        reason = _reason(row)
        _refuse_twice(reason.code, known.reasons)
        known.reasons[reason.code] = reason
    for act in ACTS:
        if not known.offered(act):
            raise ParameterProblem("execution_referral.error.reason_needed", act=act)
    return known


def share_credit(amount: int, sender_share: int) -> tuple[int, int]:
    """Divide what a referral won between its sender and its receiver; the parts add up to it exactly.

    Parameters
    ----------
    amount : int
        Hundredths of a yuan, 0 or more.
    sender_share : int
        The sender's part, hundredths of a percent, 0 to 10,000.

    Returns
    -------
    (int, int)
        The sender's and the receiver's part, hundredths of a yuan; half of one goes to the sender.

    Examples
    --------
    >>> share_credit(10_001, 5_000), share_credit(100, 3_333)
    ((5001, 5000), (33, 67))
    """
    if amount < 0 or not 0 <= sender_share <= 10_000:
        raise ParameterProblem("execution_referral.error.share", share=sender_share / 100)
    sender = (amount * sender_share + 5_000) // 10_000
    return sender, amount - sender


def _refuse_twice(code: str, known: Mapping[str, Any]) -> None:
    if code in known:
        raise ParameterProblem("execution_referral.error.code_twice", code=code)


def _named(row: Mapping[str, Any]) -> tuple[str, dict[str, str], bool]:
    code = str(row.get("code", ""))
    if not _CODE.fullmatch(code):
        raise ParameterProblem("execution_referral.error.code_form", code=code[:60])
    labels = {lang: str(row.get(lang) or "").strip() for lang in _LANGUAGES}
    if not all(0 < len(label) <= LONGEST_LABEL for label in labels.values()):
        raise ParameterProblem("execution_referral.error.code_label", code=code)
    return code, labels, bool(row.get("retired", False))


def _kind(row: Mapping[str, Any]) -> ReferralKind:
    code, labels, retired = _named(row)
    customer = str(row.get("customer") or "")
    if customer not in CUSTOMER_KINDS:
        raise ParameterProblem("execution_referral.error.customer_kind", code=code, customer=customer[:40])
    return ReferralKind(
        code=code,
        labels=labels,
        customer=customer,
        accept_days=_days(code, row.get("accept_days")),
        work_days=_days(code, row.get("work_days")),
        sender_share=_share(code, row.get("sender_share")),
        retired=retired,
    )


def _days(code: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= MOST_DAYS:
        raise ParameterProblem("execution_referral.error.days", code=code, days=value)
    if value != int(value):
        raise ParameterProblem("execution_referral.error.days", code=code, days=value)
    return int(value)


def _share(code: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= 100:
        raise ParameterProblem("execution_referral.error.kind_share", code=code, share=value)
    exact = float(value) * 100
    if abs(exact - round(exact)) > 1e-6:
        raise ParameterProblem("execution_referral.error.kind_share", code=code, share=value)
    return round(exact)


def _reason(row: Mapping[str, Any]) -> ReferralReason:
    code, labels, retired = _named(row)
    acts = tuple(act for act in ACTS if act in (row.get("acts") or ()))
    if not acts or len(acts) != len(set(row.get("acts") or ())):
        raise ParameterProblem("execution_referral.error.reason_acts", code=code, known=", ".join(ACTS))
    return ReferralReason(code, labels, acts, retired)
