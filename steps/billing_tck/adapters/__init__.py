"""Adapter skeletons, one folder for each language; `billing-tck new-adapter` copies one.

The folder of a language holds the skeleton, its transport and a README. The files in its `example` folder replace those
of the skeleton in the complete example.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from billing_tck.text.did_you_mean import did_you_mean

HOME = Path(__file__).parent
EXAMPLE = "example"


class AdapterError(Exception):
    """An adapter that cannot be written; the message says why and how to fix it."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language: how its adapter is connected, and the next commands in the folder of the adapter."""

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
    """Write the adapter into `folder`, which must be new or empty; return the written files.

    Raises AdapterError for an unknown language, or if a file would be overwritten.
    """
    if language not in LANGUAGES:
        hint = did_you_mean(language, LANGUAGES, count=1)
        raise AdapterError(
            f"no adapter for {language!r}; {hint} Available: {', '.join(LANGUAGES)}\n"
            "In any other language, answer one JSON-RPC 2.0 object per line, like server.mjs of the javascript adapter "
            "(about forty lines); `billing-tck guide contract` documents each method."
        )
    if folder.exists() and not folder.is_dir():
        raise AdapterError(f"{folder} is a file; choose a new or empty folder")
    if folder.is_dir() and any(folder.iterdir()):
        raise AdapterError(f"{folder} is not empty, and was not changed; choose a new or empty folder")
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
