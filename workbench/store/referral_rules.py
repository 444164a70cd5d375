"""A project's own rules of referrals, each change a version; a code that referrals use is never lost."""

from __future__ import annotations

import sqlalchemy as sa

from workbench.store import schema_referrals as tables
from workbench.store.versions import Uses, Versions


class ReferralRules(Versions):
    """Versions of kinds and reasons. Without one the packaged rules are in force; that is version 0.

    `uses` counts the referrals of each of the ``kinds``, and the acts with each of the ``reasons``.
    """

    table = tables.rules
    what = "the rules of referrals"
    action = "referral_rules.save"
    in_use = "execution_referral.error.code_in_use"

    def _count(self, connection: sa.Connection) -> Uses:
        counted = (
            ("kinds", tables.referrals.c.kind),
            ("reasons", tables.events.c.reason),
        )
        uses: Uses = {}
        for part, column in counted:
            rows = connection.execute(sa.select(column, sa.func.count()).group_by(column))
            uses[part] = {str(code): int(n) for code, n in rows if code}
        return uses
