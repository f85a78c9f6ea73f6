"""Test a lesson in a real JupyterLab with the steps of a learner; `make browser` runs it.

`new-lesson` writes it. The learner reads the story, runs the cells as they are, writes a scenario, reads the hints,
writes more, and gets all points; how long each step took is printed.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import sys
import tempfile
import time
from pathlib import Path

from playwright.sync_api import Locator, Page, sync_playwright

from billing_tck.cli.main import main as billing_tck

from .axe import badly_drawn, serious
from .lab import chromium, dark, jupyterlab, menu, open_notebook, resize, until_run

CLAUSE = "BC-09"
FIRST_TRY = """%%exercise BC-09
Given it is 8 January 2025
And an organization with an active trial and $300.00 of trial credits
When 46 days pass
Then the organization's data is deleted"""
SECOND_TRY = """%%exercise BC-09
Scenario: still there before, gone after
Given it is 8 January 2025
And an organization with an active trial and $300.00 of trial credits
When 43 days pass
Then the organization's data is present
When 3 days pass
Then the organization's data is deleted
Scenario: with a card it stays
Given it is 8 January 2025
And an organization with an active trial and $300.00 of trial credits
When 40 days pass
And the organization adds a card that will be approved
And 30 days pass
Then the organization's data is present"""


def main() -> int:
    """Learn; 0 where it ends with all points."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--shots", type=Path, default=Path("screenshots"), help="where the screenshots go")
    args = parser.parse_args()
    browser_path = chromium()
    if browser_path is None:
        print("there is no chromium: apt-get install chromium, or name it in CHROMIUM", file=sys.stderr)
        return 2
    args.shots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, jupyterlab(Path(folder)) as address, sync_playwright() as playwright:
        with contextlib.redirect_stdout(io.StringIO()):
            billing_tck(["new-lesson", "trial", "--to", str(Path(folder) / "notebooks")])
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        page.set_default_timeout(60_000)
        learn(page, address, args.shots)
        browser.close()
    print(f"all points; screenshots in {args.shots}")
    return 0


def learn(page: Page, address: str, shots: Path) -> None:
    """Open the lesson, run it as it is, and do its first exercise in two tries."""
    begun = time.monotonic()
    open_notebook(page, address, "lesson-trial")
    menu(page, "Run", "Run All Cells")
    until_run(page)
    failed = page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]').count()
    assert not failed, f"{failed} cells of a lesson that is not done end with an error"
    first = page.locator(".jp-CodeCell", has_text="%%exercise").first
    assert CLAUSE in first.inner_text(), "the easiest exercise is the first"
    _step("opened and run as it is", begun, page, shots / "lesson-1-opened.png")
    said = attempt(page, first, FIRST_TRY)
    assert "56 of 100" in said, said
    assert "got away" in said, said
    _step("first try", begun, page, shots / "lesson-2-first-try.png")
    said = attempt(page, first, FIRST_TRY)
    assert "they concern what happens to the data" in said, said
    said = attempt(page, first, SECOND_TRY)
    assert "100 of 100" in said, said
    _step("all points", begun, page, shots / "lesson-3-all-points.png")
    score = page.locator(".jp-CodeCell", has_text=f'points("{CLAUSE}"').first
    score.click()
    page.keyboard.press("Shift+Enter")
    until_run(page)
    assert "10" in score.locator(".jp-OutputArea").inner_text(), score.inner_text()
    for width, scheme in ((1400, "light"), (390, "light"), (390, "dark")):
        page.set_viewport_size({"width": 1400, "height": 1000})
        if scheme == "dark":
            dark(page)
        resize(page, width)
        problems = [*serious(page, ".jp-OutputArea-output"), *badly_drawn(page)]
        assert not problems, f"{width}, {scheme}: {problems}"
        first.scroll_into_view_if_needed()
        page.screenshot(path=shots / f"lesson-4-{width}-{scheme}.png")


def attempt(page: Page, cell: Locator, text: str) -> str:
    """Replace the text of a cell, run it, and return what it says."""
    cell.locator(".cm-content").click()
    page.keyboard.press("Control+a")
    page.keyboard.insert_text(text)
    page.keyboard.press("Control+Enter")
    until_run(page)
    return cell.locator(".jp-OutputArea").first.inner_text()


def _step(name: str, begun: float, page: Page, shot: Path) -> None:
    print(f"{time.monotonic() - begun:6.1f} s  {name}")
    page.screenshot(path=shot)


if __name__ == "__main__":
    sys.exit(main())
