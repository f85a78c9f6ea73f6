"""A JupyterLab of its own in a real Chromium, and what its pages show."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
TOKEN = "walk"


def chromium() -> str | None:
    """Return the Chromium of this machine, or None."""
    return os.environ.get("CHROMIUM") or shutil.which("chromium")


@contextmanager
def jupyterlab(folder: Path) -> Iterator[str]:
    """Serve a copy of the notebooks with no settings of the user, and with those of `make lab`."""
    shutil.copytree(ROOT / "notebooks", folder / "notebooks")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    folders = ("JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR", "JUPYTER_RUNTIME_DIR")
    own = {name: str(folder / name.lower()) for name in folders}
    own |= {"IPYTHONDIR": str(folder / "ipython"), "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings")}
    own |= {"JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces")}
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", f"--port={port}", "--ip=127.0.0.1"]
    command += [f"--IdentityProvider.token={TOKEN}", f"--ServerApp.root_dir={folder / 'notebooks'}"]
    command += [f"--LabApp.app_settings_dir={ROOT / 'notebooks' / 'settings'}"]
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


def open_notebook(page: Page, address: str, name: str) -> None:
    """Open a notebook; wait until its kernel listens: an earlier "Run All" is lost while the socket connects."""
    page.goto(f"{address}/lab/tree/{name}.ipynb?token={TOKEN}&reset")
    page.wait_for_selector(".jp-Notebook .jp-Cell >> visible=true")
    page.wait_for_timeout(4_000)


def menu(page: Page, *path: str) -> None:
    """Choose an entry of the menu bar."""
    page.locator(".lm-MenuBar-itemLabel", has_text=path[0]).first.click()
    for name in path[1:]:
        item = page.locator(".lm-Menu-itemLabel").get_by_text(name, exact=True).last
        item.hover()
        if name == path[-1]:
            item.click()


def dark(page: Page) -> None:
    """Choose the dark theme."""
    menu(page, "Settings", "Theme", "JupyterLab Dark")
    page.wait_for_selector('body[data-jp-theme-name="JupyterLab Dark"]', state="attached")
    page.wait_for_timeout(500)


def resize(page: Page, width: int) -> None:
    """Change the width of the window; in a narrow one, close the file browser, which would leave no room."""
    page.set_viewport_size({"width": width, "height": 1000})
    if width < 600 and page.locator("#jp-left-stack:visible").count():
        page.keyboard.press("Control+b")
    page.wait_for_timeout(600)


def close_notebook(page: Page) -> None:
    """Close the notebook and end its kernel."""
    menu(page, "File", "Close and Shut Down Notebook…")
    page.locator(".jp-Dialog button.jp-mod-accept").first.click()
    page.wait_for_timeout(500)


def until_run(page: Page) -> None:
    """Wait until no cell waits or runs any more."""
    page.wait_for_function(
        """() => { const prompts = [...document.querySelectorAll('.jp-CodeCell .jp-InputArea-prompt')]
               .map(p => p.textContent.trim());
             return prompts.some(p => /\\[\\d+\\]:/.test(p)) && !prompts.includes('[*]:'); }""",
        timeout=120_000,
    )
    page.wait_for_timeout(1_500)


def new_cell(page: Page) -> None:
    """Begin a cell at the end of the notebook."""
    page.locator(".jp-Cell").last.click()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    page.keyboard.press("Enter")
    page.wait_for_timeout(300)


def run_typed(page: Page, text: str) -> str:
    """Type a cell at the end of the notebook, run it, and return the text of its output."""
    new_cell(page)
    page.keyboard.insert_text(text)
    page.keyboard.press("Shift+Enter")
    until_run(page)
    cell = page.locator(".jp-CodeCell").filter(has=page.locator(".jp-OutputArea-output")).last
    return cell.locator(".jp-OutputArea").first.inner_text()


def offered(page: Page, typed: str) -> list[str]:
    """Type in the cell, press Tab, and return what is offered."""
    page.keyboard.type(typed, delay=4)
    page.keyboard.press("Tab")
    page.wait_for_timeout(1_200)
    return [text.strip() for text in page.locator(".jp-Completer:visible .jp-Completer-match").all_text_contents()]
