"""No runner at all: the calls of every scenario, one after the other, read from the file that the generator wrote."""

import json
import sys
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from billing_tck.connect import open_driver

READ: dict[str, Callable[[str], object]] = {"now": datetime.fromisoformat, "amount": Decimal}


def main(path: Path) -> None:
    """Makes all calls that the file lists."""
    listed = [
        (method, {name: READ.get(name, str)(value) for name, value in params.items()})
        for scenario in json.loads(path.read_text())
        for method, params in scenario
    ]
    with open_driver("python:noop:build") as driver:
        for method, params in listed:
            driver.call(method, params)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
