"""The implementers' guide, followed literally in an empty folder, prints what it shows."""

import argparse
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import billing_tck
from billing_tck.cli.run_options import add_arguments
from billing_tck.config import load_config
from billing_tck.contract import METHODS, Reason
from billing_tck.contract.schema import component
from billing_tck.contract.values import OrganizationView

GUIDE = (Path(billing_tck.__file__).parent / "docs" / "implementers-guide.md").read_text()
BLOCK = re.compile(r"^```(console|python)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def steps() -> Iterator[tuple[str, str]]:
    """What the guide tells to do, in its order: ("run", command and output) and ("fill", methods)."""
    for kind, text in BLOCK.findall(GUIDE):
        if kind == "python":
            yield "fill", text
        else:
            for command in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]:
                yield "run", command


def filled(skeleton: str, methods: str) -> str:
    """The skeleton with these methods in place of its own, as a reader would type them."""
    skeleton = skeleton.replace("import datetime\n", "import UTC, datetime, timedelta\n")
    for method in re.split(r"\n(?=def )", methods.strip()):
        name = re.match(r"def (\w+)", method)[1]
        body = "".join(f"    {line}\n" if line else "\n" for line in method.splitlines())
        place = re.compile(rf"    def {name}\(.*?(?=\n    (?:def|#) |\Z)", re.DOTALL)
        assert len(place.findall(skeleton)) == 1, name
        skeleton = place.sub(lambda _, body=body: body, skeleton)
    return skeleton


def pattern(shown: str) -> re.Pattern[str]:
    """What is shown, as a pattern: `[...]` stands for anything."""
    return re.compile(".*".join(re.escape(piece) for piece in shown.strip().split("[...]")), re.DOTALL)


def test_the_conversation_on_the_wire_is_that_of_the_reference():
    said = re.findall(r"^([→←]) (\{.*\})$", GUIDE, re.MULTILINE)
    requests = "".join(f"{line}\n" for arrow, line in said if arrow == "→")
    command = [sys.executable, "-m", "billing_tck.cli.main", "serve", "--stdio"]
    served = subprocess.run(command, input=requests, capture_output=True, text=True, timeout=60, check=True)
    assert served.stdout.splitlines() == [line for arrow, line in said if arrow == "←"]
    assert len(said) == 14


def test_following_the_guide_shows_what_it_shows(tmp_path):
    here = tmp_path
    tools = Path(sys.executable).parent
    environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "COLUMNS": "120"}
    done = 0
    for kind, text in steps():
        if kind == "fill":
            adapter = here / "billing_adapter.py"
            adapter.write_text(filled(adapter.read_text(), text))
            continue
        command, _, shown = text.partition("\n")
        words = shlex.split(command)
        if words[0] == "cd":
            here = (here / words[1]).resolve()
            continue
        result = subprocess.run(words, cwd=here, env=environment, capture_output=True, text=True, check=False)
        assert pattern(shown).fullmatch(result.stdout.strip()), f"$ {command}\n{result.stdout}{result.stderr}"
        done += 1
    assert done >= 10


def test_every_reason_and_every_field_is_explained():
    missing = [reason for reason in Reason if f"| `{reason}`" not in GUIDE and f", `{reason}`" not in GUIDE]
    assert missing == []
    fields = component(OrganizationView)["properties"]
    assert [name for name in fields if f"`{name}`" not in GUIDE] == []


def test_the_file_of_known_deviations_is_one(tmp_path):
    (text,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    file = tmp_path / "billing-tck.toml"
    file.write_text(text)
    config = load_config(file, date(2026, 2, 1))
    assert [known.name for known in config.known] == ["BC-29"]


def test_the_settings_and_the_command_of_the_page_on_databases_are_valid(tmp_path):
    page = (Path(billing_tck.__file__).parent / "docs" / "databases.md").read_text()
    (settings,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    file = tmp_path / "billing-tck.toml"
    file.write_text(settings)
    options = load_config(file, date(2026, 2, 1)).options
    assert (len(options.sut), options.workers) == (2, 2)
    assert options.connection.headers == (("Authorization", "Bearer ${BILLING_TOKEN}"),)
    (command,) = re.findall(r"```shell\nbilling-tck run (.*?)```", page, re.DOTALL)
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    args = parser.parse_args(shlex.split(command))
    assert "{port}" in args.start
    assert args.health == "/health"


def test_what_the_guide_calls_a_method_is_one():
    called = set(re.findall(r"\b([a-z]+_[a-z_]+)\(", GUIDE))
    assert called - set(METHODS) == set()
