"""Rebuild the browser bundles that the package carries.

``python scripts/build_bundles.py`` writes them; ``--check`` only says whether they are
current. The board's is its modules, joined. Vega and Vega-Lite come out of vl-convert,
which is needed here and in the tests, never at run time.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import vl_convert

UI = Path(__file__).resolve().parents[1] / "workbench" / "ui"
STATIC = UI / "vega" / "static"
SOURCE = STATIC / "view.js"
BUNDLE = STATIC / "vega.js"
BOARD = UI / "board" / "board.js"
BOARD_SOURCES = UI / "board" / "src"
VEGA_LITE = "6.4"


def vega_bundle() -> str:
    """Return Vega, Vega-Lite and our view as one module."""
    code = vl_convert.javascript_bundle(SOURCE.read_text(encoding="utf-8"), vl_version=VEGA_LITE)
    for name, first in (("vega", "Dataflow"), ("vega-lite", "accessPathDepth")):
        # vl-convert offers the libraries to a snippet as their default exports, which are
        # null; as namespaces they are in the bundle because vega-embed uses them.
        namespaces = re.findall(rf"const (mod\d+)=function\(\)\{{return\{{{first}:", code)
        slots = code.count(f'"{{{{ {name} }}}}"')
        if len(namespaces) != 1 or slots != 1:
            raise SystemExit(
                f"{name}: {len(namespaces)} namespaces and {slots} slots in the bundle; expected 1"
            )
        code = code.replace(f'"{{{{ {name} }}}}"', namespaces[0])
    versions = f"Vega {vl_convert.get_vega_version()}, Vega-Lite {VEGA_LITE}"
    return (
        "// Built by scripts/build_bundles.py from view.js: do not edit.\n"
        f"// {versions} (University of Washington Interactive Data Lab, BSD-3-Clause).\n{code}\n"
    )


IMPORT = re.compile(r"^import \{[^}]*\} from \"\./(\w+)\.js\";\n", re.M)
DECLARED = re.compile(r"^(?:export )?(?:const|let|class|function) (\w+)", re.M)


def board_bundle(sources: Path = BOARD_SOURCES, first: str = "board") -> str:
    """Return the board's modules as one: each once, after those that it imports.

    A module of the board names nothing as another does, so that they can stand in one
    scope; the build refuses those that do.
    """
    order: list[str] = []

    def visit(name: str, above: tuple[str, ...] = ()) -> None:
        if name in above:
            raise SystemExit(f"{name}.js imports itself by way of {', '.join(above)}")
        if name not in order:
            text = (sources / f"{name}.js").read_text(encoding="utf-8")
            for needed in IMPORT.findall(text):
                visit(needed, (*above, name))
            order.append(name)

    visit(first)
    texts = {name: (sources / f"{name}.js").read_text(encoding="utf-8") for name in order}
    names = [declared for text in texts.values() for declared in DECLARED.findall(text)]
    twice = sorted({name for name in names if names.count(name) > 1})
    unused = sorted(path.stem for path in sources.glob("*.js") if path.stem not in texts)
    if twice or unused:
        raise SystemExit(f"in two modules of the board: {twice}; imported by none: {unused}")
    parts = [
        f"// {name}.js\n{re.sub(r'^export (?!default)', '', IMPORT.sub('', text), flags=re.M)}"
        for name, text in texts.items()
    ]
    return "// Built by scripts/build_bundles.py from src/: do not edit.\n" + "\n".join(parts)


BUNDLES = {BUNDLE: vega_bundle, BOARD: board_bundle}


def main(argv: list[str] | None = None) -> int:
    """Write the bundles, or compare them with their sources."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a bundle is old")
    options = parser.parse_args(argv)
    old = False
    for bundle, build in BUNDLES.items():
        code = build()
        if options.check:
            current = bundle.is_file() and bundle.read_text(encoding="utf-8") == code
            print(f"{bundle.name}: {'current' if current else 'old, run scripts/build_bundles.py'}")
            old = old or not current
        else:
            bundle.write_text(code, encoding="utf-8", newline="\n")
            print(f"{bundle.name}: {len(code) / 1024:.0f} KiB")
    return 1 if old else 0


if __name__ == "__main__":
    sys.exit(main())
