"""Rebuild the browser bundles that the package carries.

``python scripts/build_bundles.py`` writes them; ``--check`` only says whether they are
current. Vega and Vega-Lite come out of vl-convert, which is needed here and in the
tests, never at run time.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

import vl_convert

STATIC = Path(__file__).resolve().parents[1] / "workbench" / "ui" / "vega" / "static"
SOURCE = STATIC / "view.js"
BUNDLE = STATIC / "vega.js"
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


def main(argv: list[str] | None = None) -> int:
    """Write the bundles, or compare them with their sources."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when a bundle is old")
    options = parser.parse_args(argv)
    code = vega_bundle()
    if options.check:
        current = BUNDLE.is_file() and BUNDLE.read_text(encoding="utf-8") == code
        print(f"{BUNDLE.name}: {'current' if current else 'old, run scripts/build_bundles.py'}")
        return 0 if current else 1
    BUNDLE.write_text(code, encoding="utf-8", newline="\n")
    print(f"{BUNDLE.name}: {len(code) / 1024:.0f} KiB")
    return 0


if __name__ == "__main__":
    sys.exit(main())
