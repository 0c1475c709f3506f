"""Archives that are damaged or hostile are refused whole and clearly, and nothing is changed."""

import io
import stat
import struct
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest

from tests.archives.asking import send, state
from tests.archives.samples import ARCHIVE, ROOT, rule, written, zipped
from tests.installations import Server, configured, open_for_test
from tests.resources.asking import seq

YML = "techniques/a/t/1.0/technique.yml"
XML = "techniques/a/t/1.0/metadata.xml"
LAUGHS = """<?xml version="1.0"?>
<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;&b;&b;&b;">]>
<TECHNIQUE name="&c;"><SECTIONS/></TECHNIQUE>
"""
OUTSIDE = """<!DOCTYPE t [<!ENTITY x SYSTEM "file:///etc/passwd">]><TECHNIQUE name="&x;"/>"""
YAML_BOMB = "id: t\nversion: '1.0'\na: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


def with_member(name: str, content: bytes = b"{}", **more: Any) -> bytes:
    """Add one member of any name and attributes to the good archive."""
    out = io.BytesIO(zipped(ARCHIVE))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        info = zipfile.ZipInfo("placeholder")
        info.filename = name
        info.compress_type = zipfile.ZIP_DEFLATED
        for key, value in more.items():
            setattr(info, key, value)
        archive.writestr(info, content)
    return out.getvalue()


def with_names_replaced(old: bytes, new: bytes) -> bytes:
    content = zipped({**ARCHIVE, f"rules/{old.decode()}.json": rule("r-x", "Rule x")})
    assert len(old) == len(new)
    assert content.count(old) == 2
    return content.replace(old, new)


def with_flag(flag: int) -> bytes:
    """Set a bit of the flags of the first member, in its own header and in the directory."""
    content = bytearray(zipped(ARCHIVE))
    for mark, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        place = content.index(mark) + offset
        (flags,) = struct.unpack_from("<H", content, place)
        struct.pack_into("<H", content, place, flags | flag)
    return bytes(content)


def twice() -> bytes:
    out = io.BytesIO(zipped(ARCHIVE))
    with zipfile.ZipFile(out, "a") as archive, pytest.warns(UserWarning, match="Duplicate name"):
        archive.writestr(f"{ROOT}rules/Web_rule.json", written(rule("r-web", "Another")))
    return out.getvalue()


def zeros() -> bytes:
    """500 MB of zeros in half a megabyte."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(f"{ROOT}rules/a.json", written(rule("r-1", "Rule 1")))
        with archive.open(f"{ROOT}rules/zeros.json", "w") as member:
            for _ in range(500):
                member.write(bytes(1_000_000))
    return out.getvalue()


def claiming(size: int) -> bytes:
    """Let the directory say that the first member unpacks to `size` bytes."""
    content = bytearray(zipped(ARCHIVE))
    struct.pack_into("<I", content, content.index(b"PK\x01\x02") + 24, size)
    return bytes(content)


def damaged() -> bytes:
    content = bytearray(zipped({"rules/a.json": rule("r-1", "Rule 1", longDescription="x" * 200)}))
    place = content.index(b"a.json") + 12
    content[place : place + 20] = bytes(20)
    return bytes(content)


def one(files: Mapping[str, Any]) -> bytes:
    return zipped({"rules/a.json": rule("r-1", "Rule 1"), **files})


HOSTILE = {
    "no zip": (b"this is no zip", "not a zip, or is damaged"),
    "nothing": (b"", "not a zip, or is damaged"),
    "cut off": (zipped(ARCHIVE)[:-40], "not a zip, or is damaged"),
    "damaged inside": (damaged(), "rules/a.json: the zip is damaged here"),
    "a path upwards": (with_member(f"{ROOT}rules/../../../etc/evil.json"), "leads out of the archive"),
    "an absolute path": (with_member("/etc/evil.json"), "leads out of the archive"),
    "a path of another system": (with_member("C:/evil.json"), "leads out of the archive"),
    "a backslash": (with_member(f"{ROOT}rules\\..\\evil.json"), "leads out of the archive"),
    "a control character": (with_member(f"{ROOT}rules/a\nb.json"), "rules/a\\u000ab.json: its name"),
    "a link": (
        with_member(f"{ROOT}rules/link.json", b"/etc/passwd", external_attr=(stat.S_IFLNK | 0o777) << 16),
        "it is a link or a device",
    ),
    "a name twice": (twice(), "two files of this name"),
    "an encrypted member": (with_flag(0x1), "it is encrypted"),
    "a name that is not UTF-8": (with_names_replaced(b"QQQQ", b"\xff\xfe\xfd\xfc"), "its name is not UTF-8"),
    "500 MB of zeros": (zeros(), "rules/zeros.json: it unpacks to more than 8388608 bytes"),
    "a claim of more than 1 GiB": (claiming(0xFFFFFFF0), "at most 1073741824 are taken"),
    "a claim of too little": (claiming(3), "the zip is damaged here"),
    "nothing of an archive": (zipped({"README": "hello"}), "it holds nothing that is read"),
    "two archives": (
        zipped({"a/rules/x.json": {}, "b/rules/x.json": {}}, root=""),
        "it holds several archives, in a, b",
    ),
    "no JSON": (one({"rules/b.json": "{"}), "rules/b.json: Unexpected end of input"),
    "a key twice": (one({"rules/b.json": '{"id":"a","id":"b"}'}), "the key is there 2 times"),
    "no object": (one({"rules/b.json": "[]"}), "rules/b.json: it is not a JSON object"),
    "no id": (one({"rules/b.json": {"displayName": "Rule b"}}), "rules/b.json: it has no text `id`"),
    "an id twice": (one({"rules/b.json": rule("r-1", "Again")}), "rule 'r-1' is in rules/a.json too"),
    "an unknown member": (one({"rules/b.json": rule("r-2", "Rule 2", enabeld=True)}), "Unknown field 'enabeld'"),
    "an id that is a path": (one({"rules/b.json": rule("../x", "Rule 2")}), "contains a slash"),
    "a reserved id": (one({"rules/b.json": rule("tree", "Rule 2")}), "is reserved"),
    "an unknown technique": (
        one(
            {
                "directives/b.json": {
                    "id": "d-1",
                    "displayName": "Directive",
                    "techniqueName": "nowhere",
                    "techniqueVersion": "1.0",
                }
            }
        ),
        "Technique 'nowhere' does not exist",
    ),
    "entities in XML": (one({XML: LAUGHS}), "the XML has a document type"),
    "an entity from outside": (one({XML: OUTSIDE}), "the XML has a document type"),
    "XML that is cut off": (one({XML: "<TECHNIQUE>"}), "the XML cannot be read"),
    "XML that is deep": (one({XML: "<a>" * 1000}), "nested more than 50 deep"),
    "XML of something else": (one({XML: "<html/>"}), "the outermost element is <html>"),
    "XML in an odd encoding": (one({XML: '<?xml version="1.0" encoding="ebcdic-xx"?><a/>'}), "the XML"),
    "aliases in YAML": (one({YML: YAML_BOMB}), "anchors (&) and aliases (*) are not allowed"),
    "a tag in YAML": (one({YML: "id: !!python/object/apply:os.system ['true']\n"}), "is not allowed; leave it out"),
    "YAML that is no technique": (one({YML: "- a\n"}), "it is not the description of a technique"),
    "a technique without a version": (one({YML: "id: t\nname: T\n"}), "'' is not a version"),
    "a file that is no text": (
        one({YML: "id: t\nversion: '1.0'\n", "techniques/a/t/1.0/resources/x.bin": b"\xff\xfe\x00"}),
        "its file resources/x.bin is not text",
    ),
    "a category that is its own parent": (
        one({"groups/a/category.json": {"id": "gc", "name": "Circle", "parent": "gc"}}),
        "is inside 'gc' itself",
    ),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_it_is_refused_whole_and_nothing_is_changed(server: Server, name: str) -> None:
    content, said = HOSTILE[name]
    server.put("/api/25/rules", json={"id": "r-here", "displayName": "Was here"})
    before = state(server), seq(server)

    answers = [send(server, content), send(server, content, query="?dryRun=true"), send(server, content, version=24)]

    assert [one.status_code for one in answers] == [400, 400, 500]
    for answer in answers:
        assert answer.get_json()["errorDetails"].startswith("Nothing was imported. ")
        assert said in answer.get_json()["errorDetails"]
    assert answers[0].get_json()["errors"] != {}
    assert (state(server), seq(server)) == before


def test_all_faults_are_listed_not_the_first(server: Server) -> None:
    files = {"rules/b.json": "{", "rules/c.json": "[]", "directives/d.json": "nothing", XML: LAUGHS}

    answer = send(server, one(files))

    assert set(answer.get_json()["errors"]) == {
        "rules/b.json",
        "rules/c.json",
        "directives/d.json",
        "techniques/a/t/1.0",
    }


def test_an_archive_may_be_larger_than_other_bodies_up_to_a_limit_of_its_own(server: Server) -> None:
    limits = {"max_body_bytes": 20_000, "max_upload_bytes": 60_000}
    narrow = configured(server.config.database_url, server.config.keys_dir, server.config.data_dir, **limits)
    with open_for_test(narrow) as opened:
        small = Server(narrow, opened)
        stored = io.BytesIO()
        with zipfile.ZipFile(stored, "w", zipfile.ZIP_STORED) as archive:
            archive.writestr("rules/a.json", written(rule("r-1", "Rule 1")))
            archive.writestr("noise", bytes(40_000))

        taken = send(small, stored.getvalue())
        refused = send(small, stored.getvalue() + bytes(30_000))
        other = small.put("/api/25/rules", json={"displayName": "x" * 30_000})

    assert (taken.status_code, refused.status_code, other.status_code) == (200, 413, 413)
