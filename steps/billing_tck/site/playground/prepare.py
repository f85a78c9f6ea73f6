"""What Python runs in WebAssembly when a runtime is made: load the kit, and answer requests of every kind."""

import gc
import importlib
import importlib.util
import json
import marshal
import pkgutil
import sys
import zipfile

sys.path.insert(0, "/kit")

from billing_tck.site.playground.answers import answer as answer_of
from billing_tck.site.playground.kit import load_kit

KIT = load_kit()
_ONLY_PARTS = ("billing_tck.site", "billing_tck.drivers", "billing_tck.engine")  # of these, what is loaded is all
_FILL = 2_000_000  # bytes of each size
_DATE = (2020, 1, 1, 0, 0, 0)


def answer(request: str) -> str:
    """Return the answer to a request: the browser calls this."""
    return answer_of(KIT, request)


def _load_lazy_modules() -> None:
    """Load what functions of the loaded packages import when they need it: there are no files in the browser."""
    for name in [name for name in sys.modules if name.startswith("billing_tck.")]:
        module = sys.modules[name]
        if name.startswith(_ONLY_PARTS) or not hasattr(module, "__path__"):
            continue
        for found in pkgutil.iter_modules(module.__path__, f"{name}."):
            try:
                importlib.import_module(found.name)
            except ImportError:
                continue  # of a package that is not here, as pytest: a playground does not use it


def _answer_requests() -> None:
    scenario = next(one for one in KIT.suite.scenarios if "BC-29" in one.clauses)
    lines = [" ".join(f"@{tag}" for tag in scenario.tags), "Scenario: first", *map(str, scenario.steps)]
    text = "\n".join(lines)
    for request in (
        {"ask": "choices", "text": text, "clause": "BC-29"},
        {"ask": "run", "text": text, "fault": ""},
        {"ask": "run", "text": text, "fault": "stop-after-21-days"},
        {"ask": "run", "text": "Given a new organisation\nThen"},
        {"ask": "run", "text": "Gven a new organisation"},
        {"ask": "grade", "text": text, "clause": "BC-29", "hints": 3},
        {"ask": "none", "text": ""},
    ):
        print(answer(json.dumps(request))[:120])


def forget() -> None:
    """Free what is not needed any more: less memory is stored, and it compresses better."""
    sys.path.remove("/kit")
    sys.path_importer_cache.clear()
    gc.collect()
    _clear_free_memory()


def _clear_free_memory() -> None:
    """Overwrite free memory with zeros, which compress to nothing: of each size that an allocator has a list for."""
    kept = [bytes(size) for size in (1 << 16, 1 << 14, 1 << 12, 1 << 10) for _ in range(_FILL // size)]
    kept.clear()
    gc.collect()


def write_library(path: str) -> None:
    """Write the modules of the standard library that are loaded, compiled."""
    source = zipfile.ZipFile(next(one for one in sys.path if one.endswith(".zip")))
    names = {name for module in sys.modules for name in _files_of(module)}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_STORED) as out:
        for name in sorted(names & {*source.namelist()}):
            code = compile(source.read(name), f"/lib/{name}", "exec", dont_inherit=True, optimize=2)
            data = importlib.util.MAGIC_NUMBER + bytes(12) + marshal.dumps(code)
            out.writestr(zipfile.ZipInfo(f"{name}c", _DATE), data)


def _files_of(module: str) -> tuple[str, str]:
    path = module.replace(".", "/")
    return f"{path}.py", f"{path}/__init__.py"


_load_lazy_modules()
_answer_requests()
