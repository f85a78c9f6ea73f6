"""Test the pages of the kit in a real browser: they run no text of others, fetch nothing, and are usable.

It is a separate command because it needs a browser:

    apt-get install -y chromium && python -m pip install playwright
    python -m tests.browser.report [--pictures DIR]

With `--pictures` it also writes screenshots, narrow and wide, light, dark and printed.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib
import io
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from billing_tck.cli.main import main as billing_tck

from ..implementations import nasty
from .axe import ROOT, badly_drawn, serious
from .lab import chromium

RUNS = {
    "none": ("--sut", "reference"),
    "some": ("--sut", "faulty:no-deletion-after-trial", "--family", "trial"),
    "many": ("--sut", f"python:{nasty.__name__}:factory"),
}
EXPORTED = ("unpaid_invoices", "reviewing-the-specification")
WATCH = """
window.ran = [];
for (const name of ["alert", "confirm", "prompt", "print", "open"]) window[name] = () => window.ran.push(name);
addEventListener("securitypolicyviolation", (event) => window.ran.push("policy: " + event.violatedDirective));
"""
STRANGE = """
[...document.querySelectorAll("*")].filter((element) => [...element.attributes].some((attribute) =>
  attribute.name.startsWith("on") || ["href", "src", "action"].includes(attribute.name)
    && !/^(#|data:image[/])/.test(attribute.value)
)).length
"""


MOST_OPENED = 40  # parts of a page that axe looks into: it takes long where there is much


class Failures(list[str]):
    """What was wrong."""

    def check(self, right: bool, said: str) -> None:
        """Notes what should have been right."""
        print(f"  {'ok' if right else 'WRONG':5} {said}")
        if not right:
            self.append(said)


def main() -> int:
    """Makes the reports, looks at each; 0 where all is right."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--pictures", type=Path, metavar="DIR", help="leave pictures of the pages there")
    parser.add_argument("--chromium", default=chromium(), help="the browser (default: chromium)")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="look only at the pages whose names begin so")
    args = parser.parse_args()
    try:
        playwright = importlib.import_module("playwright.sync_api").sync_playwright
    except ImportError:
        print("playwright is missing: python -m pip install playwright", file=sys.stderr)
        return 2
    if args.chromium is None:
        print("there is no chromium: apt-get install -y chromium, or say where with --chromium", file=sys.stderr)
        return 2
    failures = Failures()
    with tempfile.TemporaryDirectory() as folder, playwright() as play:
        reports = {name: report(Path(folder) / name, words) for name, words in RUNS.items()}
        reports["compared"] = comparison(Path(folder))
        reports["proved"] = proof(Path(folder))
        reports["decisions"] = decided(Path(folder))
        reports["maps"] = maps(Path(folder))
        reports |= {name: exported(Path(folder), name) for name in EXPORTED}
        if args.only:
            reports = {name: path for name, path in reports.items() if name.startswith(tuple(args.only))}
        browser = play.chromium.launch(executable_path=args.chromium, args=["--no-sandbox"])
        control(browser, Path(folder) / "control.html", failures)
        exports_a_pdf(Path(folder), failures)
        for name, path in reports.items():
            print(name)
            look(browser, path, failures)
            if name != "many":  # the same page, at length
                accessible(browser, path, failures)
            if name in RUNS:
                printed(browser, path, failures)
                use(browser, path, failures)
                without_script(browser, path, failures)
            if args.pictures is not None:
                picture(browser, path, args.pictures, name)
        browser.close()
    print(f"{len(failures)} wrong" if failures else "all right")
    return 1 if failures else 0


def report(folder: Path, words: tuple[str, ...]) -> Path:
    """The page of one run."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        billing_tck(["run", *words, "--report", str(folder)])
    return folder / "report.html"


def comparison(folder: Path) -> Path:
    """The page of a comparison of the runs."""
    page = folder / "compared.html"
    with contextlib.redirect_stdout(io.StringIO()):
        billing_tck(["compare", *(str(folder / name) for name in RUNS), "--html", str(page)])
    return page


def proof(folder: Path) -> Path:
    """The page of a self-test."""
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        billing_tck(["prove", "--faults", "--empty", "--report", str(folder / "proved")])
    return folder / "proved" / "proof.html"


def decided(folder: Path) -> Path:
    """The page of the decisions, those of the example among them."""
    page = folder / "decisions.html"
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        billing_tck(["decisions", "--example"])
    (folder / "decisions.toml").write_text(said.getvalue(), encoding="utf-8")
    with contextlib.redirect_stdout(io.StringIO()):
        billing_tck(["decisions", "--file", str(folder / "decisions.toml"), "--html", str(page)])
    return page


def maps(folder: Path) -> Path:
    """The state diagrams of all families in a page, each in a region that scrolls, as in the page of a self-test."""
    with contextlib.redirect_stdout(io.StringIO()):
        billing_tck(["coverage", "--svg", str(folder / "map")])
    style = ":root { color-scheme: light dark } div { overflow-x: auto }"
    regions = [
        f'<div tabindex="0" role="region" aria-label="{path.stem}">{path.read_text(encoding="utf-8")}</div>'
        for path in sorted((folder / "map").glob("*.svg"))
    ]
    page = folder / "maps.html"
    head = f'<meta charset="utf-8"><meta name="viewport" content="width=device-width"><style>{style}</style>'
    page.write_text(
        f'<!doctype html><html lang="en"><head>{head}<title>Maps</title></head><body><main><h1>Maps</h1>'
        f"{''.join(regions)}</main></body></html>",
        encoding="utf-8",
    )
    return page


def exported(folder: Path, name: str) -> Path:
    """A notebook of the kit as a page."""
    page = folder / f"{name}.html"
    with contextlib.redirect_stdout(io.StringIO()):
        billing_tck(["export", str(ROOT / "notebooks" / f"{name}.ipynb"), "--output", str(page)])
    return page


def exports_a_pdf(folder: Path, failures: Failures) -> None:
    """A notebook is printed to a PDF of several pages."""
    target = folder / "printed.pdf"
    with contextlib.redirect_stdout(io.StringIO()):
        billing_tck(["export", str(ROOT / "notebooks" / "trial.ipynb"), "--output", str(target), "--pdf"])
    printed = target.read_bytes()
    pages = printed.count(b"/Type /Page\n")
    failures.check(printed.startswith(b"%PDF-") and pages > 2, f"a notebook is printed on {pages} pages")


@contextlib.contextmanager
def opened(browser: Any, path: Path, **options: object) -> Iterator[tuple[Any, list[str]]]:
    """A page with everything noted that it says or asks for."""
    context = browser.new_context(**options)
    context.add_init_script(WATCH)
    page = context.new_page()
    noted: list[str] = []
    page.on("request", lambda request: None if request.url == path.as_uri() else noted.append(f"asked {request.url}"))
    page.on("console", lambda message: noted.append(f"console {message.text}"))
    page.on("pageerror", lambda error: noted.append(f"error {error}"))
    page.on("dialog", lambda dialog: (noted.append(f"dialog {dialog.message}"), dialog.dismiss()))
    page.goto(path.as_uri())
    try:
        yield page, noted
    finally:
        context.close()


def control(browser: Any, path: Path, failures: Failures) -> None:
    """The same payloads on a page that does nothing against them: what is watched for can be seen."""
    print("control")
    path.write_text(f"<!doctype html><title>control</title>{' '.join(nasty.PAYLOADS[:4])}", encoding="utf-8")
    with opened(browser, path) as (page, noted):
        page.wait_for_timeout(300)
        failures.check(page.title() == "owned", "without a defence the payloads run")
        failures.check(any(said.startswith("asked") for said in noted), "and something is asked for")


def look(browser: Any, path: Path, failures: Failures) -> None:
    """Nothing runs, nothing is asked for, nothing is cut off, at any width."""
    for width in (360, 1280):
        with opened(browser, path, viewport={"width": width, "height": 800}) as (page, noted):
            for details in page.query_selector_all("details"):
                details.evaluate("(element) => { element.open = true }")
            page.mouse.move(width / 2, 300)
            page.wait_for_timeout(300)
            ran = page.evaluate("window.ran")
            failures.check(
                not ran and not noted, f"at {width}: nothing ran, nothing was asked for {ran or ''}{noted or ''}"
            )
            failures.check(page.title() != "owned", f"at {width}: the title is its own")
            wide = page.evaluate("document.documentElement.scrollWidth")
            failures.check(wide <= width, f"at {width}: it is as wide as the window ({wide})")
            strange = page.evaluate(STRANGE)
            failures.check(strange == 0, f"at {width}: no element has a handler, or a link to elsewhere")


def accessible(browser: Any, path: Path, failures: Failures) -> None:
    """Nothing serious for axe, in light and dark; every text of a timeline whole and in a size that can be read."""
    for width, scheme in ((390, "dark"), (900, "light")):
        options: dict[str, Any] = {"viewport": {"width": width, "height": 900}, "color_scheme": scheme}
        with opened(browser, path, bypass_csp=True, **options) as (page, _):
            for details in page.query_selector_all("details")[:MOST_OPENED]:
                details.evaluate("(element) => { element.open = true }")
            found = serious(page)
            failures.check(not found, f"at {width}, {scheme}: axe finds nothing serious {found or ''}")
            drawn = badly_drawn(page)
            failures.check(not drawn, f"at {width}: every text of a timeline is whole and 11 px {drawn[:5] or ''}")
            alone = page.evaluate(ALONE)
            failures.check(not alone, f"at {width}: no tile stands alone in a row")
            mark = page.query_selector(".billing-timeline .billing-mark")
            visible = [one for one in page.query_selector_all(".billing-timeline .billing-mark") if one.is_visible()]
            if mark and visible:
                visible[0].focus()
                page.keyboard.press("Tab")
                said = page.evaluate("document.activeElement.querySelector('.billing-note')?.checkVisibility()")
                failures.check(bool(said), f"at {width}: a mark that has the focus shows its text")


ALONE = """
[...document.querySelectorAll(".figures")].some((list) => {
  const rows = Map.groupBy(list.children, (tile) => Math.round(tile.getBoundingClientRect().top));
  const wide = (tile) => tile.getBoundingClientRect().width > list.getBoundingClientRect().width * .9;
  return rows.size > 1 && [...rows.values()].some((row) => row.length === 1 && !wide(row[0]));
})
"""


def printed(browser: Any, path: Path, failures: Failures) -> None:
    """On paper, each deviation has what was expected and observed."""
    with opened(browser, path) as (page, _):
        page.evaluate("dispatchEvent(new Event('beforeprint'))")
        page.emulate_media(media="print")
        every = page.query_selector_all("details.record")
        shown = [one for one in every if one.query_selector("dl.facts") and one.query_selector("dl.facts").is_visible()]
        failures.check(len(shown) == len(every), f"{len(shown)} of {len(every)} are printed whole")
        failures.check(page.is_visible("dl.about"), "the head has what was run, when and with which readings")


def use(browser: Any, path: Path, failures: Failures) -> None:
    """Search, filters, links."""
    with opened(browser, path) as (page, _):
        shown = "[...document.querySelectorAll('details[data-verdict]')].filter((d) => !d.hidden).length"
        every = page.evaluate(shown)
        page.fill("#search", "BC-09 two weeks")
        found = page.evaluate(shown)
        failures.check(0 < found < every, f"a search leaves {found} of {every}")
        page.fill("#search", "")
        for box in page.query_selector_all("#controls input[type=checkbox]"):
            if box.get_attribute("value") != "conforms":
                box.uncheck()
        green = page.evaluate(f"{shown} === document.querySelectorAll('details[data-verdict=conforms]').length")
        failures.check(green, "a filter leaves what conforms")
        for box in page.query_selector_all("#controls input[type=checkbox]"):
            box.check()
        failures.check(page.evaluate(shown) == every, "everything comes back")
        page.click("a.chip >> nth=1")
        target = "document.querySelector('details:target')"
        failures.check(page.evaluate(f"{target} && {target}.open"), "a clause of the matrix opens its article")


def without_script(browser: Any, path: Path, failures: Failures) -> None:
    """Everything can be read, and nothing is offered that would not work."""
    with opened(browser, path, java_script_enabled=False) as (page, _):
        hidden = page.is_hidden("#controls")
        visible = page.is_visible("text=Families and clauses") and page.is_visible(".verdict")
        failures.check(hidden and visible, "it reads without script")


def picture(browser: Any, path: Path, folder: Path, name: str) -> None:
    """What it looks like."""
    folder.mkdir(parents=True, exist_ok=True)
    for width in (390, 1280):
        for scheme in ("light", "dark"):
            with opened(browser, path, viewport={"width": width, "height": 1400}, color_scheme=scheme) as (page, _):
                page.screenshot(path=folder / f"{name}-{width}-{scheme}.png")
    with opened(browser, path) as (page, _):
        page.pdf(path=folder / f"{name}.pdf", format="A4")


if __name__ == "__main__":
    raise SystemExit(main())
