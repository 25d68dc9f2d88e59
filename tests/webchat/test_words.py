"""What a page says before, or without, its script: in the visitor's language, as the script would say it."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from handoffs.models.scenario import InterfaceSettings
from webchat.words import RIGHT_TO_LEFT, WORDS

TEXTS = Path(settings.BASE_DIR) / "static" / "webchat" / "texts"


def test_the_page_speaks_every_language_of_the_widget_and_no_words_are_missing():
    assert set(WORDS) == {value for value, _ in InterfaceSettings.Language.choices} - {"auto"} == {path.stem for path in TEXTS.iterdir()}
    for each in WORDS.values():
        assert all(words.strip() for words in each)
    assert len({words.gone for words in WORDS.values()}) == len({words.no_script for words in WORDS.values()}) == len(WORDS)


def test_it_goes_the_same_way_as_the_script_says():
    for path in TEXTS.iterdir():
        assert ('dir: "rtl"' in path.read_text()) == (path.stem in RIGHT_TO_LEFT)


@pytest.mark.parametrize(
    ("accepted", "language", "direction"),
    [
        ("de-AT,de;q=0.9,en;q=0.8", "de", "ltr"),
        ("ar", "ar", "rtl"),
        ("tlh, ja;q=0.3, fr;q=0.7", "fr", "ltr"),
        ("zh-Hant-TW", "zh", "ltr"),
        ("", "en", "ltr"),
        ("*", "en", "ltr"),
        ("en;q=x, ;;;, de\x7f", "en", "ltr"),
        ("a," * 5000, "en", "ltr"),
    ],
)
@pytest.mark.django_db
def test_what_is_not_there_says_so_in_the_browsers_language(client, scenario, accepted, language, direction):
    scenario.interface.language = "nl"
    scenario.interface.save()
    answer = client.get("/chat/nobody/", headers={"Accept-Language": accepted})
    page = answer.content.decode()
    assert f'<html lang="{language}" dir="{direction}">' in page and WORDS[language].gone in page and WORDS[language].gone_means in page
    assert "Accept-Language" in answer["Vary"]


@pytest.mark.parametrize(
    ("fixed", "accepted", "language"), [("auto", "fr", "fr"), ("ja", "fr", "ja"), ("auto", "tlh", "en"), ("ar", "", "ar")]
)
@pytest.mark.django_db
def test_without_a_script_the_chat_page_says_what_it_needs(client, scenario, fixed, accepted, language):
    scenario.interface.language = fixed
    scenario.interface.save()
    answer = client.get("/chat/demo/", headers={"Accept-Language": accepted})
    assert re.search(f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"', answer.content.decode())
    assert f'<noscript><p class="hint">{WORDS[language].no_script}</p></noscript>' in answer.content.decode()
    assert "Accept-Language" in answer["Vary"]
