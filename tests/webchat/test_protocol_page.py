"""What docs/protocol.md says is so: the parts of it that can be read off the code."""

import ast
import json
import re
from pathlib import Path

import pytest

from handoffs import files, switchboard
from handoffs.models import Author
from webchat import consumers, frames, markdown, shown
from webchat.urls import urlpatterns

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "protocol.md").read_text()
EXAMPLE = json.loads(re.search(r"```json\n(.*?)```", PAGE, re.DOTALL)[1])


@pytest.mark.parametrize(
    "pattern", [pattern for pattern in urlpatterns if str(pattern.pattern).startswith("webchat/")], ids=lambda each: each.name
)
def test_every_door_is_explained(pattern):
    path = "/" + str(pattern.pattern).replace("<uuid:file_id>", "<id>")
    assert f"{path}`" in PAGE or f"{path}?" in PAGE or f"`/{path.rpartition('/')[2]}`" in PAGE


def test_every_frame_a_browser_may_send_is_explained():
    tree = ast.parse(Path(consumers.__file__).read_text())
    kinds = {each.value.value for each in ast.walk(tree) if isinstance(each, ast.MatchValue)}
    assert kinds and all(f'{{"type": "{kind}"' in PAGE for kind in kinds)


def test_the_example_of_a_message_has_the_keys_that_messages_have(conversation):
    message = shown.message(1, conversation.messages.get(), frozenset())
    assert set(EXAMPLE) == set(message) and set(EXAMPLE["author"]) == set(message["author"])
    file = files.store_upload(conversation.pk, "a.txt", "", b"words")
    assert set(EXAMPLE["files"][0]) == set(shown.file(file))


def test_the_floor_has_the_keys_that_are_explained(conversation):
    explained = re.search(r"## 5. The floor\n\n`(\{.*?\})`", PAGE)[1]
    assert re.findall(r'"(\w+)":', explained) == list(switchboard.floor(conversation))


def test_the_kinds_of_authors_and_nodes_are_all_named():
    assert EXAMPLE["author"]["kind"].split("|") == list(Author)
    nodes = re.search(r'"t": "([\w|]+)"', PAGE)[1].split("|")
    assert set(nodes) == {*markdown.NAMES.values(), "code", "pre", "br"}


def test_the_limits_are_the_codes():
    assert f"at most {frames.LARGEST_FRAME // 1024} KiB" in PAGE and f"a text at most {frames.LONGEST_TEXT:,} characters" in PAGE
    assert f"a file at most {files.LARGEST // 2**20} MiB" in PAGE and f"(at most {switchboard.MOST_FILES};" in PAGE
    assert f"`quota` ({files.LARGEST_DAY // 2**20} MiB a day)" in PAGE
    bounds = f"{markdown.LONGEST:,} characters, {markdown.MOST_NODES:,} nodes or {markdown.DEEPEST} levels"
    assert bounds in " ".join(PAGE.split())


def test_every_refusal_is_explained():
    raised = (Path(switchboard.__file__), Path(frames.__file__))
    codes = {code for path in raised for code in re.findall(r'Refusal\(\s*"(\w+)"', path.read_text())}
    assert "spent" in codes and [code for code in sorted(codes) if f"`{code}`" not in PAGE] == []
