"""The planted structure: who the customers are before anything is drawn.

Every figure that a segment is made of stands here, so that a reader can see what the
other rooms are meant to find. Rates are per month; money is CNY.
"""

from __future__ import annotations

from dataclasses import dataclass, field

RETAIL = (
    "happy_retirees",
    "affluent_planners",
    "payroll_young",
    "sme_owners",
    "dormant_savers",
    "new_honeymoon",
)
CORPORATE = ("micro", "core_supplier", "strategic_group")
SEGMENTS = RETAIL + CORPORATE

ASSETS = ("demand", "time_deposit", "fund", "wealth", "insurance")
DEBTS = ("loan", "card")
PRODUCTS = ASSETS + DEBTS
STAGES = ("acquisition", "honeymoon", "growth", "mature", "decline", "dormant", "lost")
WAYS = ("app", "branch", "atm", "online")
CHANNELS = ("phone", "sms", "app", "branch", "email")
OFFERS = (
    "time_deposit",
    "fund_plan",
    "wealth_review",
    "card_instalment",
    "payroll_service",
    "app_activation",
    "sme_loan",
    "winback_gift",
)
REGIONS = ("East", "South", "West", "North", "Central")
BRANCHES = tuple(f"Branch {number:02d}" for number in range(1, 43))
INDUSTRIES = (
    "manufacturing",
    "wholesale",
    "retail_trade",
    "logistics",
    "construction",
    "software",
    "catering",
    "agriculture",
    "healthcare",
    "education",
)
OCCUPATIONS = ("employee", "manager", "professional", "self_employed", "retired", "student", "other")


@dataclass(frozen=True)
class Traits:
    """What customers of one segment are like on average.

    Parameters
    ----------
    share : float
        Share of the retail (or of the corporate) customers.
    balance : float
        Mean assets, CNY.
    spread : float
        Standard deviation of the logarithm of assets.
    age, age_spread : float
        Years; 0 for companies.
    tenure : float
        Mean years with the bank beyond the first.
    holds : tuple of float
        Probability of holding each of `ASSETS`; everyone holds demand.
    mix : tuple of float
        Share of assets in each of `ASSETS` among those who hold it, before scaling to 1.
    loan, card : float
        Probability of owing on a loan, of having a card.
    loan_size : float
        Median owed, CNY.
    salary, pension, transfer, card_use, cash, payment : float
        Movements a month in the extract.
    app, branch : float
        App logins and branch visits a month.
    ways : tuple of float
        Share of transfers and payments by each of `WAYS`.
    stages : tuple of float
        Weights of `STAGES`.
    occupations : tuple of float
        Weights of `OCCUPATIONS`.
    employed : float
        Probability that the employer is a customer of the bank.
    """

    share: float
    balance: float
    spread: float
    age: float
    age_spread: float
    tenure: float
    holds: tuple[float, ...]
    mix: tuple[float, ...]
    loan: float
    card: float
    loan_size: float
    salary: float
    pension: float
    transfer: float
    card_use: float
    cash: float
    payment: float
    app: float
    branch: float
    ways: tuple[float, ...]
    stages: tuple[float, ...]
    occupations: tuple[float, ...] = (0, 0, 0, 0, 0, 0, 1)
    employed: float = 0.0
    before: dict[str, float] = field(default_factory=dict)


TRAITS: dict[str, Traits] = {
    "happy_retirees": Traits(
        share=0.12, balance=198_000, spread=0.75, age=67, age_spread=5.5, tenure=14,
        holds=(1, 0.93, 0.12, 0.38, 0.35), mix=(0.22, 0.62, 0.08, 0.22, 0.12),
        loan=0.02, card=0.1, loan_size=40_000,
        salary=0.02, pension=0.90, transfer=0.15, card_use=0.10, cash=0.30, payment=0.08,
        app=0.6, branch=1.5, ways=(0.06, 0.88, 0.04, 0.02),
        stages=(1.2, 3.4, 18.6, 84.1, 33.9, 11.1, 1.8),
        occupations=(1, 1, 2, 1, 92, 0, 3), before={"affluent_planners": 0.6, "dormant_savers": 0.4},
    ),
    "affluent_planners": Traits(
        share=0.07, balance=308_000, spread=0.75, age=49, age_spread=7, tenure=10,
        holds=(1, 0.40, 0.88, 0.96, 0.66), mix=(0.14, 0.15, 0.28, 0.40, 0.14),
        loan=0.12, card=0.85, loan_size=420_000,
        salary=0.35, pension=0.02, transfer=0.7, card_use=0.5, cash=0.08, payment=0.40,
        app=3.2, branch=0.35, ways=(0.50, 0.08, 0.02, 0.40),
        stages=(1.9, 5.2, 26.8, 41.4, 9.8, 3.6, 1.2),
        occupations=(18, 32, 26, 12, 6, 0, 6), employed=0.40,
        before={"payroll_young": 0.5, "dormant_savers": 0.2, "sme_owners": 0.3},
    ),
    "payroll_young": Traits(
        share=0.24, balance=46000, spread=0.80, age=34, age_spread=5.5, tenure=4,
        holds=(1, 0.08, 0.24, 0.12, 0.04), mix=(0.60, 0.15, 0.20, 0.20, 0.06),
        loan=0.05, card=0.95, loan_size=260_000,
        salary=0.97, pension=0.0, transfer=0.22, card_use=0.34, cash=0.06, payment=0.12,
        app=5.0, branch=0.10, ways=(0.92, 0.02, 0.03, 0.03),
        stages=(6.0, 20.0, 118.0, 122.0, 24.3, 15.2, 3.0),
        occupations=(78, 4, 12, 1, 0, 1, 4), employed=0.70,
        before={"new_honeymoon": 0.55, "dormant_savers": 0.45},
    ),
    "sme_owners": Traits(
        share=0.08, balance=115_000, spread=0.85, age=46, age_spread=8, tenure=6,
        holds=(1, 0.14, 0.08, 0.34, 0.18), mix=(0.72, 0.12, 0.05, 0.22, 0.06),
        loan=0.94, card=0.3, loan_size=310_000,
        salary=0.04, pension=0.0, transfer=2.1, card_use=0.25, cash=0.45, payment=1.4,
        app=3.8, branch=1.7, ways=(0.08, 0.50, 0.02, 0.40),
        stages=(3.1, 7.9, 30.5, 43.2, 12.6, 4.0, 1.4),
        occupations=(2, 4, 2, 89, 1, 0, 2), before={"payroll_young": 0.6, "dormant_savers": 0.4},
    ),
    "dormant_savers": Traits(
        share=0.35, balance=24_000, spread=0.95, age=46, age_spread=12, tenure=9,
        holds=(1, 0.22, 0.04, 0.05, 0.06), mix=(0.88, 0.40, 0.05, 0.08, 0.06),
        loan=0.02, card=0.04, loan_size=60_000,
        salary=0.02, pension=0.03, transfer=0.16, card_use=0.04, cash=0.12, payment=0.05,
        app=0.15, branch=0.06, ways=(0.08, 0.07, 0.83, 0.02),
        stages=(2.2, 6.1, 12.8, 22.5, 71.4, 320.0, 14.6),
        occupations=(38, 6, 10, 12, 18, 2, 14), employed=0.08,
        before={"payroll_young": 0.6, "happy_retirees": 0.2, "sme_owners": 0.2},
    ),
    "new_honeymoon": Traits(
        share=0.14, balance=21000, spread=0.75, age=27, age_spread=6, tenure=0.3,
        holds=(1, 0.06, 0.09, 0.08, 0.02), mix=(0.82, 0.16, 0.14, 0.16, 0.05),
        loan=0.03, card=0.1, loan_size=80_000,
        salary=0.1, pension=0.01, transfer=0.34, card_use=0.16, cash=0.1, payment=0.08,
        app=5.6, branch=0.7, ways=(0.20, 0.03, 0.02, 0.75),
        stages=(31.7, 124.6, 19.9, 2.1, 1.4, 0.1, 0.0),
        occupations=(38, 3, 10, 8, 2, 34, 5), employed=0.35,
    ),
    "micro": Traits(
        share=0.78, balance=160_000, spread=0.9, age=0, age_spread=0, tenure=4,
        holds=(1, 0.15, 0.0, 0.20, 0.0), mix=(0.85, 0.15, 0.0, 0.20, 0.0),
        loan=0.45, card=0.0, loan_size=500_000,
        salary=0.0, pension=0.0, transfer=1.2, card_use=0.0, cash=0.4, payment=0.8,
        app=4.0, branch=0.9, ways=(0.20, 0.15, 0.02, 0.63),
        stages=(3, 9, 28, 38, 14, 6, 2),
    ),
    "core_supplier": Traits(
        share=0.17, balance=1_500_000, spread=0.7, age=0, age_spread=0, tenure=8,
        holds=(1, 0.40, 0.0, 0.45, 0.0), mix=(0.66, 0.25, 0.0, 0.30, 0.0),
        loan=0.65, card=0.0, loan_size=3_000_000,
        salary=0.0, pension=0.0, transfer=2.6, card_use=0.0, cash=0.2, payment=1.8,
        app=6.0, branch=1.2, ways=(0.08, 0.10, 0.00, 0.82),
        stages=(1, 4, 32, 50, 11, 1.5, 0.5),
    ),
    "strategic_group": Traits(
        share=0.05, balance=9_000_000, spread=0.6, age=0, age_spread=0, tenure=14,
        holds=(1, 0.70, 0.0, 0.75, 0.0), mix=(0.50, 0.35, 0.0, 0.40, 0.0),
        loan=0.70, card=0.0, loan_size=20_000_000,
        salary=0.0, pension=0.0, transfer=5.0, card_use=0.0, cash=0.1, payment=4.0,
        app=9.0, branch=2.0, ways=(0.02, 0.10, 0.00, 0.88),
        stages=(0.5, 1.5, 34, 56, 8, 0, 0),
    ),
}  # fmt: skip

CORPORATE_SHARE = 0.05
"""Companies among all customers."""
CHANGED_SHARE = 0.09
"""Retail customers whose behaviour moves to another segment in the last three months."""
LEAN = 0.08
"""Mean share of another segment's habits in most retail customers."""
TORN_SHARE = 0.17
"""Retail customers with 40% to all of another segment's habits."""
STAGE_BALANCE = (0.75, 0.9, 1.1, 1.0, 0.75, 0.55, 0.02)
"""Assets of a stage relative to the segment's mature customers."""
