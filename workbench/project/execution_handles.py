"""Parts of a cycle's execution that hang on ``project.execution`` and are read when first asked for."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from workbench.project.desk import Desk
    from workbench.project.dispositions import Dispositions
    from workbench.project.exchange import Exchange
    from workbench.project.feedback import FrontLineFeedback
    from workbench.project.handle import Project
    from workbench.project.materials import Materials
    from workbench.project.pace import Pace
    from workbench.project.pipeline import Pipeline
    from workbench.project.quota import Quota
    from workbench.project.referrals import Referrals
    from workbench.project.scripts import Scripts


class ExecutionHandles:
    """What `Execution` brings beside worklist, contacts and outcomes."""

    _project: Project

    @cached_property
    def pace(self) -> Pace:
        """Plan against actual, and alerts with control limits."""
        from workbench.project.pace import Pace

        return Pace(self._project)

    @cached_property
    def scripts(self) -> Scripts:
        """Branching scripts: versions, trials, calls, and where calls are lost."""
        from workbench.project.scripts import Scripts

        return Scripts(self._project)

    @cached_property
    def desk(self) -> Desk:
        """The next customer, taken by one person at a time, and what came of them."""
        from workbench.project.desk import Desk

        return Desk(self._project)

    @cached_property
    def dispositions(self) -> Dispositions:
        """Disposition codes: the packaged ones, or the project's own."""
        from workbench.project.dispositions import Dispositions

        return Dispositions(self._project)

    @cached_property
    def quota(self) -> Quota:
        """Product quotas, bookings, and the ledger of both."""
        from workbench.project.quota import Quota

        return Quota(self._project)

    @cached_property
    def materials(self) -> Materials:
        """Marketing material and rates, each with the days on which it may be shown."""
        from workbench.project.materials import Materials

        return Materials(self._project)

    @cached_property
    def referrals(self) -> Referrals:
        """Customers referred to another unit: sent, accepted, worked, won, with credit for both sides."""
        from workbench.project.referrals import Referrals

        return Referrals(self._project)

    @cached_property
    def exchange(self) -> Exchange:
        """Leads out, outcomes in, and corrections of customers' data that other systems propose."""
        from workbench.project.exchange import Exchange

        return Exchange(self._project)

    @cached_property
    def pipeline(self) -> Pipeline:
        """Opportunities with companies, their steps, and what the companies answer."""
        from workbench.project.pipeline import Pipeline

        return Pipeline(self._project)

    @cached_property
    def feedback(self) -> FrontLineFeedback:
        """What the front line says of the strategies, and the changes that it asks for."""
        from workbench.project.feedback import FrontLineFeedback

        return FrontLineFeedback(self._project)
