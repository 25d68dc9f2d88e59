"""Which phrase was said. Pure, and quick however long the text and however many the phrases."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from rapidfuzz import process
from rapidfuzz.distance import OSA

from handoffs.script import Template

NOT_WORDS = re.compile(r"[\W_]+")
# Written without blanks between words.
SPACELESS = re.compile(r"[\u0e00-\u0eff\u3040-\u30ff\u3400-\u9fff]")
# Slips are forgiven in so many words from the beginning: a longer text is no question with a slip in it, and the time stays bounded.
MOST_WORDS = 100
LONGEST_PHRASE = 200


@dataclass(frozen=True)
class Match:
    """A phrase that was said; ``words`` are the visitor's for it, ``likeness`` in percent."""

    template: Template
    phrase: str
    words: str
    likeness: int

    def rank(self) -> tuple[int, int]:
        """The longer phrase says more of what was meant; a slip takes something of its length away."""
        return self.likeness * len(normalised_phrase(self.phrase)), self.likeness

    def __str__(self) -> str:
        if self.likeness == 100:
            return f"The visitor said the phrase “{self.phrase}”."
        return f"The visitor said “{self.words}”: {self.likeness} % like the phrase “{self.phrase}”."


def normalised(text: str) -> str:
    """Lower case without accents and punctuation, words one blank apart."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return NOT_WORDS.sub(" ", bare).strip()


@lru_cache(maxsize=10_000)
def normalised_phrase(phrase: str) -> str:
    return normalised(phrase[:LONGEST_PHRASE])


def matches(templates: Iterable[Template], text: str) -> list[Match]:
    """Every phrase that was said, the nearest first; the earlier template wins a tie."""
    said = Said(normalised(text))
    found = [match for template in templates for phrase in template.phrases if (match := said.match(template, phrase))]
    return sorted(found, key=Match.rank, reverse=True)


class Said:
    """What the visitor said, cut into pieces of so many words when they are asked for."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.padded = f" {text} "
        self.words = text.split()[:MOST_WORDS]
        self.cut: dict[int, list[str]] = {}

    def match(self, template: Template, phrase: str) -> Match | None:
        wanted = normalised_phrase(phrase)
        if not wanted:
            return None
        if f" {wanted} " in self.padded or (SPACELESS.search(wanted) and wanted in self.text):
            return Match(template, phrase, wanted, 100)
        slips = slips_forgiven(wanted)
        found = process.extractOne(wanted, self.pieces(len(wanted.split())), scorer=OSA.distance, score_cutoff=slips) if slips else None
        if found is None:
            return None
        words, distance, _ = found
        likeness = round(100 * (1 - distance / max(len(words), len(wanted))))
        return Match(template, phrase, words, min(99, likeness))

    def pieces(self, words: int) -> list[str]:
        """All pieces of as many words, and of one more or less: a slip may add or take a blank."""
        if words not in self.cut:
            self.cut[words] = [
                " ".join(self.words[start : start + length])
                for length in (words, words - 1, words + 1)
                if 0 < length <= len(self.words)
                for start in range(len(self.words) - length + 1)
            ]
        return self.cut[words]


def slips_forgiven(phrase: str) -> int:
    """Of a short phrase none: one letter makes another word of it."""
    return 0 if len(phrase) < 5 else 1 if len(phrase) < 9 else 2
