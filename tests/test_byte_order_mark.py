"""A byte-order mark, which some editors write, is skipped in every file and answer that the kit reads."""

from __future__ import annotations

from pathlib import Path

import pytest

from billing_tck.cli.main import main
from billing_tck.drivers.jsonrpc import Responses
from billing_tck.spec.suite import features_dir

MARK = "\ufeff"
TRACE = '{"method": "reset", "params": {"now": "2025-01-07T09:00:00Z"}, "result": {}}\n'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_in_features(folder: Path) -> None:
    (folder / "f" / "core").mkdir(parents=True)
    text = (features_dir() / "core" / "trial.feature").read_text(encoding="utf-8")
    (folder / "f" / "core" / "trial.feature").write_text(MARK + text, encoding="utf-8")
    assert main(["run", "--features", "f", "--report", "out"]) == 0
    assert main(["verify", "out", "--features", "f"]) == 0


def test_in_the_configuration(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "billing-tck.toml").write_text(MARK + "[run]\nclause = 'BC-02'\n", encoding="utf-8")
    assert main(["run"]) == 0
    assert "selected: clause BC-02" in capsys.readouterr().out


def test_in_a_trace(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "t.ndjson").write_text(MARK + TRACE, encoding="utf-8")
    main(["check-trace", "t.ndjson"])
    assert "not valid JSON" not in capsys.readouterr().err


def test_in_a_report(folder: Path) -> None:
    assert main(["run", "--clause", "BC-02", "--report", "out"]) == 0
    report = folder / "out" / "report.ndjson"
    report.write_text(MARK + report.read_text(encoding="utf-8"), encoding="utf-8")
    assert main(["compare", "out", "out"]) == 0


def test_in_an_answer() -> None:
    answer = MARK.encode() + b'{"jsonrpc": "2.0", "id": 1, "result": {}}'
    assert Responses().outcome(answer, 1, "reset") is not None
