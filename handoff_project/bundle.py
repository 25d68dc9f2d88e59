"""The chat page's modules as few files: what every visit needs becomes one, what few need stays apart and uses that one.

The one is loaded by other pages of ours as well, so in it the entry is a function, which runs on the chat page only.

The sources are plain modules that run as they are; this is done when a web process starts, and again at every start. It reads our style:
``import { a, b } from "./x.mjs";``, and ``export`` before a declaration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from handoff_project import small

ENTRY, CORE = "chat.mjs", "core.mjs"
IMPORT = re.compile(r'^import\s*\{([^}]*)\}\s*from\s*"\./([\w/]+\.mjs)";\n?', re.MULTILINE)
EXPORT = re.compile(r"^export ((?:async )?(?:function|class|const) (\w+))", re.MULTILINE)


class Circle(Exception):
    """``str()`` names the modules."""


def scripts(sources: Mapping[str, str]) -> dict[str, str]:
    """Of all modules by their names: what is served under each name, and the core."""
    names = in_order(ENTRY, sources)
    rooms = [f"export const {room(name)}=(()=>{{{inner(name, sources)}}})();\n" for name in names]
    core = "".join(rooms) + f"export const {room(ENTRY)}=async()=>{{{inner(ENTRY, sources)}}};\n"
    apart = {name: rewired(source, names) for name, source in sources.items() if name not in names}
    apart[ENTRY] = f'import {{ {room(ENTRY)} }} from "./{CORE}";\n{room(ENTRY)}();\n'
    doors = {name: door(name, sources[name]) for name in names}
    return {name: small.script(source) for name, source in (apart | doors | {CORE: core}).items()}


def in_order(entry: str, sources: Mapping[str, str]) -> list[str]:
    """Everything the entry needs, whatever a module needs before it."""
    found: dict[str, None] = {}

    def visit(name: str, above: tuple[str, ...]) -> None:
        if name in above:
            raise Circle(f"{' → '.join([*above, name])}: modules that need each other cannot be put in order")
        for _, needed in IMPORT.findall(sources[name]):
            visit(needed, (*above, name))
        if name != entry:
            found.setdefault(name)

    visit(entry, ())
    return list(found)


def inner(name: str, sources: Mapping[str, str]) -> str:
    """A module as the body of a function that returns what it exports."""
    source = IMPORT.sub(lambda match: f"const {{{renamed(match[1])}}} = {room(match[2])};\n", sources[name])
    exported = [found for _, found in EXPORT.findall(source)]
    return f"{EXPORT.sub(lambda match: match[1], source)}\nreturn {{ {', '.join(exported)} }};"


def rewired(source: str, core: list[str]) -> str:
    """A module that stays apart: what it imports of the core comes from there."""
    return IMPORT.sub(lambda match: from_core(match[1], match[2]) if match[2] in core else match[0], source)


def from_core(wanted: str, name: str) -> str:
    return f'import {{ {room(name)} }} from "./{CORE}";\nconst {{{renamed(wanted)}}} = {room(name)};\n'


def door(name: str, source: str) -> str:
    """The core's module under its own name, for pages of ours that use some of them only."""
    exported = ", ".join(found for _, found in EXPORT.findall(source))
    return f'import {{ {room(name)} }} from "./{CORE}";\nexport const {{ {exported} }} = {room(name)};\n'


def room(name: str) -> str:
    return "$" + re.sub(r"\W", "_", name.removesuffix(".mjs"))


def renamed(names: str) -> str:
    """``a, b as c`` as a pattern: ``a, b: c``."""
    return ", ".join(re.sub(r"\s+as\s+", ": ", each.strip()) for each in parts(names))


def parts(names: str) -> Iterator[str]:
    return filter(None, map(str.strip, names.split(",")))
