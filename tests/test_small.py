"""The widget as it is served: small, and still the same program."""

from __future__ import annotations

import gzip
import re
import shutil
import subprocess
from pathlib import Path

import pytest
from django.test import Client

from bench.sizes import CHAT_LIMIT, LOADER_LIMIT, chat_size, loader_size
from handoff_project import bundle, small
from handoff_project.statics import pack

ROOT = Path(__file__).resolve().parent.parent
SOURCE = ROOT / "static" / "webchat"


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the tests in JavaScript import, with the widget's modules as they are served."""
    root = tmp_path_factory.mktemp("packed")
    pack(SOURCE, root / "static" / "webchat")
    shutil.copytree(ROOT / "static" / "handoffs", root / "static" / "handoffs")
    for folder in ("tests/js", "templates/webchat"):
        (root / folder).mkdir(parents=True)
        for file in (ROOT / folder).iterdir():
            (root / folder / file.name).write_bytes(file.read_bytes())
    return root


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("// a\nconst a = 1; /* b */ let b = a + +a;\n", "const a=1;let b=a+ +a;"),
        ('const text = "// no comment, /* none */";\n', 'const text="// no comment, /* none */";'),
        ("const t = `a  // b ${ f(`}  ${ x }`) }  c`;", "const t=`a  // b ${ f(`}  ${ x }`) }  c`;"),
        ("const r = /[/\"'`] \\/ {2}/giu.test( x ) ? a / b / c : 0;", "const r=/[/\"'`] \\/ {2}/giu.test(x)?a/b/c:0;"),
        ("return /a  b/;\nfoo();\n\n\nbar()\n", "return/a  b/;foo();bar()"),
        ("a\n++\nb", "a\n++\nb"),
        ("class A {\n  #b = 1;\n  static c = 2\n  d() {}\n}\n", "class A{#b=1;static c=2\nd(){}}"),
        ("if (a in b) x = y instanceof Z;", "if(a in b)x=y instanceof Z;"),
        (
            "const CSS = /* css */ `\n  a { color: red; }\n  /* c */ b, c { margin: 0 1px }\n`;",
            "const CSS=`a{color:red}b,c{margin:0 1px}`;",
        ),
    ],
)
def test_spaces_that_mean_nothing_go_and_the_others_stay(source: str, expected: str) -> None:
    assert small.script(source).strip() == expected


def test_a_style_keeps_what_it_means() -> None:
    source = """/* a */
        .a > .b:not( :hover ) :is(a, b)::before {
            width: calc(1px + 2px);
            content: "/* x */  ✓ " / "";
        }
        @media (a: b) and (c: d) { a :hover { x: y; } }"""
    expected = (
        """.a > .b:not( :hover ) :is(a,b)::before{width:calc(1px + 2px);content:"/* x */  ✓ " / ""}@media (a:b) and (c:d){a :hover{x:y}}"""
    )
    assert small.style(source) == expected


def test_every_script_that_is_served_can_be_read(packed: Path) -> None:
    for file in [*(packed / "static").rglob("*.mjs"), *(packed / "static").rglob("*.js")]:
        done = subprocess.run(["node", "--check", file], capture_output=True, text=True)
        assert done.returncode == 0, f"{file.name}: {done.stderr}"


def test_the_tests_of_the_widget_hold_for_what_is_served(packed: Path) -> None:
    # Those that read the sources as text have read them already.
    read = [file for file in sorted((packed / "tests/js").glob("*.test.mjs")) if "readFileSync" not in file.read_text()]
    done = subprocess.run(["node", "--test", *map(str, read)], capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:]


def test_the_visit_needs_one_script_and_the_core_has_all_of_it(packed: Path) -> None:
    served = packed / "static" / "webchat"
    assert set(re.findall(r'from"\./([\w/]+\.mjs)"', (served / "chat.mjs").read_text())) == {"core.mjs"}
    for alone in ("core.mjs", "peek.mjs"):
        assert not re.findall(r'from"\./', (served / alone).read_text())


def test_modules_that_need_each_other_are_refused_with_their_circle() -> None:
    sources = {"chat.mjs": 'import { a } from "./a.mjs";', "a.mjs": 'import { b } from "./b.mjs";', "b.mjs": 'import { a } from "./a.mjs";'}
    with pytest.raises(bundle.Circle, match=r"a\.mjs → b\.mjs → a\.mjs"):
        bundle.scripts(sources)


def test_each_process_gives_a_file_the_same_tag(tmp_path: Path) -> None:
    one, two = (pack(SOURCE, tmp_path / name) for name in ("one", "two"))
    assert [(path.name, path.stat().st_mtime_ns, path.read_bytes()) for path in one] == [
        (path.name, path.stat().st_mtime_ns, path.read_bytes()) for path in two
    ]


def test_what_is_served_is_small_and_compressed() -> None:
    answer = Client().get("/static/webchat/core.mjs", headers={"Accept-Encoding": "gzip"})
    body = b"".join(answer.streaming_content)  # type: ignore[attr-defined]
    assert answer["Content-Encoding"] == "gzip" and "javascript" in answer["Content-Type"] and answer["Access-Control-Allow-Origin"] == "*"
    assert b"Copyright" not in body and gzip.decompress(body).startswith(b"export const $")


def test_the_loader_is_less_than_3_kb() -> None:
    assert loader_size() < LOADER_LIMIT == 3000


@pytest.mark.parametrize("language", ["en", "ar", "de", "es", "fr", "ja", "nl", "pt", "zh"])
def test_the_chat_pages_script_and_style_are_less_than_30_kb_in_every_language(language: str) -> None:
    assert chat_size(language) < CHAT_LIMIT == 30_000
