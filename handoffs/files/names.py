"""Names of files that do no harm anywhere. Pure."""

from __future__ import annotations

import re
import unicodedata

LONGEST = 150
EXTENSION = re.compile(r"[a-z0-9]{1,10}")
NOT_IN_NAMES = re.compile(r'[<>:"|?*]')
# Names of devices on Windows, whatever comes after the first dot.
DEVICE = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)
UNSEEN = ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")


def extension_of(name: str) -> str:
    """In small letters, of what ``harmless`` would leave of the name; empty if there is none."""
    stem, dot, extension = readable(name).rpartition(".")
    return extension.lower() if dot and stem else ""


def harmless(name: str, extensions: tuple[str, ...] = ()) -> str:
    """What people can read of a name: no folders, nothing unseen, at most 150 characters. It ends in one of ``extensions``."""
    own = extension_of(name)
    fits = own in extensions if extensions else EXTENSION.fullmatch(own)
    extension = own if fits else next(iter(extensions), "")
    shown = readable(name)
    stem = shown.rpartition(".")[0] if own else shown
    stem = stem[: LONGEST - len(extension) - 2].rstrip(". ") or "file"
    safe = f"_{stem}" if DEVICE.match(stem) else stem
    return f"{safe}.{extension}" if extension else safe


def readable(name: str) -> str:
    last = re.split(r"[/\\]", name)[-1]
    seen = "".join(" " if char.isspace() else char for char in unicodedata.normalize("NFC", last) if not unseen(char))
    return NOT_IN_NAMES.sub("_", " ".join(seen.split())).strip(". ")


def unseen(char: str) -> bool:
    return not char.isspace() and unicodedata.category(char) in UNSEEN
