"""Features that were checked: parsed and checked once, and read from a cache while nothing of them changes.

Its key is a digest of the features, the requirements, the step definitions and the version of the kit. The kit's own
features are compiled in `compiled.cache` beside them, others in the user's cache folder.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

from billing_tck.gc_pause import gc_paused
from billing_tck.spec.compiled import Compiled, Matched, pack, unpack
from billing_tck.spec.gherkin import Step, Suite
from billing_tck.spec.requirements import Register
from billing_tck.spec.suite import (
    digest_of_features,
    feature_paths,
    features_dir,
    is_own,
    root_of,
    suite_of,
    suite_of_compiled,
)
from billing_tck.steps.registry import Vocabulary
from billing_tck.text.cache import cache_folder, read_cached, sealed, write_cached
from billing_tck.version import __version__

OWN = "compiled.cache"
_PREFIX = "features-"
MOST_SCENARIOS = 20_000
"""Of features that are cached: the text of more would take more memory than the run."""


@gc_paused()
def checked_suite(target: Path | None, register: Register, vocabulary: Vocabulary, *, cached: bool = True) -> Suite:
    """Return the scenarios of a features folder or file, by default the kit's own.

    Raises InvalidFeatures with everything that is wrong. Without `cached`, no cache is read or written.
    """
    folder = target or features_dir()
    try:
        digest = digest_of_features(feature_paths(folder), root_of(folder)) if cached else ""
    except OSError:
        digest = ""  # which file cannot be read is reported where it is parsed
    key = _key(digest, register, vocabulary, own=is_own(folder))
    if digest:
        for text in _stored(folder, key):
            compiled = _unpacked(text, key)
            if compiled is not None:
                vocabulary.expect(compiled.matched)
                return suite_of_compiled(root_of(folder), compiled, digest)
    from billing_tck.steps.lint import checked_files  # noqa: PLC0415 - compiled features need neither parser nor checks

    suite = suite_of(root_of(folder), checked_files(folder, register, vocabulary))
    if digest and len(suite.scenarios) <= MOST_SCENARIOS:
        packed = pack(key, suite.scenarios, _matching(vocabulary))
        write_cached(_path(key), packed, among=f"{_PREFIX}*.json")
    return suite


def compiled_file(register: Register, vocabulary: Vocabulary) -> bytes:
    """Return the content of `compiled.cache` for the kit's own features. Raises InvalidFeatures."""
    folder = features_dir()
    suite = checked_suite(folder, register, vocabulary, cached=False)
    digest = digest_of_features(feature_paths(folder), folder)
    return sealed(pack(_key(digest, register, vocabulary, own=True), suite.scenarios, _matching(vocabulary)))


def _matching(vocabulary: Vocabulary) -> Callable[[Step], Matched | None]:
    def match(step: Step) -> Matched | None:
        if step.kind is None:
            return None
        definition = vocabulary.find(step.kind, step.text).definition
        return Matched(definition.pattern, definition.form.values_of(step.text))

    return match


def _stored(folder: Path, key: str) -> Iterator[str]:
    for path in (folder / OWN, _path(key)) if is_own(folder) else (_path(key),):
        text = read_cached(path)
        if text is not None:
            yield text


def _unpacked(text: str, key: str) -> Compiled | None:
    """Return what a text holds, or None where it is damaged, or was compiled from something else."""
    if f'"key":"{key}"' not in text[:200]:
        return None
    try:
        return unpack(text)
    except ValueError:
        return None


def _path(key: str) -> Path:
    return cache_folder() / f"{_PREFIX}{key[:32]}.json"


def _key(digest: str, register: Register, vocabulary: Vocabulary, *, own: bool) -> str:
    """Return a digest of all that decides what checked features are compiled to."""
    definitions = sorted((definition.kind, definition.pattern) for definition in vocabulary)
    types = sorted((name, str(getattr(type_, "pattern", ""))) for name, type_ in vocabulary.types.items())
    return hashlib.sha256(repr((__version__, digest, register, definitions, types, own)).encode()).hexdigest()
