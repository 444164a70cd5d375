"""The commands: what they are called, what they take, and what they print."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from workbench import __version__, locale
from workbench.cli.exchange import app as exchange
from workbench.cli.guard import guarded
from workbench.cli.printing import Progress, table_text
from workbench.cli.words import Command, Group, machine_language, say
from workbench.errors import NotFound, ParameterProblem

MESSAGE_PREFIXES = ("cli.column.", "cli.doctor.")
DEFAULT_PROJECT = "demo_bank"
ROLES = ("viewer", "contributor", "analyst")
_SIGNS = {"good": "✓", "watch": "!", "bad": "✕"}

app = typer.Typer(
    cls=Group,
    help=say("cli.help.app"),
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)


app.add_typer(exchange, name="exchange", help=say("cli.help.exchange"), short_help=say("cli.short.exchange"))


def _project_folder(named: Path | None) -> Path:
    wanted = named or os.environ.get("WORKBENCH_PROJECT") or DEFAULT_PROJECT
    return Path(wanted).expanduser().resolve()


def _language(wanted: str | None) -> str:
    return locale.normal_language(wanted) if wanted else machine_language()


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(__version__)
        raise typer.Exit


@app.callback()
def main(
    _version: Annotated[
        bool,
        typer.Option("--version", help=say("cli.help.version"), callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """Hold what stands before a command."""


@app.command(cls=Command, help=say("cli.help.up"), short_help=say("cli.short.up"))
def up(
    project: Annotated[Path | None, typer.Option(help=say("cli.help.project"))] = None,
    role: Annotated[str, typer.Option(help=say("cli.help.role"))] = "viewer",
    lab: Annotated[bool, typer.Option("--lab/--no-lab", help=say("cli.help.lab"))] = True,
    port: Annotated[int, typer.Option(help=say("cli.help.port"))] = 8888,
    dashboards_port: Annotated[int, typer.Option(help=say("cli.help.dashboards_port"))] = 8866,
    lang: Annotated[str | None, typer.Option(help=say("cli.help.lang"))] = None,
) -> None:
    """Start JupyterLab and the dashboards."""
    folder = _project_folder(project)
    with guarded(folder):
        from workbench.cli.launch import Launch, check_ports, serve
        from workbench.cli.sample import is_unfinished

        if role not in ROLES:
            raise ParameterProblem("cli.error.role", role=role, known=", ".join(ROLES))
        launch = Launch(folder, role, _language(lang), lab, port, dashboards_port)
        check_ports(launch)
        if not (folder / "project.toml").is_file() or is_unfinished(folder):
            # A name that was given and is not there is more likely a slip than a wish for a sample.
            if project is not None and folder.name != DEFAULT_PROJECT:
                raise NotFound("cli.error.no_project", folder=folder)
            _make_sample(folder, customers=20_000, months=24, seed=7)
        serve(launch)


@app.command(cls=Command, help=say("cli.help.sample"), short_help=say("cli.short.sample"))
def sample(
    folder: Annotated[Path, typer.Argument(help=say("cli.help.sample_folder"))],
    customers: Annotated[int, typer.Option(help=say("cli.help.customers"), min=200)] = 20_000,
    months: Annotated[int, typer.Option(help=say("cli.help.months"), min=6)] = 24,
    seed: Annotated[int, typer.Option(help=say("cli.help.seed"))] = 7,
) -> None:
    """Make the sample bank and walk the loop on it."""
    place = folder.expanduser().resolve()
    with guarded(place):
        _make_sample(place, customers=customers, months=months, seed=seed)


def _make_sample(folder: Path, *, customers: int, months: int, seed: int) -> None:
    from workbench.cli.sample import make_sample

    typer.echo(say("cli.sample.begin", folder=folder, customers=f"{customers:,}"))
    progress = Progress()
    seconds = make_sample(folder, customers=customers, months=months, seed=seed, progress=progress)
    progress.done()
    typer.echo(say("cli.sample.done", folder=folder, seconds=round(seconds)))


@app.command("import", cls=Command, help=say("cli.help.import"), short_help=say("cli.short.import"))
def import_files(
    project: Annotated[Path, typer.Argument(help=say("cli.help.project_argument"))],
    files: Annotated[Path | None, typer.Argument(help=say("cli.help.files"))] = None,
    mapping: Annotated[Path | None, typer.Option(help=say("cli.help.mapping"))] = None,
) -> None:
    """Bring raw files into a project."""
    folder = project.expanduser().resolve()
    with guarded(folder):
        import workbench as wb

        opened = wb.open_project(folder, role="analyst")
        progress = Progress()
        report = opened.import_files(files, mapping=mapping, progress=progress)
        progress.done()
        names = ["file", "table", "rows_read", "rows_loaded", "rows_quarantined"]
        headings = [say(f"cli.column.{name}") for name in names]
        typer.echo(table_text(headings, report.files[names].itertuples(index=False)))
        if report.already:
            typer.echo(say("cli.import.already"))
        quarantined = int(report.files["rows_quarantined"].sum())
        if quarantined:
            typer.echo(say("cli.import.quarantined", n=f"{quarantined:,}"))


@app.command(cls=Command, help=say("cli.help.check"), short_help=say("cli.short.check"))
def check(
    project: Annotated[Path, typer.Argument(help=say("cli.help.project_argument"))],
) -> None:
    """Check a project's stored files, state and mapping."""
    folder = project.expanduser().resolve()
    with guarded(folder):
        from workbench.cli.soundness import examine_project

        rows = examine_project(folder, machine_language())
        headings = [say(f"cli.column.{name}") for name in ("what", "n", "result")]
        shown = [(row.what, row.n, f"{_SIGNS['bad' if row.damage else 'good']} {row.result}") for row in rows]
        typer.echo(table_text(headings, shown))
        damage = [line for row in rows for line in row.damage]
        for line in damage:
            typer.echo(f"✕ {line}", err=True)
        if damage:
            raise typer.Exit(1)


@app.command(cls=Command, help=say("cli.help.run"), short_help=say("cli.short.run"))
def run(
    project: Annotated[Path, typer.Argument(help=say("cli.help.project_argument"))],
    cycle: Annotated[str | None, typer.Option(help=say("cli.help.cycle"))] = None,
    out: Annotated[Path | None, typer.Option(help=say("cli.help.out"))] = None,
) -> None:
    """Execute the four notebooks for a cycle and archive them."""
    folder = project.expanduser().resolve()
    with guarded(folder):
        from workbench.cli.headless import archive_run

        archive = archive_run(folder, cycle=cycle, out=out, lang=machine_language(), tell=typer.echo)
        typer.echo(say("cli.run.done", folder=archive))


@app.command(cls=Command, help=say("cli.help.room"), short_help=say("cli.short.room"))
def room(
    project: Annotated[Path, typer.Argument(help=say("cli.help.project_argument"))],
    host: Annotated[str, typer.Option(help=say("cli.help.room_host"))] = "127.0.0.1",
    port: Annotated[int | None, typer.Option(help=say("cli.help.room_port"))] = None,
    address: Annotated[str, typer.Option(help=say("cli.help.room_address"))] = "",
    lang: Annotated[str | None, typer.Option(help=say("cli.help.lang"))] = None,
) -> None:
    """Serve the participants' page of brainstorm rooms."""
    folder = project.expanduser().resolve()
    with guarded(folder if folder.is_dir() else None):
        from workbench.cli.room import serve_room

        serve_room(
            folder, host=host, port=port, public_address=address, lang=_language(lang), tell=typer.echo
        )


@app.command(cls=Command, help=say("cli.help.doctor"), short_help=say("cli.short.doctor"))
def doctor(
    project: Annotated[Path | None, typer.Option(help=say("cli.help.project"))] = None,
) -> None:
    """Say what is wrong with this machine."""
    folder = _project_folder(project)
    with guarded(folder if folder.is_dir() else None):
        from workbench.machine import examine

        lang = machine_language()
        # Before the first project exists, its future parent is what can be judged.
        place = next(home for home in (folder, *folder.parents) if home.is_dir())
        levels = []
        for finding in examine(place):
            word = say(f"cli.doctor.{finding.level}")
            typer.echo(f"{_SIGNS[finding.level]} {word}  {finding.message(lang)}")
            levels.append(finding.level)
        bad, watch = levels.count("bad"), levels.count("watch")
        typer.echo(say("cli.doctor.summary", bad=bad, watch=watch))
        if bad:
            raise typer.Exit(1)
