"""The Markdown of a notebook as HTML, with its pictures inside."""

from __future__ import annotations

import mimetypes
from base64 import b64encode
from pathlib import Path

from markupsafe import escape
from mistune import HTMLRenderer, create_markdown

from billing_tck.export.notebook import Prose
from billing_tck.text.files import read_bytes

_ATTACHED = "attachment:"
_LARGEST = 32 << 20


def render_prose(prose: Prose, folder: Path) -> str:
    """Return the prose as HTML; pictures are read from `folder`. Amounts such as $10 to $20 are not mathematics."""
    markdown = create_markdown(renderer=_Renderer(prose, folder), plugins=["table", "strikethrough", "url"])
    return str(markdown(prose.markdown))


class _Renderer(HTMLRenderer):
    """Markdown with HTML in it, such as folded hints, and pictures as data; other pictures by their description."""

    def __init__(self, prose: Prose, folder: Path) -> None:
        super().__init__(escape=False)
        self.prose = prose
        self.folder = folder

    def image(self, text: str, url: str, title: str | None = None) -> str:
        """Return a picture."""
        data = self._data(url)
        return f'<img alt="{escape(text)}" src="{data}">' if data else f"<em>{escape(text or url)}</em>"

    def _data(self, url: str) -> str:
        if url.startswith(_ATTACHED):
            return self.prose.attachments.get(url.removeprefix(_ATTACHED), "")
        kind = mimetypes.guess_type(url)[0] or ""
        path = (self.folder / url).resolve()
        if not kind.startswith("image/") or not path.is_relative_to(self.folder.resolve()):
            return ""
        try:
            return f"data:{kind};base64,{b64encode(read_bytes(path, _LARGEST)).decode()}"
        except OSError:
            return ""
