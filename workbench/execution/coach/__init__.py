"""The script coach: branching scripts, the calls made with them, and where calls are lost."""

from workbench.execution.coach.live_fields import fill_fields, script_fields
from workbench.execution.coach.mandatory import Mandatory, read_mandatory
from workbench.execution.coach.rehearsal import rehearse_calls
from workbench.execution.coach.script_checks import check_script
from workbench.execution.coach.script_run import ScriptRun
from workbench.execution.coach.script_text import Script, ScriptProblem, Step, read_script
from workbench.execution.coach.sentences import tabulate_mandatory
from workbench.execution.coach.step_figures import assign_scripts, tabulate_objections, tabulate_steps
from workbench.execution.coach.two_languages import has_two_languages, pick_language, translate_script

__all__ = [
    "Mandatory",
    "Script",
    "ScriptProblem",
    "ScriptRun",
    "Step",
    "assign_scripts",
    "check_script",
    "fill_fields",
    "has_two_languages",
    "pick_language",
    "read_mandatory",
    "read_script",
    "rehearse_calls",
    "script_fields",
    "tabulate_mandatory",
    "tabulate_objections",
    "tabulate_steps",
    "translate_script",
]
