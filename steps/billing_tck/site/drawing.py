"""Draw all timelines of a site, in several processes or in this one."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from dataclasses import dataclass

from billing_tck.engine.executors import ThisProcess, is_cancelled, workers
from billing_tck.site.beside import KnobPictures, draw_knob
from billing_tck.site.catalogue import Catalogue
from billing_tck.site.pictures import Chunk, Chunks, draw_chunk
from billing_tck.situations.outcome_table import reference_outcomes
from billing_tck.spec.gherkin import Scenario
from billing_tck.spec.requirements import Knob
from billing_tck.steps.registry import load

_BATCH = 8  # chunks of a task


@dataclass(frozen=True, slots=True)
class Timelines:
    """The timelines of a site, which other processes may still draw."""

    of_chunks: Sequence[Future[dict[str, str]]]
    of_knobs: Mapping[str, Future[KnobPictures]]
    of_events: Future[dict[tuple[str, str], str]]

    def chunks(self) -> Mapping[str, str]:
        """Wait for the file of each chunk."""
        return {name: text for future in self.of_chunks for name, text in future.result().items()}

    def knobs(self) -> Mapping[str, KnobPictures]:
        """Wait for the pictures of each knob."""
        return {name: future.result() for name, future in self.of_knobs.items()}

    def outcomes(self) -> Mapping[tuple[str, str], str]:
        """Wait for what happens for each event and billing method."""
        return self.of_events.result()


@contextmanager
def drawing(catalogue: Catalogue, chunks: Chunks, processes: int) -> Iterator[Timelines]:
    """Begin to draw in other processes, which end with the context; with one process everything is drawn here."""
    if processes < 2:
        yield _begin(ThisProcess(), catalogue, chunks)
        return
    with workers(processes) as crew:
        yield _begin(crew.executor, catalogue, chunks)


def _begin(executor: Executor, catalogue: Catalogue, chunks: Chunks) -> Timelines:
    submit = executor.submit
    knobs = {knob.name: submit(_draw_knob, knob, _about(knob, catalogue)) for knob in catalogue.register.knobs}
    batches = [chunks.chunks[start : start + _BATCH] for start in range(0, len(chunks.chunks), _BATCH)]
    return Timelines([submit(_draw_chunks, batch) for batch in batches], knobs, submit(reference_outcomes))


def _about(knob: Knob, catalogue: Catalogue) -> list[Scenario]:
    return [one for one in catalogue.scenarios if any(name == knob.name for name, _ in one.reading)]


def _draw_chunks(chunks: Sequence[Chunk]) -> dict[str, str]:
    vocabulary = load()
    return {chunk.name: draw_chunk(chunk, vocabulary) for chunk in chunks if not is_cancelled()}


def _draw_knob(knob: Knob, scenarios: Sequence[Scenario]) -> KnobPictures:
    return draw_knob(knob, scenarios, load())
