"""The corpus as a file: JSON lines, a head, and then for each history a line with its number and a line for each call.

A call is its method with the parameters of the contract, and the labels of what it makes. Identifiers are labels;
`pay_invoice` names the organization whose oldest open invoice is paid. The head has the digest of the map that the
histories cover, and a digest of all the other lines.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import cast

from billing_tck.contract import METHODS
from billing_tck.contract.decode import decode_params
from billing_tck.contract.encode import encode
from billing_tck.contract.violations import ContractViolation
from billing_tck.errors import KitError
from billing_tck.explorer.history import INSTANTS, MOVES, Command, History
from billing_tck.spec.suite import features_dir
from billing_tck.text.files import read_text

FOLDER, FILE = "corpus", "corpus.ndjson"
REBUILD = "rebuild it with `billing-tck coverage --rebuild-corpus`"
_INDENT = " "
_MOST_DIGITS = 9


@dataclass(frozen=True, slots=True)
class CorpusHead:
    """What the file says of itself, before its histories.

    `map` is the digest of the map. `situations` and `transitions` are those of the map that the histories lead to on
    the reference under its default readings, `compared` the transitions that are compared there: the outcome of the
    others is open.
    """

    corpus: str
    map: str
    histories: int
    commands: int
    situations: int
    transitions: int
    compared: int
    digest: str = ""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A history of the corpus, with its number.

    `open_from` is the number of commands before the first whose outcome is open: nothing is compared from there on.
    """

    number: int
    history: History
    open_from: int | None = None

    @property
    def place(self) -> str:
        """How the history is named: `corpus:17`."""
        return f"{FOLDER}:{self.number}"


@dataclass(frozen=True, slots=True)
class CorpusFile:
    """The head and the histories, in order of their numbers from 1 on."""

    head: CorpusHead
    histories: tuple[Numbered, ...]


def history_number(word: str) -> int | None:
    """Return the number of a history, or None where a word is not one."""
    return int(word) if word.isdecimal() and len(word) <= _MOST_DIGITS else None


def corpus_path() -> Path:
    """Return the place of the kit's own corpus."""
    return features_dir() / FOLDER / FILE


def save_corpus(head: CorpusHead, histories: Sequence[Numbered], path: Path) -> CorpusHead:
    """Write a corpus; return its head with the digest."""
    lines = list(_lines(histories))
    head = replace(head, digest=_digest(head, lines))
    path.parent.mkdir(parents=True, exist_ok=True)
    text = "\n".join([_dump(_head_row(head)), *lines]) + "\n"
    path.write_text(text, encoding="utf-8", newline="\n")
    return head


def load_head(path: Path | None = None) -> CorpusHead:
    """Read the head alone, without a check of the digest. Raises KitError."""
    return _read_head(_text(path).partition("\n")[0])


def load_corpus(path: Path | None = None, numbers: Collection[int] | None = None) -> CorpusFile:
    """Read a corpus, or only the histories of some numbers.

    Raises KitError where it is damaged, or does not have its digest.
    """
    first, _, rest = _text(path).partition("\n")
    head, lines = _read_head(first), rest.splitlines()
    if _digest(head, lines) != head.digest:
        raise KitError(f"the corpus does not have its digest; {REBUILD}")
    starts = [place for place, line in enumerate(lines) if not line.startswith(_INDENT)]
    if len(starts) != head.histories or len(lines) - len(starts) != head.commands:
        raise KitError(f"the corpus does not have the histories that its head names; {REBUILD}")
    try:
        return CorpusFile(head, tuple(_histories(lines, starts, numbers)))
    except (ValueError, LookupError, TypeError, ContractViolation) as error:
        raise KitError(f"the corpus cannot be read: {error!r:.200}; {REBUILD}") from error


def call_line(command: Command, now: datetime) -> str:
    """Return the line of a call that is made at an instant."""
    params = {
        name: encode(now + value if name in INSTANTS else value)  # type: ignore[operator] # spans, as in `Command`
        for name, value in command.params
    }
    return _dump({command.method: params} | ({"makes": list(command.makes)} if command.makes else {}))


def call_lines(numbered: Numbered) -> Iterator[str]:
    """Yield the lines of the calls of a history."""
    now = numbered.history.start
    for command in numbered.history.commands:
        yield call_line(command, now)
        now += command.wait or timedelta()


def _text(path: Path | None) -> str:
    place = corpus_path() if path is None else path
    try:
        return read_text(place)
    except (OSError, UnicodeDecodeError) as error:
        raise KitError(f"the corpus {place} cannot be read: {error!r:.200}; {REBUILD}") from error


def _head_row(head: CorpusHead) -> dict[str, object]:
    return {name: getattr(head, name) for name in CorpusHead.__dataclass_fields__}


def _read_head(line: str) -> CorpusHead:
    try:
        return CorpusHead(**json.loads(line))
    except (ValueError, TypeError) as error:
        raise KitError(f"the head of the corpus cannot be read: {error!r:.200}; {REBUILD}") from error


def _digest(head: CorpusHead, lines: Iterable[str]) -> str:
    named = _dump(_head_row(replace(head, digest="")))
    return hashlib.sha256("\n".join([named, *lines]).encode()).hexdigest()


def _lines(histories: Sequence[Numbered]) -> Iterator[str]:
    for one in histories:
        row = {"history": one.number, "start": encode(one.history.start)}
        yield _dump(row if one.open_from is None else row | {"open_from": one.open_from})
        yield from (_INDENT + line for line in call_lines(one))


def _histories(lines: Sequence[str], starts: Sequence[int], numbers: Collection[int] | None) -> Iterator[Numbered]:
    for first, end in pairwise([*starts, len(lines)]):
        begun = json.loads(lines[first])
        if numbers is None or begun["history"] in numbers:
            yield Numbered(begun["history"], _history(begun["start"], lines[first + 1 : end]), begun.get("open_from"))


def _history(begun: object, lines: Iterable[str]) -> History:
    start = now = _instant(begun)
    commands: list[Command] = []
    for line in lines:
        commands.append(_command(json.loads(line), now))
        now += commands[-1].wait or timedelta()
    return History(start, tuple(commands))


def _instant(text: object) -> datetime:
    return cast("datetime", decode_params(METHODS["reset"], {"now": text})["now"])


def _command(row: Mapping[str, object], now: datetime) -> Command:
    method = next(iter(row))
    raw, makes = row[method], cast("list[str]", row.get("makes", []))
    if method == "pay_invoice":
        params = cast("dict[str, object]", raw)
    elif method in METHODS and method not in MOVES - {"advance_to"}:
        params = decode_params(METHODS[method], raw)
    else:
        raise ValueError(f"the contract has no command {method!r:.40}")
    spans = {
        name: value - now if name in INSTANTS and isinstance(value, datetime) else value
        for name, value in params.items()
        if value is not None
    }
    return Command(method, tuple(spans.items()), tuple(makes))


def _dump(row: object) -> str:
    return json.dumps(row, ensure_ascii=False)
