"""Markdown of bots and agents, as a tree of the few nodes a page draws (docs/protocol.md). No HTML is made anywhere."""

from __future__ import annotations

import logging
import re
import threading
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import Any

from linkify_it import LinkifyIt  # type: ignore[import-untyped]
from markdown_it import MarkdownIt
from markdown_it.token import Token

log = logging.getLogger(__name__)

Node = str | dict[str, Any]

# What is longer, deeper, or has more nodes or addresses is shown as it was written.
LONGEST = 10_000
# Looking for where each one begins takes time in the square of how many there are.
MOST_ADDRESSES = 100
DEEPEST = 20
MOST_NODES = 3000
# Without a name and password before the host: they make one website look like another.
SAFE_ADDRESS = re.compile(r"(?:https?://[^/?#\\@]+(?:[/?#].*)?|mailto:.+|tel:.+)", re.IGNORECASE)
UNPRINTABLE = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
NAMES = {
    "paragraph_open": "p",
    "heading_open": "h",
    "blockquote_open": "quote",
    "bullet_list_open": "ul",
    "ordered_list_open": "ol",
    "list_item_open": "li",
    "strong_open": "b",
    "em_open": "i",
    "s_open": "s",
    "link_open": "a",
}


class TooMuch(Exception):
    pass


# Half a millisecond a message without it, and what bots say is said to everybody.
@lru_cache(maxsize=128)
def tree(text: str) -> list[Node] | None:
    """What is to be drawn; None when that is just the text with its line breaks."""
    if len(text) > LONGEST or text.count("://") > MOST_ADDRESSES:
        return None
    try:
        nodes = grown(readers.reader.parse(text))
    except TooMuch:
        return None
    except Exception:
        # A bug of the parser must not keep a visitor from their whole conversation.
        log.exception("A message could not be read as Markdown.")
        return None
    return None if says_no_more_than(text, nodes) else nodes


class Reader(MarkdownIt):
    def __init__(self) -> None:
        super().__init__("commonmark", {"html": False, "linkify": True, "breaks": True, "maxNesting": 2 * DEEPEST})
        # Without “reference”: a long address that is written once could be linked to a thousand times. Without “hr”: a line stays a line.
        self.disable(["reference", "hr"]).enable(["strikethrough", "linkify"])
        # “readme.md” is a file.
        self.linkify = LinkifyIt(options={"fuzzy_link": False, "fuzzy_ip": False})

    def validateLink(self, url: str) -> bool:
        return may_be_followed(url)


class Readers(threading.local):
    """One for each thread: what finds addresses keeps its place in itself."""

    def __init__(self) -> None:
        self.reader = Reader()


def may_be_followed(address: str) -> bool:
    return SAFE_ADDRESS.fullmatch(address) is not None and UNPRINTABLE.search(address) is None


def says_no_more_than(text: str, nodes: Sequence[Node]) -> bool:
    """Whether these are only paragraphs of the very words of the text."""
    words = ["".join(words_of(node)) for node in nodes if isinstance(node, dict) and node["t"] == "p"]
    return len(words) == len(nodes) and "".join("".join(words).split()) == "".join(text.split())


def words_of(paragraph: dict[str, Any]) -> Iterator[str]:
    """Its words; what is formatted gives a NUL, which no text has."""
    for node in paragraph["c"]:
        yield node if isinstance(node, str) else " " if node["t"] == "br" else "\0"


# --- From the parser's flat row of tokens, without recursion ------------------------------------------------------------------------------


def grown(tokens: Sequence[Token]) -> list[Node]:
    """Raises ``TooMuch``."""
    growing = Growing()
    for token in tokens:
        if token.level > DEEPEST:
            raise TooMuch
        for each in token.children or [] if token.type == "inline" else [token]:
            growing.take(each)
    return growing.root


class Growing:
    def __init__(self) -> None:
        self.root: list[Node] = []
        self.branches = [self.root]
        # The names of what is open, None for what has none.
        self.names: list[str | None] = []
        self.left = MOST_NODES

    def take(self, token: Token) -> None:
        if token.nesting == 1:
            name = self.name_of(token)
            self.branches.append(self.branch(token, name))
            self.names.append(name)
        elif token.nesting == -1:
            self.branches.pop()
            self.names.pop()
        else:
            self.put(leaf(token, linked="a" in self.names))

    def name_of(self, token: Token) -> str | None:
        """A list that goes on at 3 is numbered in words, as a page would begin at 1. What is written tightly has no paragraphs."""
        if token.hidden or (token.type == "ordered_list_open" and token.attrs.get("start", 1) != 1):
            return None
        if token.type == "link_open" and not may_be_followed(address_of(token, "href")):
            return None
        if token.type == "list_item_open" and self.names[-1] is None:
            return "p"
        return NAMES.get(token.type)

    def branch(self, token: Token, name: str | None) -> list[Node]:
        """Where the next nodes go: with what has no name, where it stands itself."""
        if name is None:
            return self.branches[-1]
        number = f"{token.info}{token.markup} " if token.type == "list_item_open" and name == "p" else ""
        node: dict[str, Any] = {"t": name, "c": [number] if number else []}
        if name == "a":
            node["href"] = address_of(token, "href")
        self.put(node)
        return node["c"]  # type: ignore[no-any-return]

    def put(self, node: Node) -> None:
        self.left -= 1
        if self.left < 0 or len(self.branches) > DEEPEST:
            raise TooMuch
        here = self.branches[-1]
        if isinstance(node, str) and here and isinstance(here[-1], str):
            here[-1] += node
        elif node:
            here.append(node)


def leaf(token: Token, linked: bool) -> Node:
    match token.type:
        case "softbreak" | "hardbreak":
            return {"t": "br", "c": []}
        case "code_inline":
            return {"t": "code", "c": [token.content]}
        case "fence" | "code_block":
            return {"t": "pre", "c": [token.content.removesuffix("\n")]}
        case "image":
            return picture(token.content, address_of(token, "src"), linked)
        case _:
            return token.content


def picture(name: str, address: str, linked: bool) -> Node:
    """Nothing is loaded from elsewhere: that would tell the visitor's address there."""
    shown = name or address
    return {"t": "a", "c": [shown], "href": address} if may_be_followed(address) and not linked else shown


def address_of(token: Token, name: str) -> str:
    return str(token.attrs[name])


readers = Readers()
