"""The reference with a foul mouth: markup, scripts and control characters wherever an implementation may say something.

It deviates (a strange service is shown, and everybody is restricted), it refuses with payloads, and it falls over with
them, so that each reaches every kind of report.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import billing_reference

PAYLOADS = (
    "<script>document.title='owned'</script>",
    "</style></svg></title></code></pre><script>document.title='owned'</script>",
    "<img src=x onerror=\"document.title='owned'\">",
    "<svg onload=\"document.title='owned'\"><animate onbegin=alert(1) attributeName=x dur=1s></svg>",
    "javascript:document.title='owned'",
    '" onmouseover="document.title=\'owned\'" autofocus onfocus="document.title=\'owned\'" x="',
    "' style='position:fixed;inset:0' '",
    "<iframe srcdoc=\"<script>parent.document.title='owned'</script>\"></iframe>",
    "<base href='https://evil.example/'><form action='https://evil.example/'>",
    "<meta http-equiv=refresh content='0;url=https://evil.example/'>",
    "--><!--<!-- ]]> <![CDATA[ {{7*7}} ${7*7} `x`",
    "\x00\x07\x1b[2J\r\n\t\x7f\u202e\u2066\u2028\ufeff",
    "| a | b |\n# not a heading\n[link](javascript:alert(1)) ![i](https://evil.example/x.png) @everyone",
)
ALL = " ".join(PAYLOADS)


class Nasty:
    """What the kit calls."""

    def __init__(self) -> None:
        self._inner = billing_reference.build()
        self._turn = itertools.cycle(PAYLOADS)

    def describe_implementation(self) -> dict[str, object]:
        said = dict(self._inner.describe_implementation())  # type: ignore[attr-defined]
        return said | {"name": f"nasty {ALL}", "version": PAYLOADS[1]}

    def __getattr__(self, name: str) -> Callable[..., object]:
        method = getattr(self._inner, name)

        def call(**params: object) -> object:
            if name == "grant_credits":
                raise RuntimeError(f"no credits: {ALL}")
            if name == "start_service":
                from billing_tck.contract import Refused  # noqa: PLC0415

                raise Refused("other", ALL)
            shown = method(**params)
            if name == "get_organization":
                strange = {"service": f"strange {next(self._turn)}", "state": "stopped", "replica_memory_gib": 8}
                shown = dict(shown) | {"services": [*shown["services"], strange], "restricted": True}
            return shown

        return call


def factory() -> Nasty:
    """For `--sut python:`."""
    return Nasty()
