"""Test the playground of a site in a real browser: change, run, link and grade a scenario; how long that takes.

    apt-get install -y chromium nodejs npm && python -m pip install playwright
    python -m tests.browser.playground [--pictures DIR] [--site DIR]

With `--pictures` it also writes screenshots. `--site` names a site with a runtime that was built before.
"""

from __future__ import annotations

import contextlib
import io
import json
import re
import time
from collections import Counter
from html import unescape
from pathlib import Path

from playwright.sync_api import Browser, BrowserContext, Page

from billing_tck.cli.main import main as billing_tck
from billing_tck.site.gherkin import text_of
from billing_tck.site.links import LAB
from billing_tck.site.playground.answers import answer
from billing_tck.site.playground.bundle import make_runtime
from billing_tck.site.playground.kit import load_kit

from .axe import badly_drawn, serious
from .report import Failures
from .site import WINDOWS, Watched, on_a_site, served

PAGE = "clauses/BC-29.html"
COLD, WARM = 15.0, 6.0  # seconds to the first verdict
LARGEST = 25_000_000  # bytes of the site
LONG = 120_000  # milliseconds that a busy machine may take
EVERY = 20  # of the scenarios, those that are compared
_ASK = """async (requests) => {
  const worker = new Worker("../playground/worker.js", {type: "module"});
  const answers = new Map();
  return await new Promise((resolve) => {
    worker.onmessage = ({data}) => {
      if (data.kind === "failed") resolve(data.message);
      if (data.kind !== "answer") return;
      answers.set(data.id, data.answer);
      if (answers.size === requests.length) { worker.terminate(); resolve(requests.map((_, id) => answers.get(id))); }
    };
    requests.forEach((request, id) => worker.postMessage({id, request}));
  });
}"""


def main() -> int:
    """Build a site with a playground, use it; 0 where all is right."""
    return on_a_site(__doc__ or "", built, use_site)


def use_site(browser: Browser, site: Path, pictures: Path | None, failures: Failures) -> None:
    """Use the playground of a site."""
    files = (path for path in site.rglob("*") if path.is_file() and not path.is_relative_to(site / LAB))
    size = sum(path.stat().st_size for path in files)
    failures.check(size <= LARGEST, f"the site with its runtime has {size / 1e6:.1f} MB")
    with served(site) as origin:
        use(browser, origin, pictures, failures)


def built(folder: Path) -> Path:
    """Build a runtime and a site with it."""
    make_runtime(folder / "runtime")
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        assert billing_tck(["site", str(folder / "site"), "--runtime", str(folder / "runtime")]) == 0
    return folder / "site"


def use(browser: Browser, origin: str, pictures: Path | None, failures: Failures) -> None:
    """Use the playground of a clause as a new user would."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, permissions=["clipboard-write"])
    watched = Watched(origin)
    page = watched_page(context, watched, origin + PAGE)
    before = watched.asked
    failures.check("worker.js" not in " ".join(resources(page)), f"nothing of the runtime is loaded before ({before})")
    cold = first_verdict(page)
    failures.check(cold < COLD, f"cold: {cold:.1f} s to the first verdict")
    failures.check("conforms" in verdict(page), f"the scenario of the page: {verdict(page)}")
    page.close()
    page = watched_page(context, watched, origin + PAGE)
    warm = first_verdict(page)
    failures.check(warm < WARM, f"warm: {warm:.1f} s to the first verdict")
    deviation(page, failures)
    link = permalink(page, failures)
    opened = watched_page(context, watched, link)
    follow(opened, failures)
    grade(opened, failures)
    opened.close()
    mistakes(page, failures)
    stop(page, failures)
    page.close()
    from_a_question(context, watched, origin, failures)
    as_here(context, origin, failures)
    failures.check(not (noted := watched.take()), f"{watched.asked} requests, none elsewhere {noted[:5]}")
    context.close()
    for width, scheme in WINDOWS:
        look(browser, origin, link, (width, scheme), pictures, failures)


def from_a_question(context: BrowserContext, watched: Watched, origin: str, failures: Failures) -> None:
    """What a customer does who has only the address: ask, open a clause, change a date, run, send the link."""
    began = time.perf_counter()
    page = context.new_page()
    watched.watch(page)
    page.goto(origin)
    page.fill("#words", "what happens to data after a cancelled subscription")
    page.locator("#results li a", has_text=re.compile("^clause")).first.click()
    page.wait_for_selector("section.playground button")
    asked = time.perf_counter() - began
    page.click("section.playground > button")
    page.wait_for_selector(".playground .choices select", state="attached", timeout=LONG)
    text = page.input_value(".playground textarea")
    changed = re.sub(r"When \d+ days", "When 40 days", text)
    page.fill(".playground textarea", changed)
    run(page)
    ran = time.perf_counter() - began
    clause = page.inner_text("h1")
    failures.check(changed != text and "deviates" in verdict(page), f"{clause!r} with a later date: {verdict(page)}")
    said = page.inner_text(".playground .results")
    failures.check("The reference keeps the rules" in said, "it says which clause the expectation differs from")
    link = permalink(page, failures)
    print(f"        the clause after {asked:.1f} s, the verdict after {ran:.1f} s: {link[:80]} …")
    page.close()


def as_here(context: BrowserContext, origin: str, failures: Failures) -> None:
    """The browser answers as Python does here: to runs of the kit's scenarios, and to a grade."""
    kit = load_kit()
    some = kit.suite.scenarios[::EVERY]
    requests: list[dict[str, object]] = [
        {"ask": "run", "text": unescape(text_of(one)), "readings": dict(reversed(one.reading))} for one in some
    ]
    requests += [{"ask": "grade", "text": unescape(text_of(some[0])), "clause": some[0].clauses[0], "hints": 3}]
    page = context.new_page()
    page.goto(origin + PAGE)
    began = time.perf_counter()
    there = page.evaluate(_ASK, requests)
    seconds = time.perf_counter() - began
    here = [json.loads(answer(kit, json.dumps(request))) for request in requests]
    other = [request["text"] for request, a, b in zip(requests, here, there, strict=True) if a != b]
    words = Counter(run["verdict"] for one in here for run in one.get("runs", ()))
    failures.check(not other, f"{len(here)} answers in {seconds:.1f} s are as here, {dict(words)} {other[:1]}")
    page.close()


def watched_page(context: BrowserContext, watched: Watched, url: str) -> Page:
    """Open a page that is watched, as is its worker."""
    page = context.new_page()
    watched.watch(page)
    page.goto(url)
    page.wait_for_selector("section.playground button")
    return page


def resources(page: Page) -> list[str]:
    """Return what a page has loaded."""
    return [str(one) for one in page.evaluate("performance.getEntriesByType('resource').map((one) => one.name)")]


def first_verdict(page: Page) -> float:
    """Open the panel and run; return the seconds from the first click to the verdict."""
    began = time.perf_counter()
    page.click("section.playground > button")
    run(page)
    return time.perf_counter() - began


def run(page: Page) -> None:
    """Run what is in the panel, as soon as that can be done."""
    page.evaluate("document.querySelector('.playground .results')?.replaceChildren()")
    page.wait_for_selector(".playground .choices select", state="attached", timeout=LONG)
    page.wait_for_selector(".playground .actions button.first:enabled", timeout=LONG)
    press(page, "Run")
    page.wait_for_selector(".playground .results .verdict", timeout=LONG)


def press(page: Page, name: str) -> None:
    """Press a button of the panel."""
    page.get_by_role("button", name=name, exact=True).click()


def verdict(page: Page) -> str:
    """Return the verdict that is shown."""
    return page.inner_text(".playground .results .verdict >> nth=0")


def deviation(page: Page, failures: Failures) -> None:
    """Change an expectation: the deviation says what was expected and what was observed."""
    text = page.input_value(".playground textarea")
    page.fill(".playground textarea", text.replace("services are running", "services are stopped"))
    run(page)
    found = page.inner_text(".playground .results")
    failures.check("deviates" in verdict(page) and "expected" in found, f"a wrong expectation: {found[:150]!r}")
    failures.check(page.locator(".playground svg:visible").count() == 1, "its timeline is drawn")
    failures.check(page.locator(".playground li.fails").count() == 1, "the step that fails is marked")


def permalink(page: Page, failures: Failures) -> str:
    """Copy the link of what was changed."""
    press(page, "Copy link")
    page.wait_for_function("location.hash.startsWith('#try=')")
    link: str = page.evaluate("location.href")
    failures.check(len(link) < 2_000, f"a link with {len(link)} characters")
    return link


def follow(page: Page, failures: Failures) -> None:
    """Open a link: its scenario is there, nothing is loaded before it is asked for, and it deviates again."""
    page.wait_for_selector(".playground textarea")
    failures.check("are stopped" in page.input_value(".playground textarea"), "a link has the changed scenario")
    failures.check("worker.js" not in " ".join(resources(page)), "a link loads nothing by itself")
    press(page, "Run")
    page.wait_for_selector(".playground .results .verdict", timeout=LONG)
    failures.check("deviates" in verdict(page), f"and the same verdict: {verdict(page)}")


def grade(page: Page, failures: Failures) -> None:
    """Grade the scenario of the page as a test of its clause."""
    press(page, "Reset")
    page.wait_for_selector(".playground .actions button.first:enabled", timeout=LONG)
    began = time.perf_counter()
    press(page, "Grade")
    page.wait_for_selector(".playground .results .verdict:has-text('points')", timeout=LONG)
    seconds = time.perf_counter() - began
    failures.check("BC-29" in verdict(page), f"graded in {seconds:.1f} s: {verdict(page)}")
    failures.check("hint" in page.inner_text(".playground .results"), "with a hint about what got away")


def mistakes(page: Page, failures: Failures) -> None:
    """What cannot be run is refused with its line; a mistake of the implementation deviates."""
    press(page, "Reset")
    page.wait_for_selector(".playground .actions button.first:enabled", timeout=LONG)
    own = page.input_value(".playground textarea")
    page.fill(".playground textarea", "Given an organization that pays by card\nWhen 3 days passs")
    run(page)
    found = page.inner_text(".playground .results")
    failures.check("Line 2" in found and "Nearest" in found, f"a misspelt step: {found[:150]!r}")
    page.fill(".playground textarea", own.replace("When 13 days pass", "When it is 1 January 2025"))
    run(page)
    found = page.inner_text(".playground .results")
    failures.check("Line 7" in found and "cannot go back" in found, f"a clock set back: {found[:150]!r}")
    page.fill(".playground textarea", own)
    page.locator(".playground select[id$=fault]").select_option("stop-after-7-days")
    run(page)
    failures.check("deviates" in verdict(page), f"against a mistake: {verdict(page)}")


def stop(page: Page, failures: Failures) -> None:
    """A request that takes long can be stopped, and the next one starts the kit again."""
    rows = "\n".join(f"| {number} |" for number in range(1, 50))
    steps = "Given an organization that pays by card\nWhen <days> days pass"
    text = f"Scenario Outline: many\n{steps}\nExamples:\n| days |\n{rows}"
    page.fill(".playground textarea", text)
    press(page, "Run")
    press(page, "Stop")
    page.wait_for_function("document.querySelector('.playground .status').textContent === 'Stopped.'")
    page.fill(".playground textarea", "Given an organization that pays by card")
    run(page)
    failures.check("nothing checked" in verdict(page), f"after Stop it runs again: {verdict(page)}")


def look(  # noqa: PLR0917
    browser: Browser, origin: str, link: str, window: tuple[int, str], pictures: Path | None, failures: Failures
) -> None:
    """Look at the panel with a result: no error, nothing wider than the window, nothing serious for axe."""
    width, scheme = window
    viewport = {"width": width, "height": 1000}
    context = browser.new_context(viewport=viewport, color_scheme=scheme, bypass_csp=True)  # type: ignore[arg-type]
    watched = Watched(origin)
    page = watched_page(context, watched, link)
    press(page, "Run")
    page.wait_for_selector(".playground .results .verdict", timeout=LONG)
    page.click(".playground .all-phrases summary")
    wide = page.evaluate("document.documentElement.scrollWidth")
    wrong = [*watched.take(), *serious(page), *badly_drawn(page)]
    wrong += [f"as wide as {wide}"] if wide > width else []
    drawn = page.locator(".playground .results svg:visible").count()
    wrong += [f"{drawn} timelines"] if drawn != 1 else []
    failures.check(not wrong, f"{width}, {scheme} {wrong[:4] or ''}")
    if pictures is not None:
        pictures.mkdir(parents=True, exist_ok=True)
        page.click(".playground .all-phrases summary")
        page.locator("section.playground").screenshot(path=pictures / f"playground-{width}-{scheme}.png")
    context.close()


if __name__ == "__main__":
    raise SystemExit(main())
