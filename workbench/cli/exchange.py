"""`workbench exchange …`: leads out, outcomes and corrections in, and the service for other systems."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from workbench.cli.guard import guarded
from workbench.cli.printing import Progress, table_text
from workbench.cli.words import Command, Group, machine_language, say

if TYPE_CHECKING:
    import pandas as pd

TOKEN = "WORKBENCH_EXCHANGE_TOKEN"  # noqa: S105
_SHOWN = 20
MESSAGE_PREFIXES = ("cli.exchange.",)

app = typer.Typer(cls=Group, no_args_is_help=True, rich_markup_mode=None)
Folder = Annotated[Path, typer.Argument(help=say("cli.help.project_argument"))]
Mapped = Annotated[str | None, typer.Option("--mapping", help=say("cli.help.exchange_mapping"))]
Kept = Annotated[Path | None, typer.Option("--quarantine", help=say("cli.help.exchange_quarantine"))]


@app.command("leads", cls=Command, help=say("cli.help.exchange_leads"), short_help=say("cli.short.leads"))
def leads(
    project: Folder,
    list_id: Annotated[str, typer.Argument(help=say("cli.help.exchange_list"))],
    reason: Annotated[str, typer.Option(help=say("cli.help.exchange_reason"))] = "",
    kind: Annotated[str, typer.Option("--format", help=say("cli.help.exchange_format"))] = "",
    mapping: Mapped = None,
    masked: Annotated[bool, typer.Option("--masked", help=say("cli.help.exchange_masked"))] = False,
) -> None:
    """Write the leads of a list."""
    folder = project.expanduser().resolve()
    with guarded(folder):
        import workbench as wb

        opened = wb.open_project(folder, role="analyst")
        file = opened.execution.exchange.export_leads(
            list_id, kind, mapping=mapping, masked=masked, reason=reason
        )
        typer.echo(say("cli.exchange.leads", n=f"{file.n:,}", batch=file.batch_id, file=file.path))


@app.command(
    "outcomes", cls=Command, help=say("cli.help.exchange_outcomes"), short_help=say("cli.short.outcomes")
)
def outcomes(
    project: Folder,
    file: Annotated[Path, typer.Argument(help=say("cli.help.exchange_file"))],
    mapping: Mapped = None,
    quarantine: Kept = None,
) -> None:
    """Bring in a file of outcomes."""
    folder = project.expanduser().resolve()
    with guarded(folder):
        import workbench as wb

        opened = wb.open_project(folder, role="contributor")
        progress = Progress()
        report = opened.execution.import_outcomes(
            file, mapping=mapping, progress=progress, lang=machine_language()
        )
        progress.done()
        counts = (report.rows_read, report.loaded, report.repeated, len(report.quarantined))
        _say_counts(counts, report.quarantined, quarantine)
        if len(report.flagged):
            typer.echo(say("cli.exchange.flagged", n=f"{len(report.flagged):,}"))


@app.command(
    "corrections",
    cls=Command,
    help=say("cli.help.exchange_corrections"),
    short_help=say("cli.short.corrections"),
)
def corrections(
    project: Folder,
    file: Annotated[Path, typer.Argument(help=say("cli.help.exchange_file"))],
    mapping: Mapped = None,
    quarantine: Kept = None,
) -> None:
    """Bring in a file of corrections, as proposals."""
    folder = project.expanduser().resolve()
    with guarded(folder):
        import workbench as wb

        opened = wb.open_project(folder, role="contributor")
        held = opened.execution.exchange.corrections
        report = held.import_file(file, mapping=mapping, lang=machine_language())
        counts = (report.rows_read, report.loaded, report.repeated, len(report.quarantined))
        _say_counts(counts, report.quarantined, quarantine)


def _say_counts(counts: tuple[int, int, int, int], rows: pd.DataFrame, kept: Path | None) -> None:
    headings = [say(f"cli.exchange.{name}") for name in ("read", "loaded", "repeated", "quarantined")]
    typer.echo(table_text(headings, [counts]))
    if rows.empty:
        return
    shown = rows.head(_SHOWN)[["line", "reason"]].itertuples(index=False, name=None)
    typer.echo(
        table_text(
            [say("cli.exchange.line"), say("cli.exchange.reason")], [(str(n), why) for n, why in shown]
        )
    )
    if len(rows) > _SHOWN:
        typer.echo(say("cli.exchange.more", n=f"{len(rows) - _SHOWN:,}"))
    if kept is not None:
        from workbench.project.exchange_files import file_bytes

        kept.write_bytes(file_bytes(rows, "csv"))
        typer.echo(say("cli.exchange.kept", file=kept))


@app.command(
    "example", cls=Command, help=say("cli.help.exchange_example"), short_help=say("cli.short.example")
)
def example() -> None:
    """Print a mapping to begin with."""
    from workbench.project.exchange_mappings import example_mapping

    typer.echo(example_mapping(), nl=False)


@app.command("serve", cls=Command, help=say("cli.help.exchange_serve"), short_help=say("cli.short.serve"))
def serve(
    project: Folder,
    reason: Annotated[str, typer.Option(help=say("cli.help.exchange_reason"))],
    mapping: Mapped = None,
    host: Annotated[str, typer.Option(help=say("cli.help.exchange_host"))] = "127.0.0.1",
    port: Annotated[int, typer.Option(help=say("cli.help.exchange_port"))] = 8868,
    most: Annotated[int, typer.Option("--max-mb", min=1, help=say("cli.help.exchange_most"))] = 16,
) -> None:
    """Serve leads, outcomes and corrections to other systems, until Ctrl-C."""
    folder = project.expanduser().resolve()
    with guarded(folder if folder.is_dir() else None):
        from workbench.publish.exchange import ExchangeServer

        given = os.environ.get(TOKEN, "")
        token = given or secrets.token_urlsafe(32)
        server = ExchangeServer(
            folder, token, host=host, port=port, mapping=mapping, reason=reason, most_bytes=most << 20
        )

        async def run() -> None:
            ended = asyncio.Event()
            loop = asyncio.get_running_loop()
            for name in ("SIGINT", "SIGTERM"):
                # Windows has no handlers on the loop; Ctrl-C interrupts it there.
                if os.name == "posix":
                    loop.add_signal_handler(getattr(signal, name), ended.set)
            server.start()
            typer.echo(say("cli.exchange.address", address=server.address))
            typer.echo(
                say("cli.exchange.token_given", name=TOKEN)
                if given
                else say("cli.exchange.token", token=token)
            )
            typer.echo(say("cli.exchange.hint"))
            await ended.wait()

        try:
            asyncio.run(run())
        finally:
            server.stop()
        typer.echo(say("cli.up.stopped"))
