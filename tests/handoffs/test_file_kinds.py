"""What a file is, what is left of it, and what it is called."""

import zipfile
from io import BytesIO

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from handoffs.files import NotTaken, kinds, names, pictures
from tests import samples

OOXML, ODF = kinds.OOXML, kinds.ODF
TAKEN = [
    ("a.png", "image/png", samples.picture("PNG"), "image/png", "image"),
    ("a.jpg", "image/jpeg", samples.picture("JPEG"), "image/jpeg", "image"),
    ("a.gif", "image/gif", samples.picture("GIF"), "image/gif", "image"),
    ("a.webp", "image/webp", samples.picture("WEBP"), "image/webp", "image"),
    ("a.pdf", "application/pdf", samples.PDF, "application/pdf", "file"),
    ("a.txt", "text/plain", "Grüße\n".encode(), "text/plain", "file"),
    ("a.txt", "text/plain; charset=utf-8", "Grüße\r\n".encode("latin-1"), "text/plain", "file"),
    ("a.txt", "text/plain", "Grüße".encode("utf-16"), "text/plain", "file"),
    ("a.csv", "text/csv", b"a;b\n1;2\n", "text/csv", "file"),
    ("a.csv", "application/vnd.ms-excel", b"a;b\n1;2\n", "text/csv", "file"),
    ("a.doc", "application/msword", samples.OLE, "application/msword", "file"),
    ("a.xls", "application/vnd.ms-excel", samples.OLE, "application/vnd.ms-excel", "file"),
    ("a.ppt", "application/vnd.ms-powerpoint", samples.OLE, "application/vnd.ms-powerpoint", "file"),
    ("a.docx", "", samples.office("word"), f"{OOXML}wordprocessingml.document", "file"),
    ("a.xlsx", "", samples.office("xl"), f"{OOXML}spreadsheetml.sheet", "file"),
    ("a.pptx", "", samples.office("ppt"), f"{OOXML}presentationml.presentation", "file"),
    ("a.odt", "", samples.opendocument("text"), f"{ODF}text", "file"),
    ("a.ods", "", samples.opendocument("spreadsheet"), f"{ODF}spreadsheet", "file"),
    ("a.mp3", "audio/mpeg", samples.MP3, "audio/mpeg", "audio"),
    ("a.mp3", "audio/mp3", b"ID3" + samples.MP3, "audio/mpeg", "audio"),
    ("a.m4a", "audio/x-m4a", samples.M4A, "audio/mp4", "audio"),
    ("a.ogg", "application/ogg", samples.OGG, "audio/ogg", "audio"),
    ("a.wav", "audio/x-wav", samples.WAV, "audio/wav", "audio"),
    ("a.mp4", "video/mp4", samples.MP4, "video/mp4", "video"),
    ("a.mov", "video/quicktime", samples.MOV, "video/quicktime", "video"),
    ("a.webm", "video/webm", samples.WEBM, "video/webm", "video"),
    ("a.webm", "audio/webm", samples.WEBM, "audio/webm", "audio"),
    ("A.PDF", "application/octet-stream", samples.PDF, "application/pdf", "file"),
    # Without an extension the type says it; a picture needs neither.
    ("a", "application/pdf", samples.PDF, "application/pdf", "file"),
    ("a", "", samples.picture("PNG"), "image/png", "image"),
    # Programs mix pictures up; it is drawn anew, and named for what it is.
    ("a.jpg", "image/jpeg", samples.picture("WEBP"), "image/webp", "image"),
]
REFUSED = [
    ("a.svg", "image/svg+xml", samples.SVG),
    ("a.png", "image/png", samples.SVG),
    ("a.html", "text/html", samples.HTML),
    ("a.txt", "text/plain", samples.HTML),
    ("a.txt", "text/plain", b"\xef\xbb\xbf  <?xml version='1.0'?><a/>"),
    ("a.txt", "text/plain", "<html>".encode("utf-16")),
    ("a.txt", "text/plain", b"#!/bin/sh\nrm -rf /"),
    ("a.txt", "text/plain", samples.EXE),
    ("a.txt", "text/plain", b" \n\t"),
    ("a.csv", "text/csv", samples.picture("PNG")),
    ("a.exe", "application/x-msdownload", samples.EXE),
    ("a.exe", "image/png", samples.picture("PNG")),
    ("a.pdf.exe", "application/pdf", samples.PDF),
    ("a.pdf", "application/pdf", samples.EXE),
    ("a.pdf", "text/html", samples.PDF),
    ("a.pdf", "application/pdf", b"x" + samples.PDF),
    ("a.png", "application/pdf", samples.picture("PNG")),
    ("a.png", "image/png", samples.PDF),
    ("a.docx", "", samples.office("xl")),
    ("a.docx", "", samples.office("word", "word/vbaProject.bin")),
    ("a.docm", "", samples.office("word", "word/vbaProject.bin")),
    ("a.docx", "", samples.package("word/main.xml")),
    ("a.docx", "", b"PK\x03\x04 not a package"),
    ("a.odt", "", samples.opendocument("spreadsheet")),
    ("a.odt", "", samples.opendocument("text", "Basic/script.xml")),
    ("a.odt", "", samples.opendocument("text-template")),
    ("a.zip", "application/zip", samples.package("a.exe")),
    ("a.jar", "application/java-archive", samples.office("word")),
    ("a.heic", "image/heic", samples.HEIC),
    ("a.mp4", "video/mp4", samples.HEIC),
    ("a.mp3", "audio/mpeg", b"\xff\xf1\x50\x80" + bytes(99)),
    ("a.webm", "video/webm", b"\x1aE\xdf\xa3\x42\x82\x88matroska"),
    ("a", "", b"just words"),
    ("a", "application/octet-stream", samples.PDF),
    (".pdf", "", samples.PDF),
    ("a.xyz", "text/plain", b"just words"),
]


@pytest.mark.parametrize(("name", "said", "content", "kind", "group"), TAKEN)
def test_what_visitors_send_is_known_by_what_is_in_it(name, said, content, kind, group):
    checked = kinds.checked(name, said, content)
    assert (checked.type, checked.group) == (kind, group)
    assert (checked.content == content) is (group != "image" or checked.content == content)
    assert kind in kinds.TYPES


@pytest.mark.parametrize(("name", "said", "content"), REFUSED)
def test_what_is_not_on_the_list_or_not_what_it_says_is_refused_in_words(name, said, content):
    with pytest.raises(NotTaken) as refused:
        kinds.checked(name, said, content)
    assert refused.value.code == "bad_type" and refused.value.detail.endswith(".")


def test_a_package_of_a_hundred_thousand_names_is_not_looked_into():
    made = BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        for number in range(kinds.MOST_MEMBERS):
            archive.writestr(f"word/{number}", "")
        archive.writestr("[Content_Types].xml", "")
    with pytest.raises(NotTaken):
        kinds.checked("a.docx", "", made.getvalue())


@given(st.binary(max_size=200), st.sampled_from([head for *_, head, _, _ in TAKEN]), st.sampled_from([name for name, *_ in TAKEN]))
def test_any_bytes_are_taken_or_refused(tail, head, name):
    for content in (tail, head[:40] + tail, head[: len(head) // 2]):
        try:
            assert kinds.checked(name, "", content).type in kinds.TYPES
        except NotTaken as refused:
            assert refused.detail


# --- What agents send ---------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.zip", samples.package("a.txt")),
        ("a.heic", samples.HEIC),
        ("a.json", b"{}"),
        ("noname", b"x"),
        ("a.png", b"\x89PNG\r\n\x1a\nbroken"),
    ],
)
def test_what_we_do_not_know_of_an_agent_is_something_to_save(name, content):
    checked = kinds.checked_for_visitors(name, "", content)
    assert (checked.type, checked.group, checked.name, checked.content) == ("application/octet-stream", "file", name, content)


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.svg", samples.SVG),
        ("a.html", b"x"),
        ("a.exe", b"x"),
        ("a.zip", samples.EXE),
        ("a", samples.HTML),
        ("a.docm", b"x"),
        ("a.JS ", b"x"),
        ("a.exe.notanending", b"x"),
        ("a.exe.ü", b"x"),
        ("a.xll", b"x"),
        ("a.webloc", b"x"),
    ],
)
def test_what_is_dangerous_to_open_is_not_passed_on(name, content):
    with pytest.raises(NotTaken):
        kinds.checked_for_visitors(name, "", content)


# --- Pictures -----------------------------------------------------------------------------------------------------------------------------


def test_a_photo_stands_upright_and_says_nothing_of_where_it_was_taken():
    drawn = pictures.redrawn(samples.photo())
    assert (drawn.width, drawn.height) == (4, 8)
    with Image.open(BytesIO(drawn.content)) as picture:
        assert (picture.size, dict(picture.getexif())) == ((4, 8), {})
    for secret in (b"the maker", b"the xmp", b"a comment", b"Exif"):
        assert secret in samples.photo() and secret not in drawn.content


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_nothing_is_left_beside_other_pictures_either(kind):
    exif = Image.Exif()
    exif[0x010F] = "the maker"
    drawn = pictures.redrawn(samples.picture(kind, exif=exif) + b"hidden behind")
    assert b"the maker" not in drawn.content and b"hidden behind" not in drawn.content


@pytest.mark.parametrize("quality", [20, 75, 98])
def test_a_photo_is_as_large_as_it_was(quality):
    noise = BytesIO()
    Image.effect_noise((200, 100), 60).convert("RGB").save(noise, "JPEG", quality=quality)
    assert len(pictures.redrawn(noise.getvalue()).content) == pytest.approx(len(noise.getvalue()), rel=0.05)


def test_a_moving_picture_moves_on():
    drawn = pictures.redrawn(samples.moving(frames=3))
    with Image.open(BytesIO(drawn.content)) as picture:
        assert (picture.n_frames, picture.info["duration"], picture.info["loop"]) == (3, 100, 0)
    assert b"a comment" not in drawn.content


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
def test_any_jpeg_can_be_shown_by_a_browser(mode):
    with Image.open(BytesIO(pictures.redrawn(samples.picture("JPEG", mode=mode)).content)) as picture:
        assert picture.mode in ("L", "RGB")


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "I;16"])
def test_any_png_is_drawn_anew(mode):
    assert pictures.redrawn(samples.picture("PNG", mode=mode)).width == 8


def test_colours_and_transparency_stay():
    seen = Image.new("RGBA", (2, 1), (1, 2, 3, 4))
    made = BytesIO()
    seen.save(made, "PNG", icc_profile=b"a profile")
    with Image.open(BytesIO(pictures.redrawn(made.getvalue()).content)) as picture:
        assert picture.getpixel((0, 0)) == (1, 2, 3, 4) and picture.info["icc_profile"] == b"a profile"


@pytest.mark.parametrize("bomb", [samples.picture("PNG", (8000, 8000), "1"), samples.picture("PNG", (20_000, 20_000), "1")])
def test_a_small_file_that_unfolds_to_a_huge_picture_is_refused(bomb):
    with pytest.raises(NotTaken) as refused:
        pictures.redrawn(bomb)
    assert refused.value.code == "too_large"


def test_a_moving_picture_with_too_many_frames_is_refused_before_they_are_counted(monkeypatch):
    monkeypatch.setattr(pictures, "MOST_FRAMES", 2)
    with pytest.raises(NotTaken) as refused:
        pictures.redrawn(samples.moving(frames=3))
    assert "2 frames" in refused.value.detail


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_pictures_that_move_go_on_moving_too(kind):
    frames = [Image.new("RGB", (8, 4), (shade, 0, 0)) for shade in (0, 120, 240)]
    made = BytesIO()
    frames[0].save(made, kind, save_all=True, append_images=frames[1:], duration=100)
    with Image.open(BytesIO(pictures.redrawn(made.getvalue()).content)) as picture:
        assert picture.n_frames == 3


def test_a_moving_picture_with_too_many_pixels_in_all_is_refused(monkeypatch):
    monkeypatch.setattr(pictures, "MOST_PIXELS_MOVING", 95)
    with pytest.raises(NotTaken):
        pictures.redrawn(samples.moving(frames=3))


@pytest.mark.parametrize("cut", [30, 60, -20])
def test_half_a_picture_is_none(cut):
    with pytest.raises(NotTaken):
        pictures.redrawn(samples.picture("JPEG", (64, 64))[:cut])


# --- Names --------------------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("Rechnung Nr. 5.pdf", "Rechnung Nr. 5.pdf"),
        ("größe.PDF", "größe.pdf"),
        ("../../etc/passwd.pdf", "passwd.pdf"),
        ("C:\\Users\\ann\\a.pdf", "a.pdf"),
        ("a\x00b\r\n.pdf", "ab.pdf"),
        ("fdp\u202eexe.pdf", "fdpexe.pdf"),
        ("zero\u200bwidth.pdf", "zerowidth.pdf"),
        ("...pdf", "pdf.pdf"),
        (".pdf", "pdf.pdf"),
        ("", "file.pdf"),
        ("/", "file.pdf"),
        ("a.exe", "a.pdf"),
        ('a<b>"c|d?.pdf', "a_b__c_d_.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("com1.x.pdf", "_com1.x.pdf"),
        ("\ud800.pdf", "pdf.pdf"),
        ("a . pdf", "a.pdf"),
        ("a" * 500 + ".pdf", "a" * 145 + ".pdf"),
    ],
)
def test_a_name_keeps_what_can_be_read_of_it(given, kept):
    assert names.harmless(given, ("pdf",)) == kept


@given(st.text(), st.sampled_from([(), ("pdf",), ("jpg", "jpeg")]))
def test_any_name_becomes_a_harmless_one(name, extensions):
    made = names.harmless(name, extensions)
    assert 0 < len(made) <= names.LONGEST and made.isprintable() and made == made.strip(" .")
    assert not set(made) & set('/\\<>:"|?*')
    assert not extensions or made.rpartition(".")[2] in extensions
    assert names.harmless(made, extensions) == made
