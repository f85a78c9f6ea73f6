"""README shows real output: each command that can run here is run and compared with the page."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
BLOCKS = re.findall(r"```console\n(.*?)```", (ROOT / "README.md").read_text(), flags=re.DOTALL)
SHOWN = [tuple(block.split("\n", 1)) for block in BLOCKS if block.startswith("$ .venv/bin/")]


def pattern(shown: str) -> re.Pattern[str]:
    """What is shown, as a pattern: `[...]` stands for anything."""
    pieces = [re.escape(piece) for piece in shown.strip().split("[...]")]
    return re.compile(".*".join(pieces), flags=re.DOTALL)


def test_there_are_commands_to_compare() -> None:
    assert len(SHOWN) >= 3


@pytest.mark.parametrize(("command", "shown"), SHOWN, ids=[command for command, _ in SHOWN])
def test_the_output_that_readme_shows_is_todays(command: str, shown: str) -> None:
    words = shlex.split(command.removeprefix("$ "))
    words[0] = str(Path(sys.executable).parent / Path(words[0]).name)
    result = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert pattern(shown).fullmatch(result.stdout.strip()), result.stdout
