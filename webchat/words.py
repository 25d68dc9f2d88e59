"""Words of ours that a page has before, or without, its script. All the others are in static/webchat/texts/."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest
from django.utils.translation.trans_real import parse_accept_lang_header

RIGHT_TO_LEFT = {"ar"}


class Words(NamedTuple):
    gone: str
    gone_means: str
    no_script: str


WORDS = {
    "en": Words(
        "This chat isn’t available",
        "It may have been switched off, or its address has changed. Please go back to the website you came from and look for another "
        "way to get in touch.",
        "This chat needs JavaScript.",
    ),
    "ar": Words(
        "هذه المحادثة غير متاحة",
        "ربما أُوقفت أو تغيّر عنوانها. يُرجى العودة إلى الموقع الذي جئت منه والبحث عن طريقة أخرى للتواصل.",
        "تحتاج هذه المحادثة إلى JavaScript.",
    ),
    "de": Words(
        "Dieser Chat ist nicht verfügbar",
        "Vielleicht wurde er abgeschaltet, oder seine Adresse hat sich geändert. Bitte gehen Sie zurück zu der Website, von der Sie kamen, "
        "und suchen Sie dort einen anderen Weg, sich zu melden.",
        "Dieser Chat braucht JavaScript.",
    ),
    "es": Words(
        "Este chat no está disponible",
        "Puede que se haya desactivado o que su dirección haya cambiado. Vuelva al sitio web del que viene y busque allí otra forma de "
        "contacto.",
        "Este chat necesita JavaScript.",
    ),
    "fr": Words(
        "Cette discussion n’est pas disponible",
        "Elle a peut-être été désactivée, ou son adresse a changé. Veuillez retourner sur le site d’où vous venez et y chercher un autre "
        "moyen de nous joindre.",
        "Cette discussion nécessite JavaScript.",
    ),
    "ja": Words(
        "このチャットはご利用いただけません",
        "停止されたか、アドレスが変わった可能性があります。元のウェブサイトに戻り、別の連絡方法をお探しください。",
        "このチャットには JavaScript が必要です。",
    ),
    "nl": Words(
        "Deze chat is niet beschikbaar",
        "Misschien is hij uitgezet of is het adres veranderd. Ga terug naar de website waar u vandaan kwam en zoek daar een andere manier "
        "om contact op te nemen.",
        "Deze chat heeft JavaScript nodig.",
    ),
    "pt": Words(
        "Este chat não está disponível",
        "Pode ter sido desativado, ou o endereço mudou. Volte ao site de onde veio e procure outra forma de contacto.",
        "Este chat precisa de JavaScript.",
    ),
    "zh": Words(
        "此对话不可用",
        "它可能已被关闭，或地址已更改。请返回您之前访问的网站，寻找其他联系方式。",
        "此对话需要 JavaScript。",
    ),
}


def language_of(request: HttpRequest, fixed: str = "auto") -> str:
    """The scenario’s, else the first of the browser’s that we speak, else English; as static/webchat/languages.mjs decides."""
    wished = [tag for tag, _ in parse_accept_lang_header(request.headers.get("Accept-Language", "")[:500])]
    return next((spoken for tag in [fixed, *wished] if (spoken := tag.lower().split("-")[0]) in WORDS), "en")


def in_language(language: str) -> dict[str, object]:
    """For a template: the language, its direction, and its words."""
    return {"language": language, "direction": "rtl" if language in RIGHT_TO_LEFT else "ltr", "words": WORDS[language]}
