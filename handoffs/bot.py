"""What the scenario says next. Pure: (script, what was said) → blocks. No I/O, no clock, no chance."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from handoffs.script import Block, Script, Template, When

NOT_WORDS = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Turn:
    """What answers, and by which template (None when the script has nothing to say)."""

    template: Template | None
    blocks: tuple[Block, ...]


def welcome(script: Script) -> Turn:
    return turn(first(script, When.WELCOME))


def answer(script: Script, text: str, leads_to: int | None = None) -> Turn:
    """The turn after the visitor said ``text``, or pressed a button that leads to the template ``leads_to``."""
    return turn(by_id(script, leads_to) or best_phrase(script, text) or first(script, When.NO_MATCH))


def turn(template: Template | None) -> Turn:
    return Turn(template, template.blocks if template else ())


def first(script: Script, when: When) -> Template | None:
    return next((template for template in script.templates if template.when is when), None)


def by_id(script: Script, template_id: int | None) -> Template | None:
    return next((template for template in script.templates if template.id == template_id), None)


def best_phrase(script: Script, text: str) -> Template | None:
    """The template with the longest phrase that stands in ``text`` as whole words; the earlier template wins a tie."""
    said = f" {normalised(text)} "
    lengths = [(phrase_length(template, said), template) for template in script.templates if template.when is When.PHRASES]
    length, template = max(lengths, key=lambda pair: pair[0], default=(0, None))
    return template if length else None


def phrase_length(template: Template, said: str) -> int:
    return max((len(phrase) for phrase in map(normalised, template.phrases) if phrase and f" {phrase} " in said), default=0)


def normalised(text: str) -> str:
    """Lower case without accents and punctuation, words one blank apart."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    bare = "".join(char for char in decomposed if not unicodedata.combining(char))
    return NOT_WORDS.sub(" ", bare).strip()
