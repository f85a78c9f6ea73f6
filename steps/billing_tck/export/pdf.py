"""Print a page to a PDF with the Chromium of this machine."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from billing_tck.errors import UsageError
from billing_tck.text.sanitize import sanitize

VARIABLE = "CHROMIUM"
_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge")
_SECONDS = 120.0
_MOST_SAID = 300


class PrintError(Exception):
    """The browser did not print the page."""


def find_chromium() -> str:
    """Return the command of a Chromium. Raises UsageError where there is none."""
    named = os.environ.get(VARIABLE)
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        looked = f"{VARIABLE}={sanitize(named)} is not a command" if named else f"looked for {', '.join(_NAMES)}"
        raise UsageError(
            f"a PDF needs Chromium, which was not found: {looked}; install it, name it in the environment variable "
            f"{VARIABLE}, or leave out --pdf and print the page with any browser"
        )
    return found


def print_pdf(chromium: str, page: str) -> bytes:
    """Return a page as a PDF. Raises PrintError."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as name:
        folder = Path(name)
        source, target = folder / "page.html", folder / "page.pdf"
        source.write_text(page, encoding="utf-8")
        command = [
            chromium,
            *("--headless", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
            *(("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()),  # it refuses to run as root
            f"--user-data-dir={folder / 'profile'}",
            "--no-pdf-header-footer",
            f"--print-to-pdf={target}",
            source.as_uri(),
        ]
        try:
            ended = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=False, text=True)
        except subprocess.TimeoutExpired:
            raise PrintError(f"{chromium} did not print the page within {_SECONDS:.0f} s") from None
        except OSError as error:
            raise PrintError(f"{chromium} could not be started: {error.strerror}") from None
        if not target.is_file():
            said = sanitize(ended.stderr.strip()[-_MOST_SAID:])
            raise PrintError(f"{chromium} ended with status {ended.returncode} and printed nothing: {said}")
        return target.read_bytes()
