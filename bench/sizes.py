"""How much a visitor loads, gzipped as we serve it."""

from __future__ import annotations

import re
import tempfile
from functools import cache
from pathlib import Path

from handoff_project.statics import pack

ROOT = Path(__file__).resolve().parent.parent
LOADER_LIMIT, CHAT_LIMIT = 3000, 30_000
STYLES = re.compile(r"static 'webchat/(\w+\.css)'")


@cache
def sizes() -> dict[str, int]:
    with tempfile.TemporaryDirectory() as folder:
        made = pack(ROOT / "static" / "webchat", Path(folder))
        return {path.relative_to(folder).as_posix(): path.with_name(f"{path.name}.gz").stat().st_size for path in made}


def loader_size() -> int:
    """What every page of the website loads."""
    return sizes()["embed.js"]


def chat_size(language: str = "en") -> int:
    """What a visit loads that has no file, nothing to fill in, and a WebSocket."""
    styles = STYLES.findall((ROOT / "templates" / "webchat" / "chat.html").read_text())
    return sum(sizes()[name] for name in ("chat.mjs", "core.mjs", f"texts/{language}.mjs", *styles))


def report() -> str:
    languages = sorted(name[6:-4] for name in sizes() if name.startswith("texts/"))
    later = [name for name in sizes() if name in LATER]
    return "\n".join(
        [
            f"loader (embed.js)                  {loader_size():>6} bytes, of {LOADER_LIMIT}",
            *(f"chat page, script and style, {language}   {chat_size(language):>6} bytes, of {CHAT_LIMIT}" for language in languages),
            *(f"only when needed: {name:<17}{sizes()[name]:>6} bytes" for name in later),
        ]
    )


LATER = (
    "extras.css", "controlview.mjs", "fileview.mjs", "uploads.mjs", "upload.mjs", "attachedlist.mjs", "polling.mjs", "gate.mjs", "menu.mjs",
    "lightbox.mjs", "transcript.mjs", "sound.mjs",
)  # fmt: skip
