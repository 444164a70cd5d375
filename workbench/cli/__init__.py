"""`workbench …`: the command line.

The commands say what happens in the language of the machine; an expected problem is one
sentence and exit code 2, an unexpected one a reference number and exit code 3, with the
traceback in the log.
"""

from workbench.cli.commands import app

__all__ = ["app"]
