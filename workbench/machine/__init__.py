"""What this machine has and lacks: `workbench doctor` prints it.

Each check returns `Finding`s: a level (``"good"``, ``"watch"``, ``"bad"``), the key of a
sentence that says what was found and what to do, and its values. Nothing is changed on
the machine; trial files in the project's folder are removed again.
"""

from workbench.machine.browser import find_browser
from workbench.machine.finding import Finding
from workbench.machine.ports import check_port, is_port_free, next_free_port
from workbench.machine.survey import examine

__all__ = ["Finding", "check_port", "examine", "find_browser", "is_port_free", "next_free_port"]
