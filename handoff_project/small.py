"""Our scripts and styles without what only their readers need: comments, indentation, spaces that mean nothing.

Names stay as they are, so an error in a visitor's console still reads like the source. Not for code of others: it knows our style, in which
every statement ends with a semicolon and no expression begins with a regular one after a closing bracket.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby

TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|/\*.*?\*/)|(?P<text>"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*')|(?P<space>\s+)"""
    r"""|(?P<word>[\w$#\u0080-\U0010ffff]+)|(?P<other>.)""",
    re.DOTALL,
)
REGULAR = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\[\n])+/[a-z]*")
# After these a slash begins a regular expression; after anything else it divides.
BEFORE_REGULAR = re.compile(r"(?:^|[(,=:\[!&|?{;>\n]|\breturn|\btypeof)$")
# Where a line may go on: a new line after the first or before the second says nothing.
OPEN, SHUT = set("{([,;:?=>&|<*!"), set("}]),;:?.=&|")
CSS_MARK = "/* css */"

CSS_TOKEN = re.compile(r"""(?P<comment>/\*.*?\*/)|(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?P<plain>[^"'/]+|/)""", re.DOTALL)


def script(source: str) -> str:
    """An ES module or a script."""
    written = Written()
    for kind, token in tokens(source):
        if kind in ("space", "comment"):
            written.pause("\n" if "\n" in token else " ")
        else:
            written.put(token)
    return written.whole() + "\n"


class Written:
    def __init__(self) -> None:
        self.parts: list[str] = []
        self.last = ""
        self.pending = ""

    def pause(self, space: str) -> None:
        if self.pending != "\n":
            self.pending = space

    def put(self, token: str) -> None:
        if self.parts and self.pending and self.matters(token[0]):
            self.parts.append(self.pending)
        self.pending = ""
        self.parts.append(token)
        self.last = token[-1]

    def matters(self, first: str) -> bool:
        if self.pending == "\n":
            return self.last not in OPEN and first not in SHUT
        return (is_word(self.last) and is_word(first)) or (self.last == first and first in "+-")

    def whole(self) -> str:
        return "".join(self.parts)


def is_word(char: str) -> bool:
    return char.isalnum() or char in "_$#" or char > "\x7f"


def tokens(source: str) -> Iterator[tuple[str, str]]:
    place, before, css = 0, "\n", False
    while place < len(source):
        kind, token = next_token(source, place, before)
        place += len(token)
        if kind == "template" and css:
            token = "`" + style(token[1:-1]) + "`"
        yield kind, token
        css = token == CSS_MARK or (css and kind == "space")
        if kind not in ("space", "comment"):
            before = token


def next_token(source: str, place: int, before: str) -> tuple[str, str]:
    if source[place] == "`":
        return "template", template(source, place)
    if source[place] == "/" and source[place + 1 : place + 2] not in ("/", "*") and BEFORE_REGULAR.search(before):
        found = REGULAR.match(source, place)
        if found:
            return "regular", found[0]
    match = TOKEN.match(source, place)
    return (match.lastgroup or "other", match[0]) if match else ("other", source[place])


def template(source: str, place: int) -> str:
    """From one backtick to the one that ends it, with whatever is filled in, as it stands."""
    at, depth = place + 1, 0
    while source[at] != "`" or depth:
        if source[at] == "\\":
            at += 1
        elif source.startswith("${", at):
            depth, at = depth + 1, at + 1
        elif depth and source[at] == "{":
            depth += 1
        elif depth and source[at] == "}":
            depth -= 1
        elif depth and source[at] == "`":
            at += len(template(source, at)) - 1
        at += 1
    return source[place : at + 1]


def style(source: str) -> str:
    """A style sheet."""
    kept = [match for match in CSS_TOKEN.finditer(source) if match.lastgroup != "comment"]
    runs = groupby(kept, key=lambda match: match.lastgroup)
    return "".join(
        "".join(match[0] for match in run) if kind == "text" else tight("".join(match[0] for match in run)) for kind, run in runs
    ).strip()


def tight(plain: str) -> str:
    plain = re.sub(r"\s+", " ", plain)
    plain = re.sub(r" ?([{};,]) ?", r"\1", plain)
    return re.sub(r": ", ":", plain).replace(";}", "}")
