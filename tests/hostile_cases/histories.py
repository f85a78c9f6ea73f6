"""Cases of the corpus and of logs that are audited: implementations that fail in it, logs and mappings of any form."""

from __future__ import annotations

import os
from collections.abc import Iterator

from tests.hostile_cases.case import CONFORMS, DEVIATES, ERRORED, MARKUP, USAGE, Case, run_words, stdio

MAPPING = """
[log]
organization = "c"
time = "t"

[[event]]
when = { k = "tier" }
call = "choose_tier"
params = { tier = "d" }
"""
LOG = "c,t,k,d\nA,2025-01-07T10:00:00Z,tier,scale\n"
LINE = "A,2025-01-07T10:00:00Z,tier,scale\n"


def corpus_cases() -> Iterator[Case]:
    """Yield runs of a part of the corpus."""
    for name in ("exits", "exits_in_c", "crashes_in_c", "raises_system_exit", "prints_a_lot"):
        words = ("--corpus", "1-5", "--sut", f"python:tests.implementations.hostile:{name}", "--timeout", "0.5")
        statuses = (CONFORMS,) if name == "prints_a_lot" else (ERRORED,)
        yield Case("corpus: python", name, _corpus(*words), statuses, report=True, seconds=120)
    for name in ("silent", "exits", "html", "markup-name", "deep", "long-message", "floods-errors"):
        words = ("--corpus", "1-5", "--sut", stdio(name), "--timeout", "1")
        yield Case("corpus: stdio", name, _corpus(*words), (CONFORMS, DEVIATES, ERRORED), seconds=120)
    asked = {"0": "0", "none": "9999999", "a word": "x", "backwards": "9-3", "long": "9" * 5000, "markup": MARKUP}
    for name, numbers in asked.items():
        yield Case("corpus: numbers", name, run_words("--clause", "BC-02", "--corpus", numbers), (USAGE,))
    for name in ("corpus:0", "corpus:99999999", "corpus:x", "corpus:", f"corpus:{'9' * 5000}"):
        yield Case("corpus: show", name[:20], ("show", name), (USAGE,))


def _corpus(*words: str) -> tuple[str, ...]:
    return run_words("--clause", "BC-02", *words, report=True)


def log_cases() -> Iterator[Case]:
    """Yield audits of logs in a form of their own."""
    logs: dict[str, str | bytes] = {
        "as it should be": LOG,
        "empty": "",
        "a header alone": "c,t,k,d\n",
        "no such column": "x,y\n1,2\n",
        "a column twice": "c,t,k,d,d\n" + LINE,
        "not UTF-8": b"c,t,k,d\n\xff\xfe,x,y,z\n",
        "UTF-16": LOG.encode("utf-16"),
        "a byte-order mark": b"\xef\xbb\xbf" + LOG.encode(),
        "null bytes": LOG.encode() + b"\0\0\0\n",
        "an open quote": LOG + '"A,2025\n' * 1000,
        "too few fields": LOG + "A\n",
        "too many fields": LOG + LINE.strip() + ",x,y\n",
        "no time": LOG + "A,,tier,scale\n",
        "a time of no calendar": LOG + "A,2025-02-30T10:00:00Z,tier,scale\n",
        "year 0": LOG + "A,0000-01-01T10:00:00Z,tier,scale\n",
        "year 9999": LOG + "A,9999-12-31T23:59:59Z,tier,basic\n",
        "backwards": LOG + "A,2024-01-07T10:00:00Z,tier,scale\n",
        "an unknown event": LOG + "A,2025-01-08T10:00:00Z,what,scale\n",
        "an unknown tier": LOG + "A,2025-01-08T10:00:00Z,tier,gold\n",
        "markup": LOG + f"{MARKUP},2025-01-08T10:00:00Z,tier,{MARKUP}\n".replace("\x1b]0;title", "\x1b]0"),
        "a field of 5 MB": LOG + "A" * 5_000_000 + ",2025-01-08T10:00:00Z,tier,scale\n",
        "5000 customers": "c,t,k,d\n" + "".join(f"C{n},2025-01-07T10:00:00Z,tier,scale\n" for n in range(5000)),
    }
    words = ("check-trace", "log.csv", "--map", "mapping.toml")
    for name, log in logs.items():
        files = {"log.csv": log, "mapping.toml": MAPPING}
        yield Case("log", name, words, (CONFORMS, DEVIATES, USAGE, ERRORED), files=files)
    mappings: dict[str, str | bytes] = {
        "empty": "",
        "not TOML": "x",
        "not UTF-8": b"\xff\xfe\x00",
        "no log": MAPPING[MAPPING.index("[[") :],
        "an unknown call": MAPPING.replace("choose_tier", "pay_all"),
        "an unknown parameter": MAPPING.replace("tier =", "colour ="),
        "an unknown zone": MAPPING.replace('time = "t"', 'time = "t"\ntime_zone = "Mars/Olympus"'),
        "a bad time format": MAPPING.replace('time = "t"', 'time = "t"\ntime_format = "%Q%"'),
        "markup": MAPPING.replace("choose_tier", "\\u001b]0;x\\u0007<script>::error::"),
        "20000 events": MAPPING + MAPPING[MAPPING.index("[[") :] * 20_000,
    }
    for name, mapping in mappings.items():
        files = {"log.csv": LOG, "mapping.toml": mapping}
        statuses = (CONFORMS, USAGE) if name == "20000 events" else (USAGE,)
        yield Case("log: mapping", name, words, statuses, files=files)
    yield Case(
        "log: mapping", "a FIFO", words, (USAGE,), files={"log.csv": LOG}, prepare=lambda at: os.mkfifo(at / words[3])
    )
    yield Case(
        "log",
        "a FIFO",
        words,
        (USAGE, ERRORED),
        files={"mapping.toml": MAPPING},
        prepare=lambda at: os.mkfifo(at / words[1]),
    )
