"""Checks that try a command with success, and steps after them that might rely on its effect."""

from __future__ import annotations

from collections.abc import Iterator

from billing_tck.errors import Diagnostic
from billing_tck.spec.gherkin import FeatureFile, Step
from billing_tck.steps.lint.tree import fault
from billing_tck.steps.registry import Vocabulary, VocabularyError


def check_attempts(file: FeatureFile, vocabulary: Vocabulary) -> Iterator[Diagnostic]:
    """Report the first step of a scenario that follows a successful attempt, such as "can create a service"."""
    for scenario in {scenario.definition: scenario for scenario in file.scenarios}.values():
        tried: Step | None = None
        for step in scenario.steps:
            if _succeeds(step, vocabulary):
                tried = step
            elif tried is not None:
                message = f"'{step}' follows '{tried}', which has changed the implementation's state"
                yield fault(file, step.line, message, "State the command as a When, or put such checks last")
                break


def _succeeds(step: Step, vocabulary: Vocabulary) -> bool:
    if step.kind != "then":
        return False
    try:
        return vocabulary.find(step.kind, step.text).arguments.get("can") is True
    except VocabularyError:
        return False  # check_steps reports it
