"""Every notebook is built from its source, runs in a clean kernel, and equals a fresh build."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from platform import python_version

import pytest

from billing_tck.cli.main import main
from billing_tck.jupyter import session
from billing_tck.spec.notebooks import stored_notebooks
from billing_tck.spec.requirements import Family
from notebooks import source
from notebooks.build import STORED, build, kernel_environment, serialized
from notebooks.source import HIDES_FAILURES, SourceError, cells, names

ROOT = Path(__file__).resolve().parents[1]


LONGEST = "reviewing-the-specification"  # it computes what each reading changes: as long as all others together


def checked(some: list[str]) -> dict[str, object]:
    """What a run of some notebooks came to, two kernels at a time: their problems."""
    command = [sys.executable, "-m", "notebooks.build", "--check", "--json", *some]
    finished = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300, check=False)
    assert finished.stdout, finished.stderr
    return {outcome["name"]: outcome["problems"] for outcome in json.loads(finished.stdout)}


@pytest.mark.timeout(300)
def test_they_run_in_a_clean_kernel_and_are_stored_as_they_come_out() -> None:
    some = [name for name in names() if name != LONGEST]
    assert checked(some) == {name: [] for name in some}, "rebuild them with `make notebooks`"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_longest_runs_in_a_clean_kernel_and_is_stored_as_it_comes_out() -> None:
    assert checked([LONGEST]) == {LONGEST: []}, "rebuild it with `make notebooks`"


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
def test_what_is_claimed_is_reported_in_a_sentence(name: str) -> None:
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


def test_the_mistake_to_be_found_is_not_solved_in_the_stored_notebook() -> None:
    text = (STORED / "break-it-yourself.ipynb").read_text(encoding="utf-8")
    outputs = json.dumps([cell.get("outputs") for cell in json.loads(text)["cells"]])
    for hidden in (session().covered("mystery:3371"), session().covered("mystery:BC-03.2")):
        assert hidden.name not in text
        assert hidden.sentence not in outputs
    assert "not yet: to the fault, this scenario looks right" in outputs


@pytest.mark.parametrize("name", names())
def test_what_is_stored_hides_no_failure_and_shows_no_clock(name: str) -> None:
    text = (STORED / f"{name}.ipynb").read_text(encoding="utf-8")
    notebook = json.loads(text)
    for word in (*HIDES_FAILURES, "FakeDatetime", "/work", "/tmp", "/home", "/root", "Traceback"):
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
    for data in pictures:  # as JupyterLab shows it in a notebook that is not trusted
        assert re.fullmatch(r'<img alt="[^"]+" src="data:image/svg\+xml;base64,[\w+/=]+">', "".join(data["text/html"]))


HEADER = "---\njupytext:\n  text_representation:\n    format_name: myst\n---\n\n"
CELL = "```{code-cell}\n:name: one\n\n1\n```\n\n"


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        (
            '# A\n\n{{ nonsense("BC-29") }}\n',
            "bad.md, cell about-a: 'nonsense' is undefined; a source may call",
        ),
        ('# A\n\n{{ clause("BC-999") }}\n', "bad.md, cell about-a: .*BC-999"),
        ('# A\n\n{{ clause("BC-29" }}\n', "bad.md, cell about-a: "),
        (f"{CELL}{CELL}", "bad.md: several cells are named one"),
        ("```{code-cell}\n1\n```\n", "bad.md: cell 0 has no name"),
        ("# A\n\nraises-exception\n", "bad.md: remove 'raises-exception', which hides failing cells"),
    ],
)
def test_a_source_that_cannot_be_built_is_refused(
    text: str, problem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "SOURCES", tmp_path)
    (tmp_path / "bad.md").write_text(HEADER + text, encoding="utf-8")
    with pytest.raises(SourceError, match=problem):
        cells("bad")


@pytest.mark.parametrize("name", names())
def test_the_same_source_gives_the_same_notebook(name: str) -> None:
    assert serialized(build(name)) == serialized(build(name))


def test_the_wheel_carries_every_built_notebook_and_not_the_builder() -> None:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wheel = pyproject["tool"]["hatch"]["build"]["targets"]["wheel"]
    carried = {path: to for path, to in wheel["force-include"].items() if path.startswith("notebooks")}
    assert carried == {f"notebooks/{name}.ipynb": f"billing_tck/notebooks/{name}.ipynb" for name in names()}
    assert not any("notebooks" in package for package in wheel["packages"])


def test_the_command_writes_every_notebook_as_it_is_stored(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "my notebooks"
    assert main(["notebooks", str(folder)]) == 0
    assert {path.name for path in folder.iterdir()} == {f"{name}.ipynb" for name in names()}
    for path in folder.iterdir():
        stored = (STORED / path.name).read_text(encoding="utf-8")
        version = f'"version": "{python_version()}"'  # else JupyterLab changes the notebook when it opens it
        assert path.read_text(encoding="utf-8") == stored.replace('"version": "3.11.7"', version)
    assert f"jupyter lab '{folder}/00-start-here.ipynb'" in capsys.readouterr().out


def test_the_command_overwrites_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    kept = tmp_path / "kept.txt"
    kept.write_text("mine", encoding="utf-8")
    assert main(["notebooks", str(tmp_path)]) == 2
    assert "is not empty, nothing was written" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == [kept]
    assert main(["notebooks", str(kept)]) == 2
    assert "is a file" in capsys.readouterr().err
    assert main(["notebooks", str(kept / "below")]) == 2
    assert "cannot write to" in capsys.readouterr().err


def test_the_notebooks_of_a_checkout_are_those_that_were_built() -> None:
    assert stored_notebooks() == STORED


def test_a_kernel_knows_nothing_of_its_users_settings(tmp_path: Path) -> None:
    environment = kernel_environment(tmp_path)
    assert all(environment[name].startswith(str(tmp_path)) for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR"))
    assert environment["https_proxy"] == "http://127.0.0.1:9"
