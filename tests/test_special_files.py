"""A FIFO, a device, a folder or a link where a file is expected ends at once, as wrong input."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from billing_tck.cli.main import main
from billing_tck.text.files import open_output, read_bytes, read_text, replace_text, write_text

TRIAL = Path(__file__).parent.parent / "features" / "core" / "trial.feature"
HTTPS = ("run", "--clause", "BC-02", "--sut", "https://127.0.0.1:1/")
STDIO = ("run", "--clause", "BC-02", "--sut", "stdio:true")
COMMANDS = [
    ("run", "--config", "{}"),
    ("run", "--features", "{}"),
    ("run", "--clause", "BC-02", "--wire", "{}"),
    ("run", "--clause", "BC-02", "--report", "{}"),
    (*HTTPS, "--ca-file", "{}"),
    (*HTTPS, "--client-cert", "{}"),
    (*HTTPS, "--client-cert", "plain", "--client-key", "{}"),
    (*HTTPS, "--header", "X: ${{file:{}}}"),
    (*STDIO, "--env", "X=${{file:{}}}"),
    ("check-trace", "{}"),
    ("verify", "{}"),
    ("compare", "{}", "{}"),
    ("clauses", "--features", "{}"),
    ("clauses", "--sources", "{}"),
    ("show", "BC-02", "--features", "{}"),
    ("freeze", "--features", "{}"),
    ("steps", "--glue", "{}"),
    ("prove", "--features", "{}"),
    ("doctor", "--config", "{}"),
    ("explore", "--config", "{}"),
    ("new-adapter", "python", "{}"),
    ("notebooks", "{}"),
]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("fifo")
    Path("loop").symlink_to("loop")
    Path("plain").touch()
    return tmp_path


@pytest.mark.parametrize("special", ["fifo", "loop"])
@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_it_is_wrong_input(command: tuple[str, ...], special: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([word.format(special, special) for word in command]) == 2
    said = capsys.readouterr().err
    assert special in said
    assert "Traceback" not in said


@pytest.mark.parametrize("special", ["/dev/zero", "/dev/null", "/"])
@pytest.mark.parametrize("command", [c for c in COMMANDS if c[0] in ("check-trace", "doctor")], ids=" ".join)
def test_a_device_and_a_folder_are_not_read(command: tuple[str, ...], special: str) -> None:
    assert main([word.format(special) for word in command]) == 2


@pytest.mark.parametrize("name", ["core/trial.feature", "set.toml", "clauses.toml", "readings.toml"])
def test_a_fifo_within_a_features_folder_is_wrong_input(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    own = Path("own")
    (own / "core").mkdir(parents=True)
    (own / "core" / "trial.feature").write_bytes(TRIAL.read_bytes())
    if name == "readings.toml":
        (own / "clauses.toml").write_bytes((TRIAL.parent.parent / "clauses.toml").read_bytes())
    (own / name).unlink(missing_ok=True)
    os.mkfifo(own / name)
    status = main(["run", "--features", "own", "--family", "trial", "--list"])
    # Without a readable clauses.toml, the clauses are the kit's own.
    assert status == (0 if name == "clauses.toml" else 2)
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize("name", ["report.ndjson", "report.html", "messages.ndjson", "badge.json"])
@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_a_report_replaces_only_files(name: str, make: object, capsys: pytest.CaptureFixture[str]) -> None:
    assert callable(make)
    Path("out").mkdir()
    make(Path("out") / name)
    assert main(["run", "--clause", "BC-02", "--report", "out"]) == 2
    assert "cannot be replaced: it is a " in capsys.readouterr().err


def test_a_configuration_that_is_there_and_cannot_be_read_is_not_ignored() -> None:
    Path("billing-tck.toml").symlink_to("nowhere")
    assert main(["run", "--clause", "BC-02"]) == 2


def test_files_are_bounded_and_have_names() -> None:
    Path("large").write_bytes(b"12345")
    assert read_bytes(Path("large"), 5) == b"12345"
    with pytest.raises(OSError, match="larger than 4 bytes"):
        read_bytes(Path("large"), 4)
    with pytest.raises(OSError, match="null byte"):
        read_bytes(Path("a\0b"))
    with pytest.raises(OSError, match="null byte"):
        open_output(Path("a\0b"))


def test_texts_are_read_and_replaced_whole() -> None:
    Path("text").write_bytes(b"\xef\xbb\xbfone\r\ntwo\rthree\n")
    assert read_text(Path("text")) == "one\ntwo\nthree\n"
    replace_text(Path("text"), "four \ud800\n")
    assert Path("text").read_bytes() == b"four \\ud800\n"
    assert sorted(path.name for path in Path().iterdir()) == ["fifo", "loop", "plain", "text"]
    write_text(Path("text"), "5")
    assert Path("text").read_bytes() == b"5"


DEEP = "[" * 100_000


@pytest.mark.parametrize(
    ("command", "status"), [("check-trace deep", 2), ("verify deep", 1), ("compare deep deep", 1), ("verify out", 1)]
)
def test_json_that_is_nested_deeply_is_invalid(command: str, status: int, capsys: pytest.CaptureFixture[str]) -> None:
    Path("deep").write_text(DEEP + "\n", encoding="utf-8")
    if command == "verify out":
        assert main(["run", "--clause", "BC-02", "--report", "out"]) == 0
        for name in ("summary.json", "messages.ndjson", "badge.json"):
            (Path("out") / name).write_text(DEEP, encoding="utf-8")
        (Path("out") / "junit.xml").write_text("<a>" * 100_000, encoding="utf-8")
    assert main(command.split()) == status
    said = capsys.readouterr().err
    assert len(said) < 1_000
    assert "error in the kit" not in said


@pytest.mark.parametrize(
    "content",
    [
        f"[run]\nx = {DEEP}",
        f"[run{'.a' * 5_000}]",
        f"[run]\nworkers = {'9' * 5_000}",
        f"[run]\nworkers = 0x{'f' * 5_000}",
        f"[run]\nworkers = -0x{'f' * 9}",
        "[run]\ntimeout = 1e400",
        "[run]\ntimeout = -inf",
        "[run]\ntimeout = nan",
        "[run]\ntimeout = 1e300",
        f"[run]\nworkers = {'9' * 4_000}",
        "[run]\nworkers = 1000001",
        "[run.timeouts]\nreset = 3000000",
        '[run]\nreport = "a\\u0000b"',
        '[[known_deviation]]\nclause = "BC-29"\nreason = "x"\nsince = 2026-13-45',
        '[[known_deviation]]\nclause = "BC-29"\nreason = "x"\nsince = 0x' + "f" * 5_000,
    ],
    ids=lambda content: content[:40],
)
def test_absurd_values_in_toml_are_wrong_input(content: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("billing-tck.toml").write_text(content, encoding="utf-8")
    assert main(["run", "--clause", "BC-02"]) == 2
    assert len(capsys.readouterr().err) < 1_000


def test_an_interrupt_while_the_command_line_is_imported_ends_like_any_other() -> None:
    code = (
        "import sys\n"
        "class Interrupts:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'billing_tck.cli.main':\n"
        "            raise KeyboardInterrupt\n"
        "sys.meta_path.insert(0, Interrupts())\n"
        "from billing_tck.cli.entry import main\n"
        "sys.exit(main())\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout, result.stderr) == (130, "", "interrupted\n")


@pytest.mark.parametrize("missing", ["billing_tck.cli.main", "billing_tck.text.sanitize", "billing_tck.cli.clauses"])
def test_a_module_that_is_missing_is_a_damaged_installation(missing: str) -> None:
    code = (
        "import sys\n"
        "class Lacks:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        f"        if name == {missing!r}:\n"
        "            raise ModuleNotFoundError(f'No module named {name!r}', name=name)\n"
        "sys.meta_path.insert(0, Lacks())\n"
        "from billing_tck.cli.entry import main\n"
        "sys.exit(main())\n"
    )
    command = [sys.executable, "-c", code, "clauses"]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (result.returncode, result.stdout) == (4, "")
    assert result.stderr.count("\n") == 1
    assert missing in result.stderr
    assert "reinstall billing-tck" in result.stderr
