"""Adapter templates are complete, run as they are written, and never overwrite a file."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from billing_tck.adapters import HOME, LANGUAGES, write
from billing_tck.cli.main import main
from billing_tck.contract import METHODS, Reason, Refused, Unsupported
from billing_tck.contract.values import Nothing, ServiceRef
from billing_tck.contract.violations import ContractViolation
from billing_tck.server.command_bridge import Bridge
from tests.adapters import EXPECTED, looked_at, missing

from .sampling import sampled

FILES = {
    "python": "billing_adapter.py",
    "javascript": "adapter.mjs",
    "java": "Adapter.java",
    "shell": "adapter.sh",
}


def camel(name: str) -> str:
    return re.sub(r"_(.)", lambda found: found[1].upper(), name)


def body(language: str, method: str) -> str:
    """From a method's comment to its end, in the skeleton of a language."""
    text = (HOME / language / FILES[language]).read_text()
    begins = {
        "python": rf"    def {method}\(.*?(?=\n    def |\Z)",
        "javascript": rf"(?:  // [^\n]*\n)+  {method}\([^\n]*\{{.*?\n  \}}",
        "java": rf"    Map<String, Object> {camel(method)}\(.*?\n    \}}",
        "shell": rf"(?:# [^\n]*\n)+{method}\(\) \{{.*?\n\}}",
    }
    found = re.search(begins[language], text, re.DOTALL)
    assert found is not None, f"{language} has no {method}"
    return found[0]


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("method", METHODS.values(), ids=lambda method: method.name)
def test_every_method_is_there_with_its_parameters_and_unsupported_until_filled(language, method):
    text = body(language, method.name)
    for parameter in method.parameters:
        assert (camel(parameter.name) if language == "java" else parameter.name) in text
    filled = method.name in ("describe_implementation", "reset", "advance_to")
    words = {"python": "raise Unsupported", "shell": "  unsupported"}.get(language, "throw new Unsupported()")
    assert (words in text) is not filled


@pytest.mark.parametrize("language", ["javascript", "java"])
def test_every_reason_is_named_to_those_who_cannot_import_it(language):
    text = "".join(path.read_text() for path in (HOME / language).glob("*") if path.is_file())
    assert [reason for reason in Reason if reason not in text] == []


def named(language: str) -> str:
    tools = missing(language)
    return f"{language}, not run: {' and '.join(tools)} is absent" if tools else language


@pytest.mark.parametrize("language", sampled([*LANGUAGES], len(LANGUAGES), map(named, LANGUAGES)))
def test_skeleton_and_example_do_as_they_should(language, tmp_path):
    if missing(language):  # its name says so; `python -m tests.adapters` fails on it
        return
    assert looked_at(language, tmp_path) == EXPECTED


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_written_states_the_next_step(language, tmp_path, capsys):
    folder = tmp_path / "my adapter"
    assert main(["new-adapter", language, str(folder)]) == 0
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith(f"wrote an adapter in {language} (")
    assert printed[1:3] == ["next:", f"  cd '{folder}'"]
    assert any(line.startswith("  billing-tck doctor --sut ") for line in printed)
    assert printed[-1].startswith("  billing-tck run --sut ")
    assert {path.name for path in folder.iterdir()} >= {FILES[language], "README.md"}
    readme = (folder / "README.md").read_text()
    for line in printed[3:]:
        assert line.strip().removesuffix(" --clause BC-02") in readme


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_example_takes_the_skeletons_place_and_is_short(language, tmp_path):
    write(language, tmp_path / "skeleton")
    write(language, tmp_path / "example", example=True)
    names = [sorted(path.name for path in (tmp_path / which).iterdir()) for which in ("skeleton", "example")]
    assert names[0] == names[1]
    assert len((tmp_path / "example" / FILES[language]).read_text().splitlines()) <= 260


def test_a_folder_that_holds_something_is_left_alone(tmp_path, capsys):
    mine = tmp_path / "billing_adapter.py"
    mine.write_text("mine")
    assert main(["new-adapter", "python", str(tmp_path)]) == 2
    assert "is not empty, and was not changed" in capsys.readouterr().err
    assert [path.name for path in tmp_path.iterdir()] == ["billing_adapter.py"]
    assert mine.read_text() == "mine"
    assert main(["new-adapter", "python", str(mine)]) == 2
    assert "is a file; choose a new or empty folder" in capsys.readouterr().err


def test_an_empty_folder_will_do(tmp_path, capsys):
    assert main(["new-adapter", "shell", str(tmp_path)]) == 0
    capsys.readouterr()


def test_an_unknown_language_names_the_known_ones(tmp_path, capsys):
    assert main(["new-adapter", "jave", str(tmp_path / "x")]) == 2
    said = capsys.readouterr().err
    assert "did you mean java? Available: python, javascript, java, shell" in said
    assert not (tmp_path / "x").exists()


# The bridge ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def bridge(tmp_path) -> Iterator[object]:
    """A bridge to a shell script of one's own."""

    def to(script: str) -> Bridge:
        (tmp_path / "script.sh").write_text(script)
        state = tmp_path / "state"
        state.mkdir(exist_ok=True)
        return Bridge(["sh", str(tmp_path / "script.sh")], state)

    return to


def test_parameters_arrive_in_the_environment_and_on_standard_input(bridge, tmp_path, monkeypatch):
    monkeypatch.setenv("purchase_order", "somebody else's")
    impl = bridge('cat >"$TCK_STATE/in"; echo "$organization/$replica_memory_gib/${purchase_order-}" >"$TCK_STATE/env"')
    with pytest.raises(ContractViolation, match="service: expected a string, got nothing"):
        impl.create_service(organization="O 1'\"\n")
    state = tmp_path / "state"
    assert (state / "env").read_text() == "O 1'\"\n/8/\n"
    assert json.loads((state / "in").read_text()) == {"organization": "O 1'\"\n", "replica_memory_gib": 8}


def test_flags_and_what_has_no_value(bridge):
    impl = bridge('echo "{\\"account\\": \\"$1 $marketplace $may_purchase $signed_in\\"}"')
    assert impl.open_marketplace_account(marketplace="aws", signed_in=False).account == (
        "open_marketplace_account aws true false"
    )


def test_the_clock_and_the_state_are_there_in_every_call(bridge):
    impl = bridge('echo "$now" >>"$TCK_STATE/seen"; [ "$1" != create_service ] || echo "{\\"service\\": \\"$now\\"}"')

    assert impl.reset(now=datetime(2025, 1, 7, 9, tzinfo=UTC)) == Nothing()
    assert impl.create_service(organization="O") == ServiceRef("2025-01-07T09:00:00Z")


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 3", "exit status 3"),
        ("kill -9 $$", "exit status -9"),
        ("echo hello", "JSON on standard output"),
        ("echo surely not; exit 10", "one of unpaid_invoice, no_billing_method"),
        ("exit 10", "one of unpaid_invoice"),
        ("echo '{}'", "expected a string, got nothing"),
    ],
)
def test_what_a_script_does_wrong_is_reported(bridge, script, words):
    with pytest.raises(ContractViolation, match=re.escape(words)):
        bridge(script).create_service(organization="O")


def test_refused_and_unsupported(bridge):
    impl = bridge('[ "$1" = start_service ] || exit 20; echo deleted it is gone; exit 10')
    with pytest.raises(Refused) as refused:
        impl.start_service(service="S")
    assert (refused.value.reason, refused.value.message) == (Reason.DELETED, "it is gone")
    with pytest.raises(Unsupported):
        impl.stop_service(service="S")


def test_a_command_that_cannot_be_run_and_a_text_that_no_environment_holds(bridge, tmp_path):
    with pytest.raises(ContractViolation, match="No such file"):
        Bridge(["no-such-command-anywhere"], tmp_path).stop_service(service="S")
    with pytest.raises(ContractViolation, match="null byte"):
        bridge("exit 0").stop_service(service="a\0b")


def test_the_state_goes_when_the_input_ends(tmp_path):
    script = tmp_path / "script.sh"
    script.write_text('echo "$TCK_STATE" >"$1.state"; touch "$TCK_STATE/kept"')
    request = {"jsonrpc": "2.0", "id": 1, "method": "stop_service", "params": {"service": "S"}}
    command = [sys.executable, "-m", "billing_tck.cli.main", "bridge", "--", "sh", str(script)]
    done = subprocess.run(
        command, cwd=tmp_path, input=json.dumps(request) + "\n", capture_output=True, text=True, check=True
    )
    assert json.loads(done.stdout) == {"jsonrpc": "2.0", "id": 1, "result": {}}
    assert not Path((tmp_path / "stop_service.state").read_text().strip()).exists()
