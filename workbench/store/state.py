"""The store: every part of a project's memory under one name."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

from workbench.store.actions import Actions
from workbench.store.approvals import FOUR_EYES, Approvals
from workbench.store.area import Area
from workbench.store.artefacts import Artefacts
from workbench.store.cards import Cards, Lists
from workbench.store.corrections import Corrections
from workbench.store.cycles import Cycles, Slots
from workbench.store.database import Database
from workbench.store.disposition_codes import DispositionCodes
from workbench.store.drafts import Drafts
from workbench.store.exchanges import Exchanges
from workbench.store.exports import Exports
from workbench.store.feedback import Feedback
from workbench.store.feedback_codes import FeedbackCodes
from workbench.store.hypotheses import Hypotheses
from workbench.store.kyc_answers import KycAnswers
from workbench.store.late import Late
from workbench.store.leases import Leases
from workbench.store.materials import Materials
from workbench.store.objectives import Objectives
from workbench.store.opportunities import Opportunities
from workbench.store.pairs import Pairs
from workbench.store.pipeline_templates import PipelineTemplates
from workbench.store.quota import Quotas
from workbench.store.referral_rules import ReferralRules
from workbench.store.referrals import Referrals
from workbench.store.remarks import Comments, Ideas
from workbench.store.results import Decisions, Results
from workbench.store.room_acts import RoomActs
from workbench.store.rooms import Rooms
from workbench.store.runs import Runs
from workbench.store.scripts import Scripts
from workbench.store.trail import Trail

AREAS: tuple[type[Area], ...] = (
    Actions,
    Approvals,
    Artefacts,
    Cards,
    Comments,
    Corrections,
    Cycles,
    Decisions,
    DispositionCodes,
    Drafts,
    Exchanges,
    Exports,
    Feedback,
    FeedbackCodes,
    Hypotheses,
    Ideas,
    KycAnswers,
    Late,
    Leases,
    Lists,
    Materials,
    Objectives,
    Opportunities,
    Pairs,
    PipelineTemplates,
    Quotas,
    ReferralRules,
    Referrals,
    Results,
    RoomActs,
    Rooms,
    Runs,
    Scripts,
    Slots,
    Trail,
)


class Store:
    """A project's memory.

    Parameters
    ----------
    database : Database
        The SQL side.
    project_folder : pathlib.Path
        The project's folder.
    four_eyes : int, default=1000
        Customers that one person may launch in a cycle without a second one.
    """

    def __init__(self, database: Database, project_folder: Path, four_eyes: int = FOUR_EYES) -> None:
        self.database = database
        self.actions = Actions(database, project_folder)
        self.approvals = Approvals(database, project_folder)
        self.artefacts = Artefacts(database, project_folder)
        self.cards = Cards(database, project_folder)
        self.comments = Comments(database, project_folder)
        self.corrections = Corrections(database, project_folder)
        self.cycles = Cycles(database, project_folder)
        self.decisions = Decisions(database, project_folder)
        self.disposition_codes = DispositionCodes(database, project_folder)
        self.drafts = Drafts(database, project_folder)
        self.exchanges = Exchanges(database, project_folder)
        self.exports = Exports(database, project_folder)
        self.feedback = Feedback(database, project_folder)
        self.feedback_codes = FeedbackCodes(database, project_folder)
        self.hypotheses = Hypotheses(database, project_folder)
        self.ideas = Ideas(database, project_folder)
        self.kyc_answers = KycAnswers(database, project_folder)
        self.late = Late(database, project_folder)
        self.leases = Leases(database, project_folder)
        self.lists = Lists(database, project_folder)
        self.lists.four_eyes = four_eyes
        self.materials = Materials(database, project_folder)
        self.objectives = Objectives(database, project_folder)
        self.opportunities = Opportunities(database, project_folder)
        self.pairs = Pairs(database, project_folder)
        self.pipeline_templates = PipelineTemplates(database, project_folder)
        self.quotas = Quotas(database, project_folder)
        self.referral_rules = ReferralRules(database, project_folder)
        self.referrals = Referrals(database, project_folder)
        self.results = Results(database, project_folder)
        self.room_acts = RoomActs(database, project_folder)
        self.rooms = Rooms(database, project_folder)
        self.runs = Runs(database, project_folder)
        self.scripts = Scripts(database, project_folder)
        self.slots = Slots(database, project_folder)
        self.trail = Trail(database, project_folder)


def open_store(
    project_folder: Path,
    *,
    url: str | None = None,
    role: str = "analyst",
    who: str | None = None,
    clock: Callable[[], dt.datetime] | None = None,
    four_eyes: int = FOUR_EYES,
) -> Store:
    """Open a project's memory, bringing its tables up to date.

    Parameters
    ----------
    project_folder : pathlib.Path
        The project's folder.
    url : str, optional
        SQLAlchemy URL; by default ``state.sqlite`` in the folder.
    role : {"participant", "viewer", "contributor", "analyst"}, default="analyst"
        What this handle may write.
    who : str, optional
        Written to the audit log; by default ``WORKBENCH_USER`` or the account's name.
    clock : callable, optional
        Returns the moment of a write, UTC without a zone.
    four_eyes : int, default=1000
        Customers that one person may launch in a cycle without a second one.

    Raises
    ------
    NotFound
        If a viewer opens a state that was never created, or needs an update first.
    """
    place = url or f"sqlite:///{(project_folder / 'state.sqlite').absolute()}"
    database = Database(place, role=role, who=who, clock=clock)
    database.prepare()
    return Store(database, project_folder, four_eyes)
