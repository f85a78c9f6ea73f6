"""What axe-core (npm) finds wrong with a page: serious and critical problems of accessibility."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

from playwright.sync_api import Page

ROOT = Path(__file__).resolve().parents[2]
VERSION = "4.14.1"
_FOLDER = ROOT / ".axe"


def axe_source() -> str:
    """Return the script of axe-core, which npm installs at the first use."""
    script = _FOLDER / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        npm = shutil.which("npm")
        if npm is None:
            raise SystemExit("npm not found; install Node.js 20 or later")
        command = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", f"axe-core@{VERSION}"]
        _FOLDER.mkdir(exist_ok=True)
        (_FOLDER / "package.json").write_text("{}", encoding="utf-8")
        subprocess.run(command, cwd=_FOLDER, check=True, capture_output=True)
    return script.read_text(encoding="utf-8")


def serious(page: Page, *within: str) -> list[str]:
    """Return the serious and critical problems of a page, or of the parts of it that selectors name."""
    if not page.evaluate("typeof axe === 'object'"):
        page.evaluate(axe_source())
    found = page.evaluate(_SERIOUS, list(within))
    return [str(one) for one in found]


_SERIOUS = """async (within) => {
  const context = within.length ? {include: within.map((one) => [one])} : document;
  const run = await axe.run(context, {resultTypes: ["violations"]});
  const serious = run.violations.filter((one) => ["serious", "critical"].includes(one.impact));
  return serious.map((one) => `${one.id}: ${one.help}, ${one.nodes.length} times, such as `
                              + one.nodes[0].html.slice(0, 200) + " at " + one.nodes[0].target);
}"""


CUT = """() => {
  const problems = [];
  for (const svg of document.querySelectorAll("svg.billing-timeline")) {
    const box = svg.getBoundingClientRect();
    if (!box.width || !svg.checkVisibility()) continue;
    const scale = box.width / svg.viewBox.baseVal.width;
    for (const text of svg.querySelectorAll("text:not(.billing-note)")) {
      const at = text.getBoundingClientRect(), said = text.textContent;
      if (text.getAttribute("font-size") * scale < 10.95)
        problems.push(`${said}: ${(text.getAttribute("font-size") * scale).toFixed(1)} px`);
      if (at.left < box.left - 2 || at.right > box.right + 2) problems.push(`${said}: outside the picture`);
      if (said.includes("…")) problems.push(`${said}: cut`);
    }
  }
  for (const label of document.querySelectorAll(".widget-label"))
    if (label.scrollWidth > label.clientWidth + 1) problems.push(`${label.textContent}: cut`);
  return problems;
}"""


def badly_drawn(page: Page) -> list[str]:
    """Return the texts of timelines that are too small, cut or outside, and the labels of sliders that are cut."""
    return [str(one) for one in page.evaluate(CUT)]
