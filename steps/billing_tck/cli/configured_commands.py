"""Say which commands and modules a `billing-tck.toml` starts: who runs the kit in a folder may not know its file."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Sequence

from billing_tck.config import Config
from billing_tck.text.sanitize import sanitize


def announce_commands(config: Config, args: argparse.Namespace, suts: Sequence[str]) -> None:
    """Print what the file starts, and the command line does not, before it is started."""
    for line in commands_of(config, args, suts):
        print(sanitize(line), file=sys.stderr)


def commands_of(config: Config, args: argparse.Namespace, suts: Sequence[str]) -> Iterator[str]:
    """Yield a line for each command, module, folder and environment that is of the file."""
    if config.path is None:
        return
    given = config.options.connection
    started = [sut for sut in suts if sut.lower().startswith(("stdio:", "python:"))]
    for sut in () if args.sut else started:
        kind, _, what = sut.partition(":")
        verb = "starting the command" if kind.lower() == "stdio" else "importing the Python module"
        yield f"{config.path}: {verb} {what.strip()}"
    if given.start is not None and args.start is None:
        yield f"{config.path}: starting the server {given.start}"
    if not started and given.start is None and args.start is None:
        return
    own = {text.partition("=")[0] for text in args.env}
    if names := [name for name, _ in given.env if name not in own]:
        yield f"{config.path}: setting {', '.join(names)} in its environment"
    if given.cwd is not None and args.cwd is None:
        yield f"{config.path}: starting it in the folder {given.cwd}"
