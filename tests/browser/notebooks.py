"""Test the notebooks in a real JupyterLab for what shows only there; `make browser` runs it.

A notebook that is not trusted shows its timelines, opens as it was saved, and is saved as it was opened; amounts are
not typeset as mathematics; a cell that is left empty ends no run; Tab offers whole steps in a useful order.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

from notebooks.source import names

from .axe import badly_drawn, serious
from .lab import (
    ROOT,
    chromium,
    close_notebook,
    jupyterlab,
    menu,
    new_cell,
    offered,
    open_notebook,
    resize,
    run_typed,
    until_run,
)

AMOUNTS = """%%scenario
Given an organization that pays by card
When the organization uses $120.00
And the organization's billing cycle ends
Then the organization has been charged $40.00"""
BEGUN = "%%scenario\nGiven an organization with an active trial and $300.00 of trial credits\nWhen 12 days pass\n"


def main() -> int:
    """Test each; 0 where all is right."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help="only these notebooks, and only how they show")
    parser.add_argument(
        "--shots", type=Path, metavar="DIR", help="leave a picture of each notebook in each width there"
    )
    args = parser.parse_args()
    browser_path = chromium()
    if browser_path is None:
        print("there is no chromium: apt-get install chromium, or name it in CHROMIUM", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as folder, jupyterlab(Path(folder)) as address, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1400, "height": 1000}).new_page()
        page.set_default_timeout(60_000)
        if not args.names:
            open_notebook(page, address, "unpaid_invoices")
            opens_as_it_was_saved(page, Path(folder) / "notebooks" / "unpaid_invoices.ipynb")
            amounts_are_money(page)
            asks_for_help(page)
            offers_whole_steps(page)
            an_empty_cell_ends_no_run(page)
            close_notebook(page)
        for name in args.names or names():
            shows_well(page, address, name, args.shots)
        browser.close()
    print("the notebooks behave in JupyterLab as they should")
    return 0


def shows_well(page: Page, address: str, name: str, shots: Path | None) -> None:
    """Run, every text of a picture is whole and can be read, nothing is a formula, and axe finds nothing serious."""
    page.set_viewport_size({"width": 1400, "height": 1000})
    open_notebook(page, address, name)
    menu(page, "Run", "Run All Cells")
    until_run(page)
    failed = page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]').count()
    assert not failed, f"{name}: {failed} cells ended with an error"
    assert not page.locator("mjx-container").count(), f"{name}: amounts are typeset"
    for scheme in ("Light", "Dark"):
        page.set_viewport_size({"width": 1400, "height": 1000})
        menu(page, "Settings", "Theme", f"JupyterLab {scheme}")
        page.wait_for_timeout(600)
        problems = serious(page, ".jp-OutputArea-output")
        assert not problems, f"{name}, {scheme}: {problems}"
        for width in (1400, 900, 390):
            resize(page, width)
            assert not badly_drawn(page), f"{name} at {width}, {scheme}: {badly_drawn(page)[:5]}"
            if shots is not None:
                shoot(page, shots / f"{name}-{width}-{scheme.lower()}.png", width)
    page.set_viewport_size({"width": 1400, "height": 1000})
    menu(page, "Settings", "Theme", "JupyterLab Light")
    close_notebook(page)
    print(f"{name} shows well")


def shoot(page: Page, path: Path, width: int) -> None:
    """Take a picture of the whole notebook."""
    path.parent.mkdir(parents=True, exist_ok=True)
    panel = page.locator(".jp-WindowedPanel-outer").first
    height = page.locator(".jp-WindowedPanel-inner").first.evaluate("(panel) => panel.scrollHeight")
    page.set_viewport_size({"width": width, "height": min(int(height) + 200, 16_000)})
    panel.evaluate("(panel) => { panel.scrollTop = 0 }")
    page.wait_for_timeout(800)
    page.screenshot(path=path)


def opens_as_it_was_saved(page: Page, path: Path) -> None:
    """Not trusted, it shows every timeline; nothing is changed, and nothing covers it."""
    stored = (ROOT / "notebooks" / path.name).read_text(encoding="utf-8")
    pictures = page.locator('.jp-OutputArea-output img[src^="data:image/svg+xml"]')
    expect(pictures).to_have_count(stored.count('"image/svg+xml"'), timeout=60_000)  # cells are drawn one by one
    drawn = [pictures.nth(n).evaluate("(image) => image.naturalWidth") for n in range(pictures.count())]
    assert all(drawn), f"pictures that are not drawn: {drawn}"
    assert all(pictures.nth(n).get_attribute("alt") for n in range(len(drawn)))
    assert not page.locator(".jp-toast-message, .Toastify__toast").count(), "a message covers the notebook"
    same_python = f'"version": "{sys.version.split()[0]}"' in stored
    if same_python:  # JupyterLab writes the version of the kernel into a notebook
        assert not page.locator(".jp-mod-dirty").count(), "the notebook is changed as soon as it is opened"
        menu(page, "File", "Save Notebook")
        page.wait_for_timeout(1_500)
        assert path.read_text(encoding="utf-8") == stored, "saving changes the notebook"


def amounts_are_money(page: Page) -> None:
    """Two amounts of dollars in one sentence are no formula."""
    menu(page, "Run", "Run All Cells")
    until_run(page)
    said = run_typed(page, AMOUNTS)
    assert "$40.00" in said, said
    assert "$120.00" in said, said
    assert not page.locator("mjx-container").count(), page.locator("mjx-container").first.inner_text()
    control = run_typed(page, "from IPython.display import HTML\nHTML('between $1 and $2')")
    page.wait_for_timeout(1_000)
    assert page.locator("mjx-container").count(), f"without a defence amounts are typeset: {control}"


def asks_for_help(page: Page) -> None:
    """`%scenario?` has examples."""
    said = run_typed(page, "%scenario?")
    assert "%scenario BC-29" in said, said


def offers_whole_steps(page: Page) -> None:
    """Tab offers steps, the likely first; Enter takes a whole one."""
    new_cell(page)
    page.keyboard.insert_text(BEGUN)
    then = offered(page, "Then ")
    assert all(len(text.split()) > 2 for text in then[:20]), f"bare words are among the first: {then[:20]}"
    assert "deleted" not in " ".join(then[:3]), then[:3]
    page.keyboard.press("Escape")
    found = offered(page, "the org")
    assert found[0].startswith("anization"), f"{found}"
    assert len(found[0].split()) > 2, f"a bare word is offered first: {found}"
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
    typed = page.locator(".jp-Cell .cm-content").last.inner_text().splitlines()[-1]
    assert typed == f"Then the org{found[0]}", typed
    page.keyboard.press("Escape")
    page.keyboard.press("d")
    page.keyboard.press("d")


def an_empty_cell_ends_no_run(page: Page) -> None:
    """Run All goes on behind an empty `%%scenario`, which says what to write."""
    new_cell(page)
    page.keyboard.insert_text("%%scenario")
    page.keyboard.press("Escape")
    new_cell(page)
    page.keyboard.insert_text("print('reached')")
    menu(page, "Run", "Run All Cells")
    until_run(page)
    outputs = page.locator(".jp-CodeCell .jp-OutputArea-child").all_inner_texts()
    assert any("the cell is empty" in text for text in outputs), outputs[-3:]
    assert outputs[-1].strip().endswith("reached"), outputs[-3:]


if __name__ == "__main__":
    sys.exit(main())
