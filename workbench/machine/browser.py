"""Find a browser of the Chromium family on this machine."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

_NAMES = (
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "microsoft-edge",
    "microsoft-edge-stable",
    "msedge",
)
_PLACES = (
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
    "/Applications/Microsoft Edge.app/Contents/MacOS/Microsoft Edge",
    r"C:\Program Files\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Google\Chrome\Application\chrome.exe",
    r"C:\Program Files (x86)\Microsoft\Edge\Application\msedge.exe",
    r"C:\Program Files\Microsoft\Edge\Application\msedge.exe",
)


def find_browser() -> Path | None:
    """Return the program of an installed Chromium, Chrome or Edge.

    The environment variable ``WORKBENCH_BROWSER`` names one that lies elsewhere.

    Returns
    -------
    pathlib.Path or None
        None where there is none.

    Examples
    --------
    >>> found = find_browser()
    >>> found is None or found.is_file()
    True
    """
    named = os.environ.get("WORKBENCH_BROWSER")
    if named:
        return Path(named) if Path(named).is_file() else None
    for name in _NAMES:
        found = shutil.which(name)
        if found:
            return Path(found)
    return next((Path(place) for place in _PLACES if Path(place).is_file()), None)
