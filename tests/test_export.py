"""`billing-tck export`: a notebook's prose and pictures without its code."""

from __future__ import annotations

import json
import re
import stat
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from billing_tck.cli.main import main
from billing_tck.spec.notebooks import stored_notebooks

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="


def notebook(folder: Path, *cells: Mapping[str, object]) -> Path:
    path = folder / "n.ipynb"
    path.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": list(cells)}))
    return path


def prose(*lines: str, **more: object) -> dict[str, object]:
    return {"cell_type": "markdown", "source": [f"{line}\n" for line in lines], **more}


def code(*outputs: Mapping[str, object]) -> dict[str, object]:
    return {"cell_type": "code", "source": "secret_code()", "outputs": list(outputs)}


def displayed(**data: object) -> dict[str, object]:
    kinds = {"html": "text/html", "svg": "image/svg+xml", "png": "image/png", "plain": "text/plain"}
    return {"output_type": "display_data", "data": {kinds.get(name, name): value for name, value in data.items()}}


def exported(path: Path) -> str:
    assert main(["export", str(path)]) == 0
    return path.with_suffix(".html").read_text(encoding="utf-8")


def test_a_notebook_of_the_kit_becomes_a_page_without_code(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = tmp_path / "u.html"
    stored = stored_notebooks() / "unpaid_invoices.ipynb"
    assert main(["export", str(stored), "--output", str(target)]) == 0
    assert capsys.readouterr().out == f"wrote {target}\n"
    page = target.read_text(encoding="utf-8")
    assert "<title>What follows an unpaid invoice</title>" in page
    assert "<h2>Paid in time</h2>" in page
    assert "✓ the services stop after 14 days" in page
    assert "%scenario" not in page
    assert "check(" not in page
    pictures = stored.read_text(encoding="utf-8").count('"image/svg+xml"')
    assert page.count('src="data:image/svg+xml;base64,') == pictures > 3
    assert not re.search(r'(?:src|href)="(?!data:image/)', page)
    assert "default-src 'none'" in page


def test_amounts_stay_amounts_and_hints_stay_folded(tmp_path: Path) -> None:
    page = exported(
        notebook(tmp_path, prose("Between $10 and $20.", "", "<details><summary>hint</summary>it</details>"))
    )
    assert "Between $10 and $20." in page
    assert "<details><summary>hint</summary>it</details>" in page


def test_pictures_of_the_prose_are_inside_the_page(tmp_path: Path) -> None:
    (tmp_path / "dot.png").write_bytes(b"dot")
    (tmp_path.parent / "outside.png").write_bytes(b"outside")
    attached = {"a.png": {"image/png": PIXEL}}
    lines = (
        "# T",
        "![one](attachment:a.png) ![two](dot.png) ![three](https://example.com/x.png)",
        "![4](../outside.png)",
    )
    page = exported(notebook(tmp_path, prose(*lines, attachments=attached)))
    assert f'<img alt="one" src="data:image/png;base64,{PIXEL}">' in page
    assert '<img alt="two" src="data:image/png;base64,ZG90">' in page
    assert "<em>three</em>" in page
    assert "<em>4</em>" in page
    assert "example.com" not in page


def test_each_output_is_shown_in_its_richest_form_and_a_widget_not_at_all(tmp_path: Path) -> None:
    widget = "application/vnd.jupyter.widget-view+json"
    page = exported(
        notebook(
            tmp_path,
            code(
                displayed(html="<b>rich</b>", plain="poor"),
                displayed(svg="<svg id='drawn'></svg>", plain="poor"),
                displayed(png=f"{PIXEL}\n"),
                displayed(**{widget: {"model_id": "1"}}, plain="VBox()"),
                {"output_type": "stream", "name": "stdout", "text": ["\x1b[31mprinted\n", "in two <lines>\n"]},
                {"output_type": "stream", "name": "stderr", "text": "a warning"},
            ),
        )
    )
    assert "<b>rich</b>" in page
    assert "<svg id='drawn'></svg>" in page
    assert f'src="data:image/png;base64,{PIXEL}"' in page
    assert "printed\nin two &lt;lines&gt;</pre>" in page
    for absent in ("poor", "VBox", "a warning", "secret_code"):
        assert absent not in page


def test_nothing_in_an_output_leads_elsewhere(tmp_path: Path) -> None:
    leading = '<META http-equiv="refresh" content="0; url=https://example.com"><script>alert(1)</script>'
    page = exported(notebook(tmp_path, code(displayed(html=leading))))
    assert '&lt;META http-equiv="refresh"' in page
    policy = re.search(r'Content-Security-Policy" content="(.*?)"', page)
    assert policy is not None
    assert policy[1].startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:;")


def test_a_cell_that_failed_is_exported_and_said(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = exported(notebook(tmp_path, code({"output_type": "error", "ename": "KeyError", "evalue": "'x'"})))
    assert '<pre class="failed">KeyError: &#39;x&#39;</pre>' in page
    assert capsys.readouterr().err == "1 cell ended with an error, which is exported, too\n"


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        ([{"cell_type": "code", "source": "1", "outputs": []}], "has no outputs; run it in JupyterLab and save it"),
        ([], "is empty: it has neither prose nor outputs"),
    ],
)
def test_a_notebook_that_shows_nothing_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], cells: list[Mapping[str, object]], said: str
) -> None:
    path = notebook(tmp_path, *cells)
    assert main(["export", str(path)]) == 2
    assert said in capsys.readouterr().err
    assert not path.with_suffix(".html").exists()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("hello", "is not a notebook: it is not JSON"),
        ("[]", "is not a notebook: expected an object with `cells`"),
        ('{"nbformat": 3, "cells": []}', "expected nbformat 4, got 3"),
        (None, "No such file or directory"),
    ],
)
def test_what_is_not_a_notebook_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str | None, said: str
) -> None:
    path = tmp_path / "n.ipynb"
    if text is not None:
        path.write_text(text)
    assert main(["export", str(path)]) == 2
    assert said in capsys.readouterr().err


def browser(folder: Path, script: str) -> str:
    path = folder / "browser"
    path.write_text(f"#!{sys.executable}\nimport sys\nfrom pathlib import Path\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def test_a_pdf_is_what_the_browser_prints_of_the_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    prints = """
from urllib.parse import urlsplit
from urllib.request import url2pathname
target = next(word.partition("=")[2] for word in sys.argv if word.startswith("--print-to-pdf="))
Path(target).write_text("printed: " + Path(url2pathname(urlsplit(sys.argv[-1]).path)).read_text())
"""
    monkeypatch.setenv("CHROMIUM", browser(tmp_path, prints))
    path = notebook(tmp_path, prose("# A title"))
    assert main(["export", str(path), "--pdf"]) == 0
    printed = path.with_suffix(".pdf").read_text()
    assert printed.startswith("printed: <!doctype html>")
    assert "<h1>A title</h1>" in printed
    assert not path.with_suffix(".html").exists()


def test_without_a_browser_a_pdf_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = notebook(tmp_path, prose("# A title"))
    monkeypatch.delenv("CHROMIUM", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    assert main(["export", str(path), "--pdf"]) == 2
    said = capsys.readouterr().err
    assert "a PDF needs Chromium, which was not found: looked for chromium, " in said
    assert "or leave out --pdf" in said
    monkeypatch.setenv("CHROMIUM", "/no/such")
    assert main(["export", str(path), "--pdf"]) == 2
    assert "CHROMIUM=/no/such is not a command" in capsys.readouterr().err


def test_a_browser_that_prints_nothing_is_reported(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHROMIUM", browser(tmp_path, 'sys.exit("no room")'))
    assert main(["export", str(notebook(tmp_path, prose("# A title"))), "--pdf"]) == 3
    assert "ended with status 1 and printed nothing: no room" in capsys.readouterr().err
    assert not (tmp_path / "n.pdf").exists()
