"""What we say to visitors ourselves, where the scenario has no words for it. The widget's own words are in static/webchat/texts/."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple


class Sentences(NamedTuple):
    """``{agent}`` is the agent's name, ``{before}`` that of whoever had the conversation before."""

    no_answer: str
    noted: str
    waiting: str
    nobody: str
    joined: str
    taken_over: str
    left: str
    returned: str
    opened_again: str
    afterwards: str


ENGLISH = Sentences(
    no_answer="Sorry, I have no answer to that.",
    noted="Thank you, I have noted that.",
    waiting="A colleague will be with you soon. Go on and tell us what it is about.",
    nobody="Sorry, nobody can be reached just now.",
    joined="{agent} has joined the chat.",
    taken_over="{agent} has taken over from {before}.",
    left="{agent} has left the chat. Somebody else will take over.",
    returned="You are back with the assistant.",
    opened_again="The conversation was opened again: you are with the team.",
    afterwards="A message from the team, after the conversation had ended:",
)
SENTENCES = {
    "en": ENGLISH,
    "ar": Sentences(
        no_answer="عذرًا، ليست لدي إجابة عن ذلك.",
        noted="شكرًا لك، لقد سجّلت ذلك.",
        waiting="سينضم إليك أحد الزملاء قريبًا. تفضّل بإخبارنا بما تحتاج إليه.",
        nobody="عذرًا، لا يمكن الوصول إلى أحد الآن.",
        joined="انضم {agent} إلى المحادثة.",
        taken_over="تولّى {agent} المحادثة بدلًا من {before}.",
        left="غادر {agent} المحادثة. سيتولى الأمر شخص آخر.",
        returned="لقد عدت إلى المساعد.",
        opened_again="فُتحت المحادثة من جديد: أنت الآن مع الفريق.",
        afterwards="رسالة من الفريق بعد انتهاء المحادثة:",
    ),
    "de": Sentences(
        no_answer="Darauf habe ich leider keine Antwort.",
        noted="Danke, das habe ich notiert.",
        waiting="Gleich ist jemand für Sie da. Schreiben Sie uns schon einmal, worum es geht.",
        nobody="Leider ist gerade niemand erreichbar.",
        joined="{agent} ist jetzt im Chat.",
        taken_over="{agent} übernimmt von {before}.",
        left="{agent} hat den Chat verlassen. Jemand anderes übernimmt.",
        returned="Sie sprechen wieder mit dem Assistenten.",
        opened_again="Die Unterhaltung wurde wieder geöffnet: Sie sprechen mit dem Team.",
        afterwards="Eine Nachricht vom Team, nachdem die Unterhaltung beendet war:",
    ),
    "es": Sentences(
        no_answer="Lo siento, no tengo respuesta para eso.",
        noted="Gracias, lo he anotado.",
        waiting="Enseguida le atenderá alguien del equipo. Mientras tanto, cuéntenos de qué se trata.",
        nobody="Lo sentimos, ahora mismo no hay nadie disponible.",
        joined="{agent} se ha unido al chat.",
        taken_over="{agent} sustituye a {before}.",
        left="{agent} ha salido del chat. Le atenderá otra persona.",
        returned="Vuelve a hablar con el asistente.",
        opened_again="La conversación se ha vuelto a abrir: está con el equipo.",
        afterwards="Un mensaje del equipo, después de terminada la conversación:",
    ),
    "fr": Sentences(
        no_answer="Désolé, je n’ai pas de réponse à cela.",
        noted="Merci, c’est noté.",
        waiting="Quelqu’un de l’équipe arrive bientôt. En attendant, dites-nous de quoi il s’agit.",
        nobody="Désolé, personne n’est joignable pour le moment.",
        joined="{agent} a rejoint la discussion.",
        taken_over="{agent} prend le relais de {before}.",
        left="{agent} a quitté la discussion. Quelqu’un d’autre va prendre le relais.",
        returned="Vous êtes de retour avec l’assistant.",
        opened_again="La discussion a été rouverte : vous êtes avec l’équipe.",
        afterwards="Un message de l’équipe, après la fin de la discussion :",
    ),
    "ja": Sentences(
        no_answer="申し訳ありません。その質問にはお答えできません。",
        noted="ありがとうございます。承りました。",
        waiting="まもなく担当者が参ります。ご用件をお書きになってお待ちください。",
        nobody="申し訳ありません。ただいま対応できる者がおりません。",
        joined="{agent} がチャットに参加しました。",
        taken_over="{before} に代わって {agent} が対応します。",
        left="{agent} がチャットから退出しました。別の担当者が引き継ぎます。",
        returned="アシスタントとの会話に戻りました。",
        opened_again="会話が再開されました。担当者におつなぎしています。",
        afterwards="会話の終了後に届いた担当者からのメッセージ：",
    ),
    "nl": Sentences(
        no_answer="Sorry, daar heb ik geen antwoord op.",
        noted="Dank u, dat heb ik genoteerd.",
        waiting="Er komt zo iemand bij u. Vertel ons alvast waar het over gaat.",
        nobody="Sorry, er is op dit moment niemand bereikbaar.",
        joined="{agent} is nu in de chat.",
        taken_over="{agent} neemt het over van {before}.",
        left="{agent} heeft de chat verlaten. Iemand anders neemt het over.",
        returned="U praat weer met de assistent.",
        opened_again="Het gesprek is opnieuw geopend: u praat met het team.",
        afterwards="Een bericht van het team, nadat het gesprek was beëindigd:",
    ),
    "pt": Sentences(
        no_answer="Desculpe, não tenho resposta para isso.",
        noted="Obrigado, tomei nota.",
        waiting="Alguém da equipa estará consigo em breve. Entretanto, diga-nos do que se trata.",
        nobody="Lamentamos, de momento não há ninguém disponível.",
        joined="{agent} entrou no chat.",
        taken_over="{agent} continua no lugar de {before}.",
        left="{agent} saiu do chat. Outra pessoa vai continuar.",
        returned="Está de volta ao assistente.",
        opened_again="A conversa foi reaberta: está com a equipa.",
        afterwards="Uma mensagem da equipa, depois de terminada a conversa:",
    ),
    "zh": Sentences(
        no_answer="抱歉，这个问题我无法回答。",
        noted="谢谢，我已记下。",
        waiting="同事很快就会来为您服务。请先告诉我们您需要什么帮助。",
        nobody="抱歉，现在没有人可以为您服务。",
        joined="{agent} 已加入对话。",
        taken_over="{agent} 接替 {before} 为您服务。",
        left="{agent} 已离开对话，将由其他同事接手。",
        returned="您已回到智能助手。",
        opened_again="对话已重新打开：团队正在为您服务。",
        afterwards="对话结束后团队发来的消息：",
    ),
}


def spoken(fixed: str, context: Mapping[str, Any]) -> Sentences:
    """In the scenario's language, else in the one the visitor's page speaks; in English where neither is told."""
    return SENTENCES.get(fixed) or SENTENCES.get(str(context.get("spoken"))) or ENGLISH
