"""Entry of a published process: ``python -m workbench.publish``."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from workbench.errors import WorkbenchError
from workbench.publish.kernel import leave_out
from workbench.publish.roles import ROLES, cull_seconds, kernel_environment
from workbench.publish.tokens import TOKEN_VARIABLE, kept_token, new_token


def main(argv: list[str] | None = None) -> int:
    """Serve the dashboards until a signal comes."""
    parser = argparse.ArgumentParser(prog="python -m workbench.publish", description=__doc__)
    parser.add_argument("--notebooks", type=Path, default=None, help="folder of the notebooks")
    parser.add_argument("--project", type=Path, required=True, help="folder of the project")
    parser.add_argument("--role", choices=ROLES, default="viewer")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--base-url", default=None, help="path behind a reverse proxy")
    parser.add_argument("--public-address", default="", help="what phones open, behind a reverse proxy")
    parser.add_argument("--cull-after", type=int, default=None, help="seconds until an unused kernel ends")
    parser.add_argument("--no-preheat", action="store_true", help="keep no kernels ready")
    parser.add_argument("--announce", default="", help="file that gets the port")
    parser.add_argument("--parent", type=int, default=None, help="process to stop with")
    options = parser.parse_args(argv)
    leave_out()

    # The token comes by the environment, which other users can't see, and goes no further.
    secret = os.environ.pop(TOKEN_VARIABLE, "")
    project = options.project.resolve()
    os.environ.update(kernel_environment(options.role, project, os.environ))
    from workbench.publish.config import TEMPLATE_ROOT

    paths = [str(TEMPLATE_ROOT), *filter(None, [os.environ.get("JUPYTER_PATH")])]
    os.environ["JUPYTER_PATH"] = os.pathsep.join(paths)
    try:
        from workbench.publish.launch import default_notebooks
        from workbench.publish.rooms import base_path, token_file
        from workbench.publish.server import make_server

        if not secret:
            is_room = options.role == "participant"
            secret = kept_token(token_file(project)) if is_room else new_token()
        place = options.notebooks or default_notebooks(options.role)
        server = make_server(
            place.resolve(),
            project=project,
            secret=secret,
            role=options.role,
            port=options.port,
            host=options.host,
            preheat=not options.no_preheat,
            announce=options.announce,
            parent_pid=options.parent,
            cull_after=options.cull_after or cull_seconds(options.role),
            base_url=options.base_url or base_path(options.public_address),
            public_address=options.public_address,
        )
        server.start()
    except WorkbenchError as problem:
        sys.stderr.write(f"{problem}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
