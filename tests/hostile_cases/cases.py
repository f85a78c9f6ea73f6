"""The table of cases: what is done, and the statuses that the documentation gives for it."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from tests.hostile_cases import wire
from tests.hostile_cases.case import (
    CONFORMS,
    DEVIATES,
    ERRORED,
    INTERRUPTED,
    MARKUP,
    PIPE,
    SOME,
    USAGE,
    Case,
    run_words,
    stdio,
)
from tests.hostile_cases.histories import corpus_cases, log_cases
from tests.implementations import hostile

PROSE = (
    '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [{"cell_type": "markdown", "source": "# hello"}]}'
)


def all_cases() -> Iterator[Case]:
    """Yield every case."""
    yield from _in_python()
    yield from _on_the_wire()
    yield from _signals()
    yield from _options()
    yield from _configurations()
    yield from _decisions()
    yield from _sites()
    yield from _paths()
    yield from _features()
    yield from _recorded()
    yield from _notebooks()
    yield from corpus_cases()
    yield from log_cases()
    yield from _terminals()


def _in_python() -> Iterator[Case]:
    harmless = {
        *("changes_folder", "starts_threads", "forks", "forks_into_its_own_session", "own_text"),
        *("starts_a_process_in_its_own_session", "changes_time", "prints_a_lot", "ignores_signals"),
    }
    for name in hostile.HOSTILE:
        statuses = (CONFORMS,) if name in harmless else (DEVIATES, ERRORED) if "decimals" in name else (ERRORED,)
        if name == "raises_what_does_not_pickle":
            statuses = (DEVIATES,)
        sut = f"python:tests.implementations.hostile:{name}"
        made = "factory" in name
        yield Case(
            "python: run",
            name,
            run_words("--sut", sut, "--family", "trial", "--core", "--timeout", "0.5", report=not made),
            statuses,
            report=not made,
            seconds=120,
        )
        if name.startswith(("exits", "is_replaced", "raises", "changes", "starts", "forks", "own")):
            again = (*statuses, ERRORED, *((INTERRUPTED,) if "interrupt" in name else ()))
            if name != "exits_in_c":  # out of reach without a process of its own
                words = run_words("--sut", sut, "--family", "trial", "--core", "--in-process")
                yield Case("python: in process", name, words, again)
    for command in (("doctor",), ("explore", "--examples", "3"), ("infer",)):
        for name in ("exits", "exits_in_c", "crashes_in_c", "raises_system_exit"):
            words = (*command, "--sut", f"python:tests.implementations.hostile:{name}")
            yield Case(f"python: {command[0]}", name, words, (DEVIATES, ERRORED))
    for name in ("exits", "exits_in_c", "terminates_itself"):
        words = run_words(
            "--sut", f"python:tests.implementations.hostile:{name}", "--family", "trial", "--workers", "2"
        )
        yield Case("python: two workers", name, words, (ERRORED,))


def _on_the_wire() -> Iterator[Case]:
    fine = {
        *("bom", "carriage-return", "twice", "100000-invoices", "markup-name", "unknown-knob", "5000-capabilities"),
        *("floods-errors", "errors-markup", "leaves-a-child", "leaves-a-session", "ignores-signals", "slow"),
        *("ignores-the-end", "million-capabilities", "100000-contacts", "settles-in-a-century", "money-negative-zero"),
        *("id-twice", "null-byte", "closes-input", "memory-4000-digits", "markup-reading", "long-name"),
    }
    unreachable = {*wire.DESCRIBED, "floods-output", "closes-output", "exits-at-once", "silent-from-the-start"}
    unreachable |= {"prints-before", "answers-before", "closes-input"}
    for name in wire.NAMES:
        statuses = (CONFORMS, DEVIATES, ERRORED) if name in fine else (ERRORED, DEVIATES)
        some = ("--clause", "BC-29" if name in wire.SHOWN and "money" not in name else "BC-02")
        if name in {"100000-invoices", "100000-contacts"}:  # seconds for each scenario
            some = ("--scenario", "core/trial.feature:18")
        words = run_words("--sut", stdio(name), *some, "--timeout", "10" if "100000" in name else "2", report=True)
        yield Case("stdio: run", name, words, statuses, report=name not in unreachable, seconds=120)
    for name in ("exits-at-once", "silent-from-the-start", "prints-before", "html", "markup-name", "long-message"):
        yield Case("stdio: doctor", name, ("doctor", "--sut", stdio(name), "--timeout", "1"), (0, 1, 3), seconds=120)


def _signals() -> Iterator[Case]:
    server = f"{sys.executable} -m tests.implementations.guarded --port {{port}} --delay 0.01"
    ways = {
        "python": ("--sut", "python:tests.implementations.hostile:starts_a_process_in_its_own_session"),
        "python, two workers": ("--sut", "python:tests.implementations.hostile:starts_threads", "--workers", "2"),
        "stdio": ("--sut", stdio("leaves-a-session")),
        "stdio, deaf": ("--sut", stdio("ignores-signals")),
        "server": ("--start", server),
        "servers, two workers": ("--start", server, "--workers", "2"),
    }
    for way, words in ways.items():
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL):
            status = -number if number is signal.SIGKILL else INTERRUPTED
            for seconds in (0.5, 1.2, 3.0):
                statuses = (status, CONFORMS, ERRORED) if seconds > 1 else (status,)
                yield Case(
                    f"signal: {way}",
                    f"{number.name} after {seconds} s",
                    run_words(*words),
                    statuses,
                    after=(number, seconds),
                )

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        statuses = (-number,) if number is signal.SIGKILL else (INTERRUPTED,)
        yield Case("signal: site", f"{number.name} after 6 s", ("site", "s"), statuses, after=(number, 6.0))


def _options() -> Iterator[Case]:
    absurd = ("0", "-1", "nan", "inf", "1e400", "9" * 400, "1_0", "٣", "", " ", MARKUP)
    for option in ("--timeout", "--workers", "--memory"):
        for value in absurd:
            lawful = (CONFORMS,) if (option, value) == ("--workers", "٣") or value in ("1_0", "٣") else ()
            yield Case("option", f"{option} {value[:12]!r}", run_words(*SOME, f"{option}={value}"), (USAGE, *lawful))
    for words in (
        ("--sut", MARKUP),
        ("--sut", "python:" + "x" * 100_000),
        ("--sut", "stdio:"),
        ("--sut", "stdio:/no/such/command"),
        ("--sut", "stdio:/"),
        ("--sut", "stdio:echo '"),
        ("--sut", "http://127.0.0.1:1/"),
        ("--sut", "http://[::1"),
        ("--sut", "http://127.0.0.1:99999/"),
        ("--sut", "python:os:getpid"),
        ("--sut", "python:antigravity_tck:x"),
        ("--clause", MARKUP),
        ("--scenario", MARKUP),
        ("--name", "["),
        ("--tag", "(("),
        ("--tag", "not " * 5000 + "@a"),
        ("--family", "x" * 100_000),
        ("--header", "a: b"),
        ("--env", "=x"),
        ("--sut", "python:os:getpid", "--cwd", "/no/such/folder"),
        ("--" + "x" * 100_000,),
    ):
        yield Case("option", " ".join(words)[:40], run_words(*words), (USAGE, ERRORED))


def _configurations() -> Iterator[Case]:
    texts: dict[str, str | bytes] = {
        "not TOML": "run = [",
        "not UTF-8": b"\xff\xfe[run]",
        "empty": "",
        "a byte-order mark": b"\xef\xbb\xbf[run]\ncore = true\n",
        "deep": "a = " + "[" * 100_000,
        "a long integer": "[run]\nworkers = " + "9" * 10_000,
        "infinite": "[run]\ntimeout = inf",
        "not a number": "[run]\ntimeout = nan",
        "wrong types": "[run]\nsut = 1\ncore = 'yes'\nworkers = 'two'\nreport = []",
        "a table as text": "run = 'x'",
        "markup in a key": f'"{chr(0x202E)}<script>::error::x" = 1',
        "markup in a value": '[run]\nfeatures = "/nope\\u001b]0;x\\u0007::error::y"',
        "10 MB": "# " + "x" * 10_000_000,
        "a report outside": '[run]\nreport = "../elsewhere"',
        "a report at the root": '[run]\nreport = "/tmp/elsewhere-tck"',
        "a wire outside": '[run]\nwire = "../wire.jsonl"',
        "a command that is not there": '[run]\nsut = "stdio:/no/such/command"',
        "a known deviation of nothing": '[[known_deviation]]\nclause = "BC-999"\nreason = "x"\nsince = 2026-01-01',
        "100000 known deviations": '[[known_deviation]]\nclause = "BC-29"\nreason = "x"\nsince = 2026-01-01\n' * 20_000,
    }
    fine = {"empty": CONFORMS, "a byte-order mark": CONFORMS, "10 MB": CONFORMS}
    for name, text in texts.items():
        statuses = (fine[name],) if name in fine else (DEVIATES, USAGE, ERRORED)
        yield Case("billing-tck.toml", name, run_words(*SOME), statuses, files={"billing-tck.toml": text})
    for name, prepare in {
        "is a folder": lambda folder: (folder / "billing-tck.toml").mkdir(),
        "is a FIFO": lambda folder: os.mkfifo(folder / "billing-tck.toml"),
        "is a link in a circle": lambda folder: (folder / "billing-tck.toml").symlink_to("billing-tck.toml"),
    }.items():
        yield Case(
            "billing-tck.toml", name, run_words(*SOME, "--config", "billing-tck.toml"), (USAGE,), prepare=prepare
        )


def _decisions() -> Iterator[Case]:
    entry = '[[decision]]\nknob = "extension_end"\nvalue = "manual"\nwhy = "x"\nowner = "y"\ndate = 2026-01-01\n'
    texts: dict[str, str | bytes] = {
        "not TOML": "[[decision",
        "not UTF-8": b"\xff\xfe",
        "empty": "",
        "deep": "a = " + "[" * 100_000,
        "wrong types": "[[decision]]\nknob = 1\nvalue = []\nwhy = {}\nowner = true\ndate = 'x'\nstatus = 2",
        "a table as text": "decision = 'x'",
        "markup": entry.replace('"x"', '"\\u001b]0;x\\u0007<script>::error::x"'),
        "20000 of one knob": entry * 20_000,
    }
    for name, text in texts.items():
        statuses = (CONFORMS,) if name == "markup" else (USAGE,)
        words = ("decisions", "--file", "d.toml", "--html", "d.html", "--markdown", "d.md")
        yield Case("decisions.toml", name, words, statuses, files={"d.toml": text})
        followed = run_words(*SOME, "--sut", "reference:decisions=d.toml")
        yield Case("decisions.toml", f"{name}, followed", followed, statuses, files={"d.toml": text})
        if name != "markup":  # which is lawful: a whole site would be written
            for words in (("--decisions", "d.toml"), ("--diff", "default", "d.toml")):
                yield Case(
                    "decisions.toml", f"{name}, {words[0]}", ("site", "s", *words), statuses, files={"d.toml": text}
                )


def _sites() -> Iterator[Case]:
    texts: dict[str, str | bytes] = {
        "empty": "",
        "not JSON": "hello",
        "not UTF-8": b"\xff\xfe",
        "deep": "[" * 100_000,
        "an array": "[]",
        "a long integer": '{"format": ' + "9" * 100_000 + "}",
        "another format": '{"format": 99, "files": {}}',
        "files elsewhere": '{"format": 1, "files": {"../../etc/passwd": "x", "/etc/passwd": "x"}}',
        "markup": '{"format": 1, "' + MARKUP.replace("\x1b", "\\u001b").replace("\x07", "\\u0007") + '": 1}',
    }
    for name, text in texts.items():
        files = {"s/site-manifest.json": text, "s/index.html": ""}
        yield Case("site: verify", name, ("verify", "s"), (DEVIATES,), files=files)
        yield Case("site: replace", name, ("site", "s"), (USAGE,), files=files)
    for name, text in {
        "not TOML": "name = [",
        "empty": "",
        "deep": "a = " + "[" * 100_000,
        "markup": 'name = "<b>"',
    }.items():
        words = ("site", "s", "--diff", "b/set.toml", "b")
        yield Case("site: a baseline", name, words, (USAGE,), files={"b/set.toml": text})
    made: dict[str, Callable[[Path], object]] = {
        "is a FIFO": os.mkfifo,
        "is a folder": lambda path: path.mkdir(),
        "is a link in a circle": lambda path: path.symlink_to(path.name),
    }
    for name, make in made.items():

        def prepare(folder: Path, make: Callable[[Path], object] = make) -> None:
            (folder / "s").mkdir()
            make(folder / "s" / "site-manifest.json")

        yield Case("site: verify", f"the manifest {name}", ("verify", "s"), (DEVIATES,), prepare=prepare)
        yield Case("site: replace", f"the manifest {name}", ("site", "s"), (USAGE,), prepare=prepare)
    for what in ("FIFO", "link in a circle"):
        make = os.mkfifo if what == "FIFO" else lambda path: path.symlink_to(path.name)
        yield Case(
            "site", f"the folder is a {what}", ("site", "x"), (USAGE,), prepare=lambda f, make=make: make(f / "x")
        )
    yield Case("site", "in a file", ("site", "f/x"), (USAGE,), files={"f": "x"})
    yield Case("site", "no permission", ("site", "/proc/x"), (USAGE,), seconds=240)


def _paths() -> Iterator[Case]:
    made: dict[str, Callable[[Path], object]] = {
        "FIFO": os.mkfifo,
        "folder": lambda path: path.mkdir(),
        "link in a circle": lambda path: path.symlink_to(path.name),
        "link to nothing": lambda path: path.symlink_to("/no/such/file"),
    }
    commands: dict[str, tuple[str, ...]] = {
        "--features": run_words(*SOME, "--features", "x"),
        "--report": run_words(*SOME, "--report", "x"),
        "--wire": run_words(*SOME, "--wire", "x"),
        "--config": run_words(*SOME, "--config", "x"),
        "check-trace": ("check-trace", "x"),
        "verify": ("verify", "x"),
        "decisions": ("decisions", "--file", "x"),
        "reference:decisions": run_words(*SOME, "--sut", "reference:decisions=x"),
        "compare": ("compare", "x", "x"),
        "grade": ("grade", "x", "--clause", "BC-29"),
        "export": ("export", "x", "--output", "out.html"),
        "export --output": ("export", "n.ipynb", "--output", "x"),
        "new-lesson": ("new-lesson", "trial", "--to", "x"),
        "site --report": ("site", "out", "--report", "x"),
        "site --runtime": ("site", "out", "--runtime", "x"),
        "site --lab": ("site", "out", "--runtime", "x", "--lab", "x"),
    }
    for option, words in commands.items():
        for what, make in made.items():
            lawful = (CONFORMS, DEVIATES) if what in ("folder", "link to nothing") else ()
            yield Case(
                "path",
                f"{option}: a {what}",
                words,
                (USAGE, ERRORED, *lawful),
                {"n.ipynb": PROSE},
                prepare=lambda folder, make=make: make(folder / "x"),
            )
    for option in ("--features", "--report", "--wire", "--config"):
        yield Case("path", f"{option}: a device", run_words(*SOME, option, "/dev/null"), (CONFORMS, USAGE, ERRORED))
    yield Case("path", "--report: no permission", run_words(*SOME, "--report", "/proc/x"), (USAGE, ERRORED))
    yield Case("path", "--report: a name of 300 characters", run_words(*SOME, "--report", "r" * 300), (USAGE, ERRORED))
    yield Case("path", "--report: a null byte", run_words(*SOME, "--report", "r\u0001\x1b"), (CONFORMS, USAGE, ERRORED))


def _features() -> Iterator[Case]:
    head = "@trial\nFeature: f\n\n  @BC-02\n  Rule: r\n\n"
    texts: dict[str, str | bytes] = {
        "empty": "",
        "not Gherkin": "hello",
        "not UTF-8": b"\xff\xfe\x00F",
        "a byte-order mark": b"\xef\xbb\xbf" + head.encode(),
        "no scenario": head,
        "an unknown phrase": head + "    Scenario: s\n      Given nothing of the kind\n",
        "20000 unknown phrases": head + "    Scenario: s\n" + "      Given nothing of the kind\n" * 20_000,
        "an escape in a name": head + "    Scenario: \x1b]0;x\x07::error::y\n      Given nothing\n",
        "a long name": head + "    Scenario: " + "n" * 5_000_000 + "\n      Given nothing\n",
        "no check": head + "    Scenario: s\n      Given it is 7 January 2025\n",
        "tags of nothing": "@x @y\nFeature: f\n  Scenario: s\n    Given it is 7 January 2025\n",
        "a table of 10000 rows": head + "    Scenario: s\n      Given nothing\n" + "        | a |\n" * 10_000,
        "an outline without rows": head + "    Scenario Outline: s\n      Given <a>\n      Examples:\n        | a |\n",
        "nested Examples": head + "    Examples:\n    Examples:\n",
        "another language": "# language: xx\nFeature: f\n",
    }
    for name, text in texts.items():
        yield Case(
            "feature",
            name,
            run_words("--features", "f"),
            (USAGE, ERRORED),
            files={"f/core/trial.feature": text},
            seconds=90,
        )


def _recorded() -> Iterator[Case]:
    texts: dict[str, str | bytes] = {
        "empty": "",
        "not JSON": "hello\n",
        "not UTF-8": b"\xff\xfe\x00",
        "deep": "[" * 100_000,
        "deep objects": '{"a":' * 100_000,
        "a long integer": '{"a": ' + "9" * 100_000 + "}\n",
        "an array": "[]\n",
        "other objects": '{"a": 1}\n' * 1000,
        "markup": '{"type": "' + MARKUP.replace("\x1b", "\\u001b").replace("\x07", "\\u0007") + '"}\n',
        "surrogates": '{"type": "\\ud800"}\n',
        "a null byte": b'{"type": "header"}\0\n',
        "10 MB of nothing": " " * 10_000_000,
    }
    for name, text in texts.items():
        files = {"v/report.ndjson": text}
        yield Case("recorded: verify", name, ("verify", "v"), (DEVIATES, USAGE, ERRORED), files=files)
        yield Case("recorded: compare", name, ("compare", "v", "v"), (DEVIATES, USAGE), files=files)
        yield Case("recorded: check-trace", name, ("check-trace", "v/report.ndjson"), (0, USAGE, ERRORED), files=files)


def _notebooks() -> Iterator[Case]:
    markdown = '{"cell_type": "markdown", "source": "# hello"}'
    code = '{"cell_type": "code", "source": "1", "outputs": [%s]}'
    whole = '{"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": [%s]}'
    texts: dict[str, tuple[str | bytes, int]] = {
        "empty": ("", USAGE),
        "not JSON": ("hello", USAGE),
        "not UTF-8": (b"\xff\xfe\x00", USAGE),
        "deep": ("[" * 100_000, USAGE),
        "not a notebook": ('{"cells": 3}', USAGE),
        "an older format": ('{"nbformat": 3, "cells": []}', USAGE),
        "no cells": (whole % "", USAGE),
        "no outputs": (whole % (code % ""), USAGE),
        "cells of nothing": (whole % "3", USAGE),
        "prose": (whole % markdown, CONFORMS),
        "outputs of nothing": (whole % f"{markdown}, {code % '3, {}'}", USAGE),
        "markup": (whole % (code % '{"output_type": "stream", "text": "\\u001b]0;x\\u0007<script>"}'), CONFORMS),
    }
    for name, (text, status) in texts.items():
        yield Case("notebook", name, ("export", "n.ipynb"), (status,), files={"n.ipynb": text})
    files = {"n.ipynb": PROSE}
    yield Case("notebook", "missing", ("export", "n.ipynb"), (USAGE,))
    yield Case("notebook", "onto itself", ("export", "n.ipynb", "--output", "n.ipynb"), (USAGE,), files=files)
    no_browser = {"CHROMIUM": "/no/such"}
    yield Case("notebook", "no Chromium", ("export", "n.ipynb", "--pdf"), (USAGE,), files=files, env=no_browser)
    mute = {"CHROMIUM": "true"}
    yield Case("notebook", "a browser that prints nothing", ("export", "n.ipynb", "--pdf"), (ERRORED,), files, env=mute)


def _terminals() -> Iterator[Case]:
    for output in ("full", "closed", "reader"):
        for words in (run_words(*SOME), ("clauses",), ("guide", "contract"), ("verify", "out")):
            yield Case(
                "output", f"{output}: {words[0]}", words, (CONFORMS, DEVIATES, USAGE, ERRORED, PIPE), output=output
            )
    ascii_only = {"PYTHONIOENCODING": "ascii", "LC_ALL": "C"}
    yield Case("output", "ASCII: markup", run_words(*SOME, "--sut", stdio("markup-name")), (CONFORMS,), env=ascii_only)
    yield Case("output", "ASCII: clauses", ("clauses",), (CONFORMS,), env=ascii_only)
    yield Case(
        "output", "a summary that is a folder", run_words(*SOME), (CONFORMS,), env={"GITHUB_STEP_SUMMARY": "/tmp"}
    )
    yield Case(
        "output", "no home", run_words(*SOME), (CONFORMS,), env={"HOME": "/no/such", "XDG_CACHE_HOME": "/no/such"}
    )
    yield Case("output", "40 columns", run_words(*SOME), (CONFORMS,), env={"COLUMNS": "1"})
