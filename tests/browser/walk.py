"""Test JupyterLab in a real browser with the steps of a new user; `make browser` runs it.

It needs Chromium (`apt-get install chromium`, or CHROMIUM=/path) and `pip install playwright`; it connects only to
this machine. It writes screenshots to the given folder.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from .lab import chromium, close_notebook, dark, jupyterlab, menu, new_cell, open_notebook, until_run

STEPS = (
    "%%scenario --as typed",
    "Given it is 18 January 2025",
    "And an organization with an active trial and $300.00 of trial credits",
    "When 12 days pass",
    "And the organization adds a card that will be approved",
    "And 40 days pass",
    "Then the organization's services are running",
)


def main() -> int:
    """The whole walk; 0 where all of it went as it should."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--shots", type=Path, default=Path("screenshots"), help="where the screenshots go")
    parser.add_argument("--chromium", default=chromium())
    args = parser.parse_args()
    if not args.chromium:
        print("there is no chromium: apt-get install chromium, or name it with --chromium", file=sys.stderr)
        return 2
    args.shots.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, jupyterlab(Path(folder)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=args.chromium, args=["--no-sandbox"])
        try:
            for scheme in ("light", "dark"):
                context = browser.new_context(viewport={"width": 1400, "height": 1000}, color_scheme=scheme)
                outside: list[str] = []
                context.on("request", lambda request, seen=outside: _note(request.url, seen))
                page = context.new_page()
                page.set_default_timeout(60_000)
                walk(page, address, args.shots, scheme)
                assert not outside, f"the network was asked for: {outside[:5]}"
                context.close()
        finally:
            browser.close()
    print(f"the walk went as it should; screenshots in {args.shots}")
    return 0


def _note(url: str, outside: list[str]) -> None:
    if not url.startswith(("http://127.0.0.1", "data:", "blob:", "about:")):
        outside.append(url)


def walk(page: Page, address: str, shots: Path, scheme: str) -> None:
    """Opens the first notebook, runs it, writes a scenario, moves a slider."""
    open_notebook(page, address, "00-start-here")
    if scheme == "dark":
        dark(page)
    page.screenshot(path=shots / f"{scheme}-1-opened.png")
    menu(page, "Run", "Run All Cells")
    until_run(page)
    errors = page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]').count()
    assert not errors, f"{errors} cells ended with an error"
    _shoot_cells(page, shots, scheme)
    _type_a_scenario(page, shots, scheme)
    _move_the_slider(page, shots, scheme)
    close_notebook(page)


def _shoot_cells(page: Page, shots: Path, scheme: str) -> None:
    """A picture of each output that has a timeline."""
    cells = page.locator(".jp-CodeCell")
    for number in range(cells.count()):
        cell = cells.nth(number)
        cell.scroll_into_view_if_needed()
        page.wait_for_timeout(250)
        if cell.locator(".jp-OutputArea-output svg.billing-timeline.wide").count():
            cell.screenshot(path=shots / f"{scheme}-2-cell-{number:02}.png")


def _type_a_scenario(page: Page, shots: Path, scheme: str) -> None:
    """A new cell at the end, typed as a person types, with Tab once; run, and its verdict read."""
    new_cell(page)
    for number, line in enumerate(STEPS):
        if number == 2:  # the first words, and Tab for the rest
            page.keyboard.type("And an organization with an act", delay=15)
            page.wait_for_timeout(400)
            page.keyboard.press("Tab")
            page.wait_for_timeout(1_500)
            page.screenshot(path=shots / f"{scheme}-3-tab.png")
            if page.locator(".jp-Completer:visible").count():
                page.keyboard.press("Enter")
            page.wait_for_timeout(400)
            typed = page.locator(".jp-Cell .cm-content").last.inner_text()
            assert "with an active trial and $120.00 of trial credits" in typed, f"Tab completed to {typed!r}"
            page.keyboard.press("Home")
            page.keyboard.press("Shift+End")
        page.keyboard.type(line, delay=4)
        page.keyboard.press("Escape") if page.locator(".jp-Completer:visible").count() else None
        if number + 1 < len(STEPS):
            page.keyboard.press("Enter")
            page.keyboard.press("Home")
            page.keyboard.press("Shift+End")
    page.keyboard.press("Shift+Enter")
    until_run(page)
    cell = page.locator(".jp-CodeCell", has_text="--as typed").last
    cell.scroll_into_view_if_needed()
    expect(cell.locator(".jp-OutputArea")).to_contain_text("conforms")
    assert cell.locator(".jp-OutputArea-output svg.billing-timeline.wide").count() == 1
    page.wait_for_timeout(300)
    cell.screenshot(path=shots / f"{scheme}-4-typed.png")


def _move_the_slider(page: Page, shots: Path, scheme: str) -> None:
    """The day of the payment moves from 20 to beyond the deletion; the timeline follows."""
    cell = page.locator(".jp-CodeCell", has_text="what_if()").first
    cell.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    picture = cell.locator(".jp-Cell-outputArea svg.billing-timeline.wide")
    expect(picture).to_have_count(1)
    before = picture.inner_html()
    assert "data and services go" in before
    handle = cell.locator(".widget-slider .noUi-handle").nth(1)
    text = picture.text_content() or ""
    handle.focus()
    for _ in range(18):
        page.keyboard.press("ArrowRight")
    expect(picture).not_to_have_text(text, timeout=20_000)
    page.wait_for_timeout(2_500)
    after = picture.inner_html()
    assert "data: deleted" in after, "paid after day 30, the data is gone"
    cell.screenshot(path=shots / f"{scheme}-5-what-if.png")


if __name__ == "__main__":
    sys.exit(main())
