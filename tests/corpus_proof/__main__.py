"""Play the corpus against what is right and what is wrong, and compare with what is claimed.

    python -m tests.corpus_proof [--part fair|independent|faults …] [--every N]

fair         nothing is found against the reference under every value of every knob, under rows that contain every pair
             of values, and under 50 random combinations, with effects on time and late
independent  nothing is found against the independent JavaScript implementation, over stdio (needs node)
faults       every fault of the catalogue is found, but for those in `not_caught.toml`, which gives the reason of each

Status: 0 as claimed, 1 something else, 2 wrong usage.
"""

from __future__ import annotations

import argparse
import random
import shutil
import sys
import time
import tomllib
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import partial
from itertools import islice
from pathlib import Path

from billing_tck.connect import open_unfrozen
from billing_tck.corpus.execution import play_here, subject_for
from billing_tck.corpus.play import play_chunk
from billing_tck.engine.runner import describe
from billing_tck.reference.catalogue import SWEEPS, catalogue
from billing_tck.selftest.tasks import fault_task, readings_to_run
from billing_tck.spec.requirements_file import load_register
from billing_tck.spec.suite import features_dir, load_suite

from .replay import differing, histories

HERE = Path(__file__).parent
NOT_CAUGHT = HERE / "not_caught.toml"
JAVASCRIPT = f"stdio:node {HERE.parent / 'third_party' / 'javascript' / 'server.mjs'} --stdio"
RANDOM_SETS = 50
PARTS_FIRST = (37, 7)  # every n-th history, before all
MOST_JUDGED = 150  # histories in which a fault answers otherwise
SHOWN_EVERY = 50  # faults
PARTS = ("fair", "independent", "faults")


def first_found(sut: str, every: int) -> str:
    """Return the first history that fails against an implementation, in words; empty where none fails."""
    with open_unfrozen(sut) as driver:
        for one in play_here(histories(every), driver, describe(driver)):
            if one.failure is not None:
                played = one.failure.played
                return f"history {one.number}: {played.error or played.differences[0]}"
    return ""


def lawful_suts() -> Iterator[str]:
    """Yield the specs of the reference under the readings of `prove`, and under random combinations."""
    register = load_register(features_dir())
    yield from (reading.spec for reading in readings_to_run(register))
    chance = random.Random(RANDOM_SETS)
    for number in range(RANDOM_SETS):
        values = [f"{knob.name}={chance.choice(knob.values).name}" for knob in register.knobs]
        late = [f"late={tuple(SWEEPS)[number % len(SWEEPS)]}"] if number % 2 else []
        yield f"reference:{','.join((*values, *late))}"


def fair(every: int, show: Callable[[str], None]) -> list[str]:
    """Return the readings under which something is found against the reference."""
    suts = tuple(dict.fromkeys(lawful_suts()))
    show(f"{len(suts)} sets of readings")
    with ProcessPoolExecutor(2) as pool:
        found = zip(suts, pool.map(partial(first_found, every=every), suts), strict=True)
        return [f"{sut}: {what}" for sut, what in found if what]


def independent(every: int, show: Callable[[str], None]) -> list[str]:
    """Return what is found against the independent implementation."""
    if shutil.which("node") is None:
        raise SystemExit("python -m tests.corpus_proof: the part 'independent' needs Node (command 'node' not found)")
    show("the JavaScript implementation over stdio")
    found = first_found(JAVASCRIPT, every)
    return [f"{JAVASCRIPT}: {found}"] if found else []


def found_where_it_differs(fault: str, every: int) -> bool:
    """Return whether a fault is found in one of the first histories in which it does not answer as the reference."""
    with open_unfrozen(fault) as driver:
        subject = subject_for(driver, describe(driver))
        judged = (next(play_chunk([one], subject)) for one in islice(differing(fault, every), MOST_JUDGED))
        return any(one.failure is not None for one in judged)


def caught(suts: Sequence[str], every: int) -> bool:
    """Return whether the corpus finds a fault in one of the ways in which it can be declared.

    A part of the histories is played in every way, all of them in the first, which declares the defaults: a fault that
    is not found costs minutes otherwise.
    """
    runs = [(sut, every * step) for step in PARTS_FIRST for sut in suts]
    return any(found_where_it_differs(sut, step) for sut, step in (*runs, (suts[0], every)))


def faults(every: int, show: Callable[[str], None]) -> list[str]:
    """Return the faults of which the corpus shows something else than is claimed."""
    reasons: dict[str, list[str]] = tomllib.loads(NOT_CAUGHT.read_text(encoding="utf-8"))
    known = {name for names in reasons.values() for name in names}
    register, suite = load_register(features_dir()), load_suite()
    tested = catalogue()
    ways = [[run.spec for run in fault_task(one, suite.scenarios, register).runs] for one in tested]
    missed: set[str] = set()
    with ProcessPoolExecutor(2) as pool:
        played = {pool.submit(caught, runs, every): one for one, runs in zip(tested, ways, strict=True)}
        for number, future in enumerate(as_completed(played), 1):
            if not future.result():
                missed.add(played[future].name)
                show(f"{played[future].name} is not found")
            if not number % SHOWN_EVERY:
                show(f"{number} of {len(tested)} faults played, {len(missed)} not found")
    show(f"{len(tested) - len(missed)} of {len(tested)} faults found; {len(missed)} not found")
    return [
        *(f"faulty:{name}: not found, and {NOT_CAUGHT.name} gives no reason" for name in sorted(missed - known)),
        *(f"faulty:{name}: found, but {NOT_CAUGHT.name} says that it is not" for name in sorted(known - missed)),
    ]


def main() -> int:
    """Run the parts; return the exit status."""
    parser = argparse.ArgumentParser(prog="python -m tests.corpus_proof", description=__doc__)
    parser.add_argument("--part", action="append", choices=PARTS, help="only this part; can be repeated")
    parser.add_argument("--every", type=int, default=1, metavar="N", help="play only every N-th history")
    args = parser.parse_args()
    wrong: list[str] = []
    for name, part in (("fair", fair), ("independent", independent), ("faults", faults)):
        if name not in (args.part or PARTS):
            continue
        begun = time.monotonic()
        found = part(args.every, partial(print, f"{name}:", flush=True))
        wrong += found
        print(f"{name}: {'not ' if found else ''}as claimed ({time.monotonic() - begun:.0f} s)", flush=True)
        print(*found, sep="\n", end="\n" if found else "")
    print(f"corpus proof: {'failed' if wrong else 'as claimed'}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
