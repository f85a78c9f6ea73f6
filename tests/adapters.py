"""Adapter templates as users get them: written, built, checked by the doctor and run, in every language.

    python -m tests.adapters [LANGUAGE …]

The tests take the languages whose toolchain is on the machine; this command takes all, and fails where one is missing.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from billing_tck.adapters import LANGUAGES, write

TOOLS: Mapping[str, tuple[str, ...]] = {
    "python": (),
    "javascript": ("node",),
    "java": ("javac", "java"),
    "shell": ("sh", "date"),
}
CLAUSES = ("BC-01", "BC-02", "BC-03", "BC-08", "BC-09")  # which the examples are filled for
BIN = Path(sys.executable).parent


def missing(language: str) -> list[str]:
    """The tools of a language that are not on this machine."""
    return [tool for tool in TOOLS[language] if shutil.which(tool) is None]


@contextlib.contextmanager
def ready(language: str, folder: Path, *, example: bool) -> Iterator[str]:
    """Writes an adapter, builds and starts it where that is needed; its spec, for commands that run in `folder`."""
    write(language, folder, example=example)
    if language != "java":
        yield LANGUAGES[language].sut
        return
    sources = [path.name for path in folder.glob("*.java")]
    subprocess.run(["javac", "-Xlint:all", "-Werror", "-d", "out", *sources], cwd=folder, check=True)
    server = subprocess.Popen(["java", "-cp", "out", "Server", "0"], cwd=folder, stdout=subprocess.PIPE, text=True)
    try:
        assert server.stdout is not None
        yield server.stdout.readline().rpartition(" ")[2].strip()
    finally:
        server.terminate()
        server.communicate()


def output_of(folder: Path, *words: str) -> tuple[int, str]:
    """What `billing-tck WORDS…` says in `folder`, and its exit status."""
    environment = {**os.environ, "PATH": f"{BIN}{os.pathsep}{os.environ.get('PATH', '')}"}
    command = [sys.executable, "-m", "billing_tck.cli.main", *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def looked_at(language: str, folder: Path) -> dict[str, object]:
    """What doctor and run say of the skeleton and of the example, as far as it matters."""
    seen: dict[str, object] = {}
    with ready(language, folder / "skeleton", example=False) as sut:
        place = folder / "skeleton"
        status, text = output_of(place, "doctor", "--sut", sut)
        seen["skeleton, doctor"] = (status, "implements the contract in part; to do: create_organization" in text)
        status, text = output_of(place, "run", "--sut", sut, "--clause", "BC-02")
        seen["skeleton, run BC-02"] = (status, "Nothing was checked" in text)
    with ready(language, folder / "example", example=True) as sut:
        place = folder / "example"
        status, text = output_of(place, "doctor", "--sut", sut)
        seen["example, doctor"] = (status, "implements the contract; it declares trial; " in text)
        status, text = output_of(place, "run", "--sut", sut, "--report", "report")
        summary = json.loads((place / "report" / "summary.json").read_text())
        conforming = {clause for clause, verdict in summary["clauses"].items() if verdict == "conforms"}
        seen["example, run"] = (status, set(CLAUSES) <= conforming)
    return seen


EXPECTED: Mapping[str, tuple[int, bool]] = {
    "skeleton, doctor": (0, True),
    "skeleton, run BC-02": (3, True),
    "example, doctor": (0, True),
    "example, run": (0, True),
}


def main(languages: list[str]) -> int:
    """0 where every language did as expected."""
    failed = []
    for language in languages or list(LANGUAGES):
        if tools := missing(language):
            print(f"{language}: failed: {', '.join(tools)} is not on this machine")
            failed.append(language)
            continue
        with tempfile.TemporaryDirectory() as folder:
            seen = looked_at(language, Path(folder))
        wrong = {what: (seen[what], expected) for what, expected in EXPECTED.items() if seen[what] != expected}
        print(f"{language}: {'as expected' if not wrong else f'failed: {wrong}'}")
        failed += [language] * bool(wrong)
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
