"""The sample bank's pipeline: opportunities with its companies, made up and written down as simulated."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from workbench.project.handle import Project

SOURCE = "sample bank (simulated)"
"""Where the demo's opportunities come from, as stands with each of them, and who opened them."""
_SEED = 8
_A_COMPANY = 5.0
"""Opportunities that a company had within the days below, on average."""
_DAYS_BACK = 300
_MOST = 100
# Offer, its middle amount (CNY) and the spread of its logarithm, and what is done next.
_OFFERS = (
    ("sme_loan", 3_000_000, 0.7, "Ask for the half-year accounts · 索取半年度财务报表"),
    ("payroll_service", 600_000, 0.6, "Show how payroll is paid · 演示代发工资"),
    ("time_deposit", 1_500_000, 0.8, "Agree the rate · 商定利率"),
    ("sme_loan", 6_000_000, 0.8, "Collect the contracts · 收集贸易合同"),
)
# Step by step: the chance of getting on rather than being lost, and the usual days it takes.
_GETS_ON = (0.9, 0.88, 0.9, 0.82, 0.76, 0.74, 0.84, 0.96)
_DAYS = (13, 9, 7, 13, 20, 20, 27, 22)
_ENDS = {
    "won": ("best_terms", "relationship", "speed", "solution"),
    "lost": ("price", "competitor", "no_need", "too_late", "credit_refused"),
}
_ANSWERS = {
    "business": (
        "Makes valves; two families own it · 生产阀门，两个家族持股",
        "Wholesale; one owner · 批发，单一股东",
    ),
    "chain": ("Three large buyers, 60 days · 三家大客户，账期60天", "Many small buyers · 客户分散，现款结算"),
    "cash_flow": ("Peak in autumn; two banks · 秋季为高峰，两家结算行",),
    "funding": ("2000000", "5000000", "12000000"),
    "collateral": ("property", "receivables", "none"),
    "decision": ("The owner decides, finance prepares · 老板拍板，财务准备",),
    "payroll": ("here", "elsewhere", "partly"),
    "risks": ("Stands guarantee for a sister company · 为关联公司担保一笔",),
}
_STAFF = 6


def play_pipeline(project: Project) -> int:
    """Make up opportunities with the project's companies, ended ones and open ones, and answers.

    They stand there as simulated: `SOURCE` is where each comes from, and who opened it.
    The same project gives the same ones, and a second time adds none.

    Parameters
    ----------
    project : Project
        Of the sample bank.

    Returns
    -------
    int
        Opportunities that are new; none where the project has any already, or no companies.
    """
    pipeline = project.execution.pipeline
    if not project.store.opportunities.frame().empty:
        return 0
    known = pipeline.companies()
    companies = sorted(known.loc[known["held"].eq(""), "customer_id"])[:_MOST]
    if not companies:
        return 0
    rng = np.random.default_rng([_SEED, len(companies)])
    now = dt.datetime.combine(project.execution.day(), dt.time(1))
    story = _Story(rng, now, list(pipeline.template.offered()), pipeline.template.questions())
    for company in companies:
        for number in range(int(rng.poisson(_A_COMPANY))):
            story.tell(f"{company}-{number}", company)
    return pipeline.load(
        pd.DataFrame(story.rows),
        pd.DataFrame(story.moves),
        pd.DataFrame(story.answers, columns=["key", "question", "answer", "at", "who"]),
        source=SOURCE,
    )


class _Story:
    """What is made up, one opportunity after the other."""

    def __init__(
        self, rng: np.random.Generator, now: dt.datetime, steps: list[str], questions: dict[str, Any]
    ) -> None:
        self.rng, self.now, self.steps, self.questions = rng, now, steps, questions
        self.rows: list[dict[str, Any]] = []
        self.moves: list[dict[str, Any]] = []
        self.answers: list[dict[str, Any]] = []
        self.told: set[tuple[str, str]] = set()

    def tell(self, key: str, company: str) -> None:
        """Make up one opportunity from its first day to its end, or to today."""
        rng = self.rng
        offer, middle, spread, action = _OFFERS[int(rng.integers(len(_OFFERS)))]
        at = self.now - dt.timedelta(days=float(rng.uniform(1, _DAYS_BACK)))
        here, left = 0, 0.0
        event, reason, note = "opened", "", ""
        while True:
            here = min(here, len(self.steps) - 1)
            self._move(key, event, self.steps[here], at, reason, note)
            if event in _ENDS:
                break
            self._answer(key, company, self.steps[here], at)
            usual = _DAYS[min(here, len(_DAYS) - 1)]
            at += dt.timedelta(days=float(rng.lognormal(np.log(usual * 0.85), 0.6)), minutes=1)
            left = float(sum(_DAYS[here:]))
            draw = rng.random(3)
            gets_on = draw[0] < _GETS_ON[min(here, len(_GETS_ON) - 1)]
            if at > self.now:
                break
            event, reason, note = "forward", "", ""
            if not gets_on or here == len(self.steps) - 1:
                event = "won" if gets_on else "lost"
                reason = _ENDS[event][int(draw[1] * len(_ENDS[event]))]
            elif draw[2] < 0.05 and here > 0:
                event, note, here = "back", "The company changed its plans · 企业调整了计划", here - 1
            else:
                here += 1
        is_open = event not in _ENDS
        off = float(rng.normal(0, 15))
        close = (self.now + dt.timedelta(days=left + off)) if is_open else at
        self.rows.append(
            {
                "key": key,
                "customer_id": company,
                "offer": offer,
                "amount": float(round(middle * float(rng.lognormal(0, spread)), -4)) or 10_000.0,
                "expected_close": close.date(),
                "owner": f"RM-{1 + int(rng.integers(_STAFF))} (simulated)",
                "next_action": action,
                "next_on": (self.now + dt.timedelta(days=int(rng.integers(-3, 15)))).date(),
            }
        )

    def _move(self, key: str, event: str, step: str, at: dt.datetime, reason: str, note: str) -> None:
        what = {"event": event, "to_step": step, "at": at.replace(microsecond=0), "who": SOURCE}
        self.moves.append({"key": key, **what, "reason": reason, "note": note})

    def _answer(self, key: str, company: str, step: str, at: dt.datetime) -> None:
        """Let the company answer what had to be known before this step."""
        for code, question in self.questions.items():
            if question.before == step and code in _ANSWERS and (company, code) not in self.told:
                self.told.add((company, code))
                choices = _ANSWERS[code]
                said = choices[int(self.rng.integers(len(choices)))]
                when = at.replace(microsecond=0)
                self.answers.append({"key": key, "question": code, "answer": said, "at": when, "who": SOURCE})
