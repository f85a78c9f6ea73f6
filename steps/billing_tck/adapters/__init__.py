"""Adapters to begin with, a folder for each language; `billing-tck new-adapter` writes one where it is wanted.

The folder of a language is what is written: the skeleton, its plumbing and a README. In its `example` folder are the
files that the tiny billing system has in place of the skeleton's.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

HOME = Path(__file__).parent
EXAMPLE = "example"


class AdapterError(Exception):
    """No adapter can be written; the message says why, and what to do."""


@dataclass(frozen=True, slots=True)
class Language:
    """One language: how it is plugged in, and the commands that follow, in the adapter's own folder."""

    name: str
    way: str
    sut: str
    commands: tuple[str, ...]


def _language(name: str, way: str, sut: str, *before: str) -> Language:
    commands = (*before, f"billing-tck doctor --sut {sut}", f"billing-tck run --sut {sut} --clause BC-02")
    return Language(name, way, sut.strip('"'), commands)


LANGUAGES: Mapping[str, Language] = MappingProxyType(
    {
        language.name: language
        for language in (
            _language("python", "in process", "python:billing_adapter:Adapter"),
            _language("javascript", "over standard streams, Node 18 or later", '"stdio:node server.mjs"'),
            _language(
                "java",
                "over HTTP, JDK 17 or later",
                "http://127.0.0.1:8080/",
                "javac -d out *.java",
                "java -cp out Server 8080 &",
            ),
            _language("shell", "one run for each call", '"stdio:billing-tck bridge -- sh adapter.sh"'),
        )
    }
)


def write(language: str, folder: Path, *, example: bool = False) -> tuple[Path, ...]:
    """Writes the adapter into `folder`, which must be new or empty; the files that were written, by name.

    Raises AdapterError where there is no such language, or where something would be overwritten.
    """
    if language not in LANGUAGES:
        near = difflib.get_close_matches(language, LANGUAGES, n=1)
        hint = f"did you mean {near[0]}? " if near else ""
        raise AdapterError(
            f"there is no adapter in {language!r}; {hint}known: {', '.join(LANGUAGES)}\n"
            "In any other language: answer one JSON-RPC 2.0 object a line, as the javascript one does in some forty "
            "lines (server.mjs); `billing-tck guide contract` says what each method must do."
        )
    if folder.exists() and not folder.is_dir():
        raise AdapterError(f"{folder} is a file; name a new or an empty folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise AdapterError(f"{folder} is not empty, and nothing in it was touched; name a new or an empty folder")
    source = HOME / language
    files = {path.name: path for path in source.iterdir() if path.is_file()}
    if example:
        files |= {path.name: path for path in (source / EXAMPLE).iterdir() if path.is_file()}
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, path in sorted(files.items()):
            (folder / name).write_bytes(path.read_bytes())
    except OSError as error:
        raise AdapterError(f"{folder} cannot be written: {error.strerror}; name another folder") from None
    return tuple(folder / name for name in sorted(files))
