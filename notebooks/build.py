"""Build the notebooks from their sources: execute them and store them with their outputs.

`python -m notebooks.build` writes them; `--check` compares the stored ones with a fresh build.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import sys
import tempfile
from base64 import b64encode
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from copy import deepcopy
from dataclasses import asdict, dataclass, field
from html import escape, unescape
from pathlib import Path
from time import perf_counter

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode, v4

from billing_tck.teaching.lesson import notebook_metadata
from notebooks.source import cells, names

STORED = Path(__file__).parent
METADATA = notebook_metadata("3.11.7")
_ANSWER = "answer"  # a cell of this name is stored without its outputs: readers find it out themselves
_WIDGET = "application/vnd.jupyter.widget-view+json"
_BUILD = "python -m notebooks.build"


@dataclass
class Outcome:
    """One notebook: how long its kernel ran, and what is wrong with it."""

    name: str
    seconds: float = 0.0
    problems: list[str] = field(default_factory=list)


def main(argv: Sequence[str] | None = None) -> int:
    """Build the notebooks. Return 1 if one fails or differs from the stored one, else 0."""
    parser = argparse.ArgumentParser(prog=_BUILD, description=__doc__)
    parser.add_argument("names", nargs="*", help="build only these notebooks")
    parser.add_argument("--to", type=Path, default=STORED, metavar="DIR", help="folder to write to")
    parser.add_argument("--check", action="store_true", help="compare with the stored notebooks and write nothing")
    parser.add_argument("--plain", action="store_true", help="do not execute the notebooks")
    parser.add_argument("--json", action="store_true", help="print the outcome as JSON")
    parser.add_argument("--at-once", type=int, default=2, metavar="N", help="number of kernels that run at a time")
    args = parser.parse_args(argv)
    unknown = [name for name in args.names if name not in names()]
    if unknown:
        parser.error(f"notebook {unknown[0]!r} does not exist; expected one of {', '.join(names())}")
    args.to.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(args.at_once) as pool:
        outcomes = list(pool.map(lambda name: _outcome(name, args), args.names or names()))
    if args.json:
        print(json.dumps([asdict(outcome) for outcome in outcomes], indent=1))
    else:
        for outcome in outcomes:
            print(f"{outcome.name:<28} {outcome.seconds:5.1f} s  {'; '.join(outcome.problems) or 'ok'}")
    return 1 if any(outcome.problems for outcome in outcomes) else 0


def _outcome(name: str, args: argparse.Namespace) -> Outcome:
    outcome = Outcome(name)
    path = args.to / f"{name}.ipynb"
    begun = perf_counter()
    try:
        notebook = build(name)
        if not args.plain:
            with tempfile.TemporaryDirectory() as clean:
                notebook = execute(notebook, Path(clean))
    except Exception as error:  # a cell may raise anything; the other notebooks are still built
        outcome.problems.append(f"{type(error).__name__}: {_last_lines(str(error))}")
        return outcome
    outcome.seconds = round(perf_counter() - begun, 2)
    if not args.check:
        path.write_text(serialized(notebook), encoding="utf-8")
    elif not path.is_file():
        outcome.problems.append(f"{path.name} does not exist; write it with `{_BUILD}`")
    else:
        outcome.problems += differences(path, notebook)
    return outcome


def _last_lines(text: str) -> str:
    return " | ".join([line for line in text.splitlines() if line.strip()][-3:])[:600]


def differences(path: Path, built: NotebookNode) -> list[str]:
    """Return how a stored notebook differs from a fresh build."""
    stored = json.loads(path.read_text(encoding="utf-8"))
    fresh = json.loads(serialized(built))
    if stored == fresh:
        return []
    old_cells = {cell["id"]: cell for cell in stored["cells"]}
    new_cells = {cell["id"]: cell for cell in fresh["cells"]}
    found = [f"cell {name} is new" for name in new_cells if name not in old_cells]
    found += [f"cell {name} no longer exists" for name in old_cells if name not in new_cells]
    for name, cell in new_cells.items():
        old = old_cells.get(name, cell)
        found += [f"the source of cell {name} differs"] if old["source"] != cell["source"] else []
        found += [f"the output of cell {name} differs"] if old.get("outputs") != cell.get("outputs") else []
    return found or ["the metadata or the order of the cells differs"]


def build(name: str) -> NotebookNode:
    """Return the notebook of a source, not executed, with stable cell ids and no other metadata."""
    made = []
    for cell in cells(name):
        make = v4.new_code_cell if cell.kind == "code" else v4.new_markdown_cell
        made.append(make(cell.text, id=cell.name))  # type: ignore[no-untyped-call]
    notebook: NotebookNode = v4.new_notebook(cells=made, metadata=deepcopy(METADATA))  # type: ignore[no-untyped-call]
    notebook.nbformat_minor = 5
    nbformat.validate(notebook)
    return notebook


def execute(notebook: NotebookNode, folder: Path) -> NotebookNode:
    """Execute a notebook with a clean kernel in `folder`; return it with its outputs normalized."""
    client = NotebookClient(
        notebook,
        timeout=120,
        kernel_name="python3",
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        store_widget_state=False,
        coalesce_streams=True,  # printed text arrives in pieces whose borders differ between runs
        extra_arguments=["--IPKernelApp.log_level=40"],  # the kernel warns that it is a local one
    )
    client.execute(env=kernel_environment(folder))
    return normalized(notebook)


def kernel_environment(folder: Path) -> dict[str, str]:
    """Return the environment of a kernel that reads no user settings and cannot reach the network by accident."""
    own = {name: str(folder / name.lower()) for name in ("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR")}
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    return {**os.environ, **own, **nowhere, "PYDEVD_DISABLE_FILE_VALIDATION": "1", "PYTHONHASHSEED": "0"}


def normalized(notebook: NotebookNode) -> NotebookNode:
    """Drop what differs between runs or viewers; where an output has an SVG picture, refer to it in its HTML.

    Code hosts, and JupyterLab in notebooks that it does not trust, sanitize HTML and drop inline SVG, but they show
    pictures. Sliders need a running kernel. Answers stay hidden until their cell is run.
    """
    notebook.metadata.pop("widgets", None)
    notebook.metadata.update(deepcopy(METADATA))
    for cell in notebook.cells:
        cell.metadata.clear()
        if str(cell.id).endswith(_ANSWER):
            cell.outputs, cell.execution_count = [], None
        outputs = cell.get("outputs", [])
        outputs[:] = [output for output in outputs if _WIDGET not in output.get("data", {})]
        for output in outputs:
            data = output.get("data", {})
            if "image/svg+xml" in data:
                data["text/html"] = _picture(str(data["image/svg+xml"]))
            output.pop("transient", None)
            if "metadata" in output:
                output["metadata"] = {}
    return notebook


def _picture(svg: str) -> str:
    """Return an SVG as an image of HTML, with what it shows in words."""
    about = re.search(r'aria-label="(.*?)"', svg) or re.search(r"<title>(.*?)</title>", svg)
    said = escape(unescape(about[1] if about else "timeline"), quote=True)
    data = b64encode(svg.encode()).decode()
    return f'<img alt="{said}" src="data:image/svg+xml;base64,{data}">'


def serialized(notebook: NotebookNode) -> str:
    """Return the text of a notebook's file."""
    text: str = nbformat.writes(notebook)  # type: ignore[no-untyped-call]
    return f"{text.rstrip()}\n"


if __name__ == "__main__":
    sys.exit(main())
