"""What Python runs in WebAssembly when a lab is made: start a kernel, and compile the modules that this has loaded.

A browser would compile them again at each start, which takes longer than all the rest.
"""

import sys
import zipfile
from importlib import import_module
from importlib._bootstrap_external import _code_to_hash_pyc  # type: ignore[attr-defined]
from importlib.util import cache_from_source, source_hash
from pathlib import Path

OUT = Path("/out")
_PACKAGES = "/site-packages/"
_LIBRARY = ".zip/"


def load() -> None:
    """Load what the first cells of a notebook load."""
    import_module("micropip")
    import_module("piplite.piplite")
    kernel = import_module("pyodide_kernel")
    sys.stdout, sys.stderr = sys.__stdout__, sys.__stderr__  # the kernel sends both to a page
    shell = kernel.ipython_shell
    shell.display_pub.display_data_callback = lambda *_: None
    for magic, line in (("load_ext", "billing_tck"), ("clauses", "BC-29"), ("scenario", "BC-29"), ("faults", "BC-29")):
        shell.run_line_magic(magic, line)
    import_module("billing_tck.jupyter.what_if").what_if()


def compile_loaded() -> None:
    """Write the compiled form of each loaded module; a browser does not compare it with the source."""
    library = zipfile.ZipFile(next(name for name in sys.path if name.endswith(".zip")))
    for module in [*sys.modules.values()]:
        place = str(getattr(module, "__file__", None))
        if not place.endswith(".py"):
            continue
        if _PACKAGES in place:
            name = cache_from_source(place).partition(_PACKAGES)[2]
            _write(OUT / "packages" / name, Path(place).read_bytes(), place)
        elif _LIBRARY in place:
            name = place.partition(_LIBRARY)[2]
            _write(OUT / "library" / f"{name}c", library.read(name), place)


def _write(target: Path, source: bytes, place: str) -> None:
    code = compile(source, place, "exec", dont_inherit=True, optimize=0)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(_code_to_hash_pyc(code, source_hash(source), False))


load()
compile_loaded()
