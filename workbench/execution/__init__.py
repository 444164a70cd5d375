"""Execution: target lists in, worklists, contacts and outcomes out."""

from workbench.execution.dispositions import (
    Disposition,
    check_disposition,
    disposition_labels,
    make_dispositions,
    read_dispositions,
)
from workbench.execution.order import WorkOrder
from workbench.execution.outcomes import OutcomeCheck, check_outcomes, outcome_key
from workbench.execution.pace import coarsen_days, count_dispositions, judge_pace
from workbench.execution.progress import count_days, summarise_progress
from workbench.execution.script import address, fill_script, product_name, script_language
from workbench.execution.worklist import build_worklist, personal_script

__all__ = [
    "Disposition",
    "OutcomeCheck",
    "WorkOrder",
    "address",
    "build_worklist",
    "check_disposition",
    "check_outcomes",
    "coarsen_days",
    "count_days",
    "count_dispositions",
    "disposition_labels",
    "fill_script",
    "judge_pace",
    "make_dispositions",
    "outcome_key",
    "personal_script",
    "product_name",
    "read_dispositions",
    "script_language",
    "summarise_progress",
]
