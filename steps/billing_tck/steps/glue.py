"""Write the step definitions as TypeScript glue, from which editors complete and check steps.

The Cucumber language service, which editor extensions use, reads glue code and not the kit's registry. The file defines
every parameter type and every step with an empty body; nothing runs it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping

from billing_tck.steps.parameter_types import ParameterType
from billing_tck.steps.registry import Definition, Vocabulary

_PLACEHOLDER = re.compile(r"\{(\w+)(?::(\w+))?\}")
_BUILT_IN = {"": "", "w": "word"}  # types of the parse library, as Cucumber expressions call them
_HEAD = """\
// Step definitions of billing-tck for editors: completion and checks of .feature files.
// Written by `billing-tck steps --glue`; nothing runs this file.
import { Given, Then, When, defineParameterType } from '@cucumber/cucumber'
"""


def typescript_glue(vocabulary: Vocabulary, types: Mapping[str, ParameterType]) -> str:
    """Return the text of a TypeScript file with every parameter type and step definition."""
    definitions = list(vocabulary)
    used = {kind for definition in definitions for _, kind in _PLACEHOLDER.findall(definition.pattern)}
    parameters = [_parameter_type(name, types[name]) for name in sorted(used - _BUILT_IN.keys())]
    lines = [_HEAD, *parameters, "", *_steps(definitions)]
    return "\n".join(lines) + "\n"


def _parameter_type(name: str, kind: ParameterType) -> str:
    pattern = kind.pattern.replace("/", r"\/")
    return f"defineParameterType({{ name: {_quoted(name)}, regexp: /{pattern}/, transformer: (text: string) => text }})"


def _steps(definitions: list[Definition]) -> Iterator[str]:
    """Write each pattern once: any keyword may introduce any step."""
    for pattern in dict.fromkeys(definition.pattern for definition in definitions):
        keyword = next(definition.kind for definition in definitions if definition.pattern == pattern).capitalize()
        yield f"{keyword}({_quoted(cucumber_expression(pattern))}, () => {{}})"


def cucumber_expression(pattern: str) -> str:
    """Return a pattern of the registry as a Cucumber expression: `{amount:Money}` is `{Money}` there."""
    expression, end = "", 0
    for found in _PLACEHOLDER.finditer(pattern):
        expression += _escaped(pattern[end : found.start()]) + f"{{{_BUILT_IN.get(found[2] or '', found[2])}}}"
        end = found.end()
    return expression + _escaped(pattern[end:])


def _escaped(text: str) -> str:
    return re.sub(r"([\\(){}/])", r"\\\1", text)


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
