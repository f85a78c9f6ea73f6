"""The page of the notebooks, which open in the browser: what each is about."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from billing_tck.site.frame import Page
from billing_tck.site.links import LAB, NOTEBOOKS
from billing_tck.spec.notebooks import START

_FILES = f"{LAB}/files/"
_FORMAT = re.compile(r"[*`]|\[([^]]*)\]\([^)]*\)")


@dataclass(frozen=True, slots=True)
class Notebook:
    """A notebook: its file, its heading, and its first paragraph as plain text."""

    file: str
    title: str
    about: str

    @property
    def words(self) -> str:
        """Return what the search finds it by."""
        return f"{self.title} {self.about}"


def notebooks_of(lab: Mapping[str, bytes]) -> tuple[Notebook, ...]:
    """Return the notebooks of a lab; the first to read comes first."""
    found = {path.removeprefix(_FILES) for path in lab if path.startswith(_FILES) and path.endswith(".ipynb")}
    return tuple(_read(file, lab[_FILES + file]) for file in sorted(found, key=lambda file: (file != START, file)))


def _read(file: str, content: bytes) -> Notebook:
    text = "".join(json.loads(content)["cells"][0]["source"])
    heading, _, rest = text.partition("\n")
    about = rest.strip().partition("\n\n")[0].replace("\n", " ")
    return Notebook(file, heading.lstrip("# "), _FORMAT.sub(r"\1", about))


def notebook_page(notebooks: tuple[Notebook, ...]) -> Iterator[Page]:
    """Yield the page, if there are notebooks."""
    if notebooks:
        words = " ".join(one.words for one in notebooks)
        yield Page(
            NOTEBOOKS, "notebooks.html.j2", "Notebooks", kind="guide", words=words, context={"notebooks": notebooks}
        )
