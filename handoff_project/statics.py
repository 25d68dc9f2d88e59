"""Static files as each web process serves them: the widget's made small and compressed when the process starts."""

from __future__ import annotations

import gzip
import os
import tempfile
from pathlib import Path
from typing import Any

from django.conf import settings
from whitenoise.middleware import WhiteNoiseMiddleware  # type: ignore[import-untyped]

from handoff_project import bundle, small

WIDGET = "webchat/"


def pack(source: Path, target: Path) -> list[Path]:
    """Writes the widget's scripts and styles, each beside its compressed self."""
    files = [path for path in sorted(source.rglob("*")) if path.suffix in (".mjs", ".js", ".css")]
    texts = {path.relative_to(source).as_posix(): path.read_text() for path in files}
    made = bundle.scripts({name: text for name, text in texts.items() if name.endswith(".mjs")})
    made |= {name: small.script(text) for name, text in texts.items() if name.endswith(".js")}
    made |= {name: small.style(text) for name, text in texts.items() if name.endswith(".css")}
    newest = max(path.stat().st_mtime_ns for path in files)
    return [written(target / name, text.encode(), newest) for name, text in made.items()]


def written(path: Path, content: bytes, age: int) -> Path:
    """As old as its source, so that every process gives it the same tag."""
    for each, what in ((path, content), (path.with_name(f"{path.name}.gz"), gzip.compress(content, 9, mtime=0))):
        each.parent.mkdir(parents=True, exist_ok=True)
        each.write_bytes(what)
        os.utime(each, ns=(age, age))
    return path


class StaticFiles(WhiteNoiseMiddleware):  # type: ignore[misc]
    """With ``DEBUG`` the sources are served as they are."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="handoff-static-")
        super().__init__(*args, **kwargs)

    def add_files_from_finders(self) -> None:
        super().add_files_from_finders()
        for source in (Path(folder) / WIDGET for folder in settings.STATICFILES_DIRS):
            target = Path(self.folder.name)
            for path in pack(source, target):
                url = f"{self.static_prefix}{WIDGET}{path.relative_to(target).as_posix()}"
                self.files[url] = self.get_static_file(str(path), url)
