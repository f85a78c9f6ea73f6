"""Test JupyterLab in a real browser with the steps of a new user; `make browser` runs it.

It needs Chromium (`apt-get install chromium`, or CHROMIUM=/path) and `pip install playwright`; it connects only to
this machine. It writes screenshots to the given folder.
"""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, expect, sync_playwright

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "walk"
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
    parser.add_argument("--chromium", default=os.environ.get("CHROMIUM") or shutil.which("chromium"))
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


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """A JupyterLab of its own on a copy of the notebooks, with no settings of the user's."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    own = {name: str(folder / name.lower()) for name in folders}
    own |= {"IPYTHONDIR": str(folder / "ipython"), "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings")}
    own |= {"JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}
    quiet = folder / "settings" / "@jupyterlab" / "apputils-extension" / "notification.jupyterlab-settings"
    quiet.parent.mkdir(parents=True)
    quiet.write_text('{"fetchNews": "false"}', encoding="utf-8")
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder / 'notebooks'}"]
    command += ["--LabApp.news_url=", "--LabApp.check_for_updates_class=jupyterlab.NeverCheckForUpdate"]
    log = folder / "lab.log"
    with log.open("wb") as stream:
        server = subprocess.Popen(command, env={**os.environ, **own}, stdout=stream, stderr=stream)
        try:
            address = f"http://127.0.0.1:{port}"
            _wait_for(f"{address}/api?token={TOKEN}", server, log)
            yield address
        finally:
            server.terminate()
            server.wait(20)


def _wait_for(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    for _ in range(240):
        if server.poll() is not None:
            raise RuntimeError(f"JupyterLab ended:\n{log.read_text()}")
        try:
            urllib.request.urlopen(url, timeout=1).close()
        except OSError:
            time.sleep(0.25)
        else:
            return
    raise RuntimeError(f"JupyterLab did not answer within a minute:\n{log.read_text()}")


def walk(page: Page, address: str, shots: Path, scheme: str) -> None:
    """Opens the first notebook, runs it, writes a scenario, moves a slider."""
    page.goto(f"{address}/lab/tree/00-start-here.ipynb?token={TOKEN}")
    page.wait_for_selector(".jp-Notebook .jp-Cell")
    if scheme == "dark":
        _dark(page)
    page.wait_for_timeout(4_000)  # an earlier "Run All" is lost while the kernel's socket connects
    page.screenshot(path=shots / f"{scheme}-1-opened.png")
    _menu(page, "Run", "Run All Cells")
    _until_run(page)
    errors = page.locator('.jp-OutputArea-output[data-mime-type="application/vnd.jupyter.error"]').count()
    assert not errors, f"{errors} cells ended with an error"
    _shoot_cells(page, shots, scheme)
    _type_a_scenario(page, shots, scheme)
    _move_the_slider(page, shots, scheme)
    _menu(page, "File", "Close and Shut Down Notebook…")
    page.locator(".jp-Dialog button.jp-mod-accept").first.click()
    page.wait_for_timeout(500)


def _dark(page: Page) -> None:
    _menu(page, "Settings", "Theme", "JupyterLab Dark")
    page.wait_for_selector('body[data-jp-theme-name="JupyterLab Dark"]', state="attached")
    page.wait_for_timeout(500)


def _menu(page: Page, *path: str) -> None:
    page.locator(".lm-MenuBar-itemLabel", has_text=path[0]).first.click()
    for name in path[1:]:
        item = page.locator(".lm-Menu-itemLabel").get_by_text(name, exact=True).last
        item.hover()
        if name == path[-1]:
            item.click()


def _until_run(page: Page) -> None:
    """Waits until no cell waits or runs any more."""
    page.wait_for_function(
        """() => { const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')]
               .map(p => p.textContent.trim());
             return prompts.some(p => /\\[\\d+\\]:/.test(p)) && !prompts.includes('[*]:'); }""",
        timeout=120_000,
    )
    page.wait_for_timeout(1_500)


def _shoot_cells(page: Page, shots: Path, scheme: str) -> None:
    """A picture of each output that has a timeline."""
    cells = page.locator(".jp-CodeCell")
    for number in range(cells.count()):
        cell = cells.nth(number)
        cell.scroll_into_view_if_needed()
        page.wait_for_timeout(250)
        if cell.locator(".jp-OutputArea-output svg[role=img]").count():
            cell.screenshot(path=shots / f"{scheme}-2-cell-{number:02}.png")


def _type_a_scenario(page: Page, shots: Path, scheme: str) -> None:
    """A new cell at the end, typed as a person types, with Tab once; run, and its verdict read."""
    page.locator(".jp-Cell").last.click()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)
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
    _until_run(page)
    cell = page.locator(".jp-CodeCell", has_text="--as typed").last
    cell.scroll_into_view_if_needed()
    expect(cell.locator(".jp-OutputArea")).to_contain_text("conforms")
    assert cell.locator(".jp-OutputArea-output svg[role=img]").count() == 1
    page.wait_for_timeout(300)
    cell.screenshot(path=shots / f"{scheme}-4-typed.png")


def _move_the_slider(page: Page, shots: Path, scheme: str) -> None:
    """The day of the payment moves from 20 to beyond the deletion; the timeline follows."""
    cell = page.locator(".jp-CodeCell", has_text="what_if()").first
    cell.scroll_into_view_if_needed()
    page.wait_for_timeout(500)
    picture = cell.locator(".jp-Cell-outputArea svg[role=img]")
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
