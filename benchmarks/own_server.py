"""A PostgreSQL server of a benchmark's own, for those that play many people at once."""

from __future__ import annotations

import argparse
import sys
from contextlib import ExitStack
from pathlib import Path


def start_server(stack: ExitStack, parser: argparse.ArgumentParser) -> str:
    """Start a server that ends with the stack, and return the URL of an empty database on it."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "scripts"))
    from postgres import Server, find_programs

    programs = find_programs()
    if programs is None:
        parser.error("no PostgreSQL server was found; on Debian, as root: apt-get install postgresql")
    server = Server(programs)
    stack.callback(server.remove)
    return str(server.url(server.new_database(), by_network=True))
