"""The manifest of a site: the digest of each file, so that `verify` finds every byte that changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from billing_tck.text.files import read_bytes
from billing_tck.text.json_text import read_json

FILE = "site-manifest.json"
FORMAT = 1
_LARGEST = 64 << 20


class InvalidManifest(Exception):
    """A manifest that cannot be used; the message gives the reason."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a site was made from, and the SHA-256 digest of each of its files by path."""

    about: Mapping[str, object]
    files: Mapping[str, str]


def render_manifest(about: Mapping[str, object], files: Mapping[str, bytes]) -> bytes:
    """Return the manifest of some files; `about` is what they were made from."""
    digests = {path: hashlib.sha256(files[path]).hexdigest() for path in sorted(files)}
    return _sealed({"format": FORMAT, **about, "files": digests})


def _sealed(content: Mapping[str, object]) -> bytes:
    """Return the content as JSON, with a digest over itself."""
    digest = hashlib.sha256(_dump(content)).hexdigest()
    return _dump({**content, "digest": digest})


def _dump(content: Mapping[str, object]) -> bytes:
    return (json.dumps(content, indent=1, ensure_ascii=True) + "\n").encode()


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a site. Raises InvalidManifest, also where there is none."""
    path = folder / FILE
    try:
        raw = read_bytes(path, _LARGEST)
        content = read_json(raw.decode())
    except (OSError, ValueError, RecursionError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not JSON"
        raise InvalidManifest(f"{path} cannot be read: {why}") from None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise InvalidManifest(f"{path} is not the manifest of a site of this kit")
    rest = {key: value for key, value in content.items() if key != "digest"}
    if _sealed(rest) != raw:
        raise InvalidManifest(f"{path} was edited: its digest is not that of its content")
    files = rest.pop("files", None)
    if not isinstance(files, dict) or not all(isinstance(digest, str) for digest in files.values()):
        raise InvalidManifest(f"{path}: `files` is not a table of digests")
    return Manifest(rest, files)


def describe(manifest: Manifest) -> str:
    """Return what a site was made from, as text."""
    about = manifest.about
    baseline = about.get("baseline")
    name = baseline.get("name") if isinstance(baseline, dict) else None
    features = str(about.get("features"))[:12]
    return f"billing-tck {about.get('kit')}, {f'baseline {name}' if name else 'no baseline'}, features {features}"


def site_faults(folder: Path, manifest: Manifest) -> Iterator[str]:
    """Yield each file of a site that was changed, is missing, or was added."""
    found = set(found_files(folder))
    for path, digest in manifest.files.items():
        if path not in found:
            yield f"missing: {path}"
            continue
        try:
            changed = hashlib.sha256(read_bytes(folder / path)).hexdigest() != digest
        except OSError as error:
            yield f"changed: {path} ({error.strerror})"
            continue
        if changed:
            yield f"changed: {path}"
    for path in sorted(found - manifest.files.keys() - {FILE}):
        yield f"added: {path}"


def found_files(folder: Path) -> Iterator[str]:
    """Yield the path of everything in a folder that is not a folder with something in it."""
    for path in sorted(folder.rglob("*")):
        is_folder = path.is_dir() and not path.is_symlink()
        if not is_folder or not any(path.iterdir()):
            yield path.relative_to(folder).as_posix() + ("/" if is_folder else "")
