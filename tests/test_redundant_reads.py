"""Reads: no call that a scenario does not need, and no answer decoded twice."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from queue import Empty

import pytest

from billing_tck.contract import ImplementationError
from billing_tck.drivers import jsonrpc
from billing_tck.drivers.process_output import CLOSED, ENDED, PolledAnswers, QueuedAnswers
from billing_tck.steps.world import World

from .toy import Toy


def reads(toy: Toy) -> int:
    return sum(method == "get_organization" for method, _ in toy.calls)


def test_what_was_read_is_read_again_only_after_something_was_done() -> None:
    toy = Toy()
    world = World(toy)
    first = world.impl.get_organization(organization="1")
    assert world.impl.get_organization(organization="1") is first
    assert reads(toy) == 1
    world.impl.get_organization(organization="2")
    assert reads(toy) == 2
    world.advance_to(world.now + timedelta(seconds=1))
    world.impl.get_organization(organization="1")
    assert reads(toy) == 3
    world.refused(lambda: world.impl.start_service(service="1"))
    world.impl.get_organization(organization="1")
    assert reads(toy) == 4


def test_a_look_at_what_was_seen_before_still_counts_as_a_check() -> None:
    world = World(Toy())
    world.impl.get_organization(organization="1")
    world.impl.get_organization(organization="1")
    world.expect(True, "so", "so")
    assert world.checks == 1


@pytest.mark.parametrize("spaces", ["", " "])
def test_an_answer_is_understood_once_and_its_number_is_checked_every_time(spaces: str) -> None:
    responses = jsonrpc.Responses()
    colon, comma = f":{spaces}", f",{spaces}"

    def answer(number: int) -> bytes:
        result = f'{{"service"{colon}"s"}}'
        return f'{{"jsonrpc"{colon}"2.0"{comma}"id"{colon}{number}{comma}"result"{colon}{result}}}\n'.encode()

    first = responses.outcome(answer(1), 1, "create_service")
    assert responses.outcome(answer(2), 2, "create_service") is first
    with pytest.raises(ImplementationError, match="the answer has the id 2; expected 3"):
        responses.outcome(answer(2), 3, "create_service")
    with pytest.raises(ImplementationError):
        responses.outcome(answer(4), 4, "create_organization")


@pytest.mark.skipif(os.name == "nt", reason="a pipe is not waited for there")
@pytest.mark.parametrize("polled", [True, False])
def test_lines_come_in_order_whole_and_with_the_end(polled: bool) -> None:
    read, write = os.pipe()
    stream, exited = os.fdopen(read, "rb", buffering=0), threading.Event()
    answers = PolledAnswers(stream) if polled else QueuedAnswers(stream, exited)
    threads = [threading.Thread(target=target) for _, target in answers.threads()]
    for thread in threads:
        thread.start()
    os.write(write, b"one\ntwo\nthr")
    assert [bytes(answers.get(5)).strip() for _ in range(2)] == [b"one", b"two"]  # type: ignore[call-overload]
    with pytest.raises(Empty):
        answers.get(0.02)
    assert answers.begun() == b"thr"
    os.write(write, b"ee\n")
    assert bytes(answers.get(5)).strip() == b"three"  # type: ignore[call-overload]
    answers.ended()
    assert answers.get(5) is ENDED
    os.close(write)
    assert answers.get(5) is CLOSED
    for thread in threads:
        thread.join(5)
    answers.close()
