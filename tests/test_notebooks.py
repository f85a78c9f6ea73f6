"""Every notebook is built from its source, runs in a clean kernel, and is stored as it comes out today."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from billing_tck.jupyter import session
from billing_tck.notebooks import build
from billing_tck.notebooks.build import SourceError, cells, kernel_environment, names
from billing_tck.spec.requirements import Family

STORED = Path(__file__).resolve().parents[1] / "notebooks"
FORBIDDEN = ("allow_errors", "skip-execution", "raises-exception")


@pytest.fixture(scope="module")
def checked() -> dict[str, dict[str, object]]:
    """What a run of every notebook came to, two kernels at a time."""
    command = [sys.executable, "-m", "billing_tck.notebooks", "--check", "--json"]
    finished = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert finished.stdout, finished.stderr
    return {outcome["name"]: outcome for outcome in json.loads(finished.stdout)}


@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", names())
def test_runs_in_a_clean_kernel_and_is_stored_as_it_comes_out(checked: dict[str, dict[str, object]], name: str) -> None:
    assert checked[name]["problems"] == [], "write them again: python -m billing_tck.notebooks"


def test_every_family_has_its_notebook() -> None:
    families = {str(family) for family in Family} - {"general"}
    assert families <= set(names())
    assert {path.stem for path in STORED.glob("*.ipynb")} == set(names())


@pytest.mark.parametrize("name", names())
def test_is_short_and_has_an_assertion_beside_each_claim(name: str) -> None:
    made = cells(name)
    code = [cell for cell in made if cell.kind == "code"]
    assert len(code) < 20
    assert sum(bool(re.search(r"\bcheck\(|\bassert ", cell.text)) for cell in code) >= 4


@pytest.mark.parametrize("name", names())
def test_what_is_claimed_is_said_in_a_sentence(name: str) -> None:
    bare = [
        cell.name for cell in cells(name) if cell.kind == "code" and re.search(r"^assert ", cell.text, re.MULTILINE)
    ]
    assert bare == [], "write check(sentence, condition)"


def test_the_mistake_to_be_found_is_named_nowhere_before_the_answer() -> None:
    made = cells("break-it-yourself")
    answer = next(number for number, cell in enumerate(made) if cell.name == "answer")
    hidden = session().covered("mystery:3371")
    before = "\n".join(cell.text for cell in made[:answer])
    assert "mystery:3371" in before
    for telling in (hidden.name, hidden.sentence, "f.name", "%faults"):
        assert telling not in before


@pytest.mark.parametrize("name", names())
def test_what_is_stored_hides_no_failure_and_shows_no_clock(name: str) -> None:
    text = (STORED / f"{name}.ipynb").read_text(encoding="utf-8")
    notebook = json.loads(text)
    for word in (*FORBIDDEN, "FakeDatetime", "/work", "/tmp", "/home", "/root", "Traceback"):
        assert word not in text, word
    for cell in notebook["cells"]:
        assert cell["metadata"] == {}
        assert re.fullmatch(r"[a-z0-9-]+", cell["id"])
        for output in cell.get("outputs", ()):
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr", output
            assert "application/vnd.jupyter.widget-view+json" not in output.get("data", {})
    assert notebook["metadata"].keys() == {"kernelspec", "language_info"}


@pytest.mark.parametrize("name", names())
def test_every_picture_is_stored_as_a_picture(name: str) -> None:
    notebook = json.loads((STORED / f"{name}.ipynb").read_text(encoding="utf-8"))
    shown = [output["data"] for cell in notebook["cells"] for output in cell.get("outputs", ()) if "data" in output]
    pictures = [data for data in shown if "image/svg+xml" in data]
    assert pictures
    assert all("text/html" not in data for data in pictures)


def test_a_source_that_copies_instead_of_asking_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(build, "SOURCES", tmp_path)
    (tmp_path / "a.md").write_text("# A\n\n{{nonsense BC-29}}\n", encoding="utf-8")
    with pytest.raises(SourceError, match="there is no such word"):
        cells("a")
    (tmp_path / "b.md").write_text("# B\n\n```python one\n1\n```\n\n```python one\n2\n```\n", encoding="utf-8")
    with pytest.raises(SourceError, match="two cells are called one"):
        cells("b")
    (tmp_path / "c.md").write_text("# C\n\nraises-exception\n", encoding="utf-8")
    with pytest.raises(SourceError, match="hides what fails"):
        cells("c")


def test_a_kernel_knows_nothing_of_its_users_settings(tmp_path: Path) -> None:
    environment = kernel_environment(tmp_path)
    assert all(environment[name].startswith(str(tmp_path)) for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR"))
    assert environment["https_proxy"] == "http://127.0.0.1:9"
