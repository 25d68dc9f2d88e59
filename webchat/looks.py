"""How a scenario's chat looks and behaves, as the page and the launcher are told (docs/embedding.md, “Colours and measures”)."""

from __future__ import annotations

from typing import Any

from django.urls import reverse

from handoffs.colours import HEX, readable_on
from handoffs.models.scenario import InterfaceSettings

SIZES = {"compact": (340, 540), "regular": (400, 680), "large": (480, 800)}
# What the launcher says, by language; everything else of the widget’s words is in static/webchat/texts/.
LAUNCHER = {
    "en": ("Chat with us", "Close chat", "# unread", "The chat cannot be shown here. Open it in a window of its own."),
    "ar": ("تحدث معنا", "إغلاق المحادثة", "# غير مقروءة", "لا يمكن عرض المحادثة هنا. افتحها في نافذة مستقلة."),
    "de": ("Chatten Sie mit uns", "Chat schließen", "# ungelesen", "Der Chat kann hier nicht angezeigt werden. In eigenem Fenster öffnen."),
    "es": ("Chatee con nosotros", "Cerrar el chat", "# sin leer", "El chat no se puede mostrar aquí. Ábralo en una ventana propia."),
    "fr": (
        "Discutez avec nous",
        "Fermer la discussion",
        "# non lus",
        "La discussion ne peut pas s’afficher ici. Ouvrez-la dans une fenêtre à part.",
    ),
    "ja": ("チャットで相談", "チャットを閉じる", "未読 # 件", "ここではチャットを表示できません。別のウィンドウで開いてください。"),
    "nl": ("Chat met ons", "Chat sluiten", "# ongelezen", "De chat kan hier niet worden getoond. Open hem in een eigen venster."),
    "pt": ("Fale connosco", "Fechar o chat", "# por ler", "O chat não pode ser mostrado aqui. Abra-o numa janela própria."),
    "zh": ("在线咨询", "关闭对话", "# 条未读", "此处无法显示对话。请在新窗口中打开。"),
}


def look_of(interface: InterfaceSettings) -> dict[str, Any]:
    """Plain values only, so that it can stand in an attribute as JSON."""
    accent = interface.accent if HEX.fullmatch(interface.accent) else ""
    return {
        "title": interface.title,
        "bot_name": interface.bot_name,
        "logo": picture(interface, "logo_id"),
        "avatar": picture(interface, "bot_avatar_id"),
        "accent": accent,
        "on_accent": readable_on(accent, interface.on_accent) if accent else "",
        "scheme": interface.scheme,
        "launcher_text": interface.launcher_text,
        "launcher_side": interface.launcher_side,
        "size": interface.size,
        "start": {"new": interface.start_new, "returning": interface.start_returning, "ongoing": interface.start_ongoing},
        "language": interface.language,
        "consent_text": interface.consent_text,
        "controls": {"restart": interface.may_restart, "end": interface.may_end, "download": interface.may_download},
        "show_history": interface.show_history,
        "websockets": interface.use_websockets,
    }


def picture(interface: InterfaceSettings, field: str) -> str | None:
    """Its address here; pictures of elsewhere are never shown."""
    which = getattr(interface, field)
    return reverse("picture", args=[interface.scenario.key, which]) if which else None


def launcher_of(interface: InterfaceSettings, language: str) -> dict[str, Any]:
    """What embed.js needs to draw the button on somebody's website."""
    look = look_of(interface)
    width, height = SIZES[interface.size]
    style = {"accent": look["accent"], "on-accent": look["on_accent"], "width": f"{width}px", "height": f"{height}px"}
    spoken = look["language"] if look["language"] in LAUNCHER else language.lower()[:2]
    words = dict(zip(("open", "close", "unread", "blocked"), LAUNCHER.get(spoken, LAUNCHER["en"]), strict=True))
    shown = {name: look[name] for name in ("launcher_text", "launcher_side", "start")}
    return shown | {"style": {name: value for name, value in style.items() if value}, "words": words}
