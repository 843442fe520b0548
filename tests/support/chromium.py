"""Debian's chromium, headless, with a profile of its own and the clock of the machine.

As root it needs `--no-sandbox`; a network that is closed it would ask again and again without the other flags.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from clocks import unshifted
from selenium import webdriver

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

FLAGS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def chromium(
    profile: Path, *flags: str, prefs: Mapping[str, str] | None = None, environ: Mapping[str, str] | None = None
) -> webdriver.Chrome:
    """Start one that keeps what its console says (`get_log("browser")`); its caller quits it."""
    options = webdriver.ChromeOptions()
    for flag in (*FLAGS, *flags, f"--user-data-dir={profile}"):
        options.add_argument(flag)
    options.add_experimental_option("prefs", dict(prefs or {}))
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService(shutil.which("chromedriver"), env=unshifted({**os.environ, **(environ or {})}))
    return webdriver.Chrome(options=options, service=service)
