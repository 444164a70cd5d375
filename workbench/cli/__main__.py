"""``python -m workbench.cli``: the same as ``workbench``."""

from workbench.cli.commands import app

app(prog_name="workbench")
