"""Format 1 is frozen: bytes typed by hand from docs/format-1.md, hashes computed with sha256sum and git hash-object."""

import pytest

from app.store.format1 import body_hash, commit_bytes, event_bytes, event_hash, private_digest, tag_bytes, tag_name
from app.store.git.objects import commit_sha, tag_sha
from app.store.log import Event, Party, Private, ReviewTrail

TREE = "4b825dc642cb6eb9a060e54bf8d69288fbee4904"
FIRST_COMMIT = "998cc832086a694df13851fe0a8f61dd31b8158c"
FIRST_HASH = "947ed80351209ae6caa16dd81ee401aafed8ef818897ac8490b8d3d507459712"
BODY = '{"displayName":"Règle","enabled":true,"id":"r-1"}'
PRIVATE = Private(salt="00ff", ip="192.0.2.7", name="Ada Löwe", user_agent="curl/8.5")

ADDED = Event(
    tenant="default",
    seq=2,
    time=1760000000123,
    type="RuleAdded",
    actor=Party("ci", "acc-1", "account"),
    credential="tok-1",
    object_kind="rule",
    object_id="r-1",
    object_name="Règle",
    revision=1,
    after=BODY,
    request_id="req-1",
    private=PRIVATE,
    private_digest="7d6f990e5ff90e17941381c616fe11b8bbfb3b3f1e2075f91fc20850b630250f",
    commit=FIRST_COMMIT,
)
REVIEWED = Event(
    tenant="default",
    seq=7,
    time=1760000009999,
    type="RuleModified",
    actor=Party("max", "u-9", "user"),
    on_behalf_of=Party("rosa", "u-7", "user"),
    object_kind="rule",
    object_id="r-1",
    object_name="r-1",
    revision=2,
    before="aa068785395c6505ef1e5fc5b2589fd8af5c672fd0a656b7bc48c406b8d4d607",
    after='{"id":"r-1"}',
    reason="As reviewed",
    change_request=ReviewTrail(42, "d" * 64, "rosa", "u-7", ("max", "eva")),
    commit="0e71a73baf5b182004588f26bab898322970e224",
    prev_hash=FIRST_HASH,
)
COPIED = Event(
    tenant="acme",
    seq=1,
    time=1760000000000,
    type="TenantCreated",
    actor=Party("sternpost", "sternpost", "system"),
    object_kind="tenant",
    object_id="acme",
    object_name="Acme",
    data='{"base":"public","seq":17,"tree":"4b825dc642cb6eb9a060e54bf8d69288fbee4904"}',
    reason="First start",
    commit="3ca335c62a3c34b75681061cf3febe2c2000df71",
)
SEVERAL = tuple(
    Event(
        tenant="default",
        seq=seq,
        time=1760000000123,
        type=f"{stem}Modified",
        actor=Party("ci", "acc-1", "account"),
        object_kind=kind,
        object_id=f"x-{seq}",
        object_name="x",
        reason="Tidy up\r\n\r\nEvent: 1\rApproved-by: me\n indented\r\n\n",
    )
    for seq, kind, stem in (
        (3, "rule", "Rule"),
        (4, "group", "NodeGroup"),
        (5, "rule", "Rule"),
        (6, "directive", "Directive"),
    )
)
DELETED = ADDED._replace(seq=3, type="RuleDeleted", after=None, revision=None)

ARCHIVED = Event(
    tenant="default",
    seq=8,
    time=1760000000123,
    type="ExportRules",
    actor=Party("ci", "acc-1", "account"),
    object_kind="archive",
    object_id="archives/configurations-rules/2025-10-09_08-53-20.123",
    object_name="archives/configurations-rules/2025-10-09_08-53-20.123",
    data='{"commit":"998cc832086a694df13851fe0a8f61dd31b8158c","id":"2025-10-09_08-53-20.123"}',
)
ARCHIVED_FULL = ARCHIVED._replace(
    seq=9,
    type="ExportFullArchive",
    actor=Party("max", "u-9", "user"),
    reason="Before the move\r\n\r\nEvent: 1\n",
    data='{"commit":"998cc832086a694df13851fe0a8f61dd31b8158c","id":"2025-10-09_08-53-20.124"}',
)

ARCHIVED_TAG = b"""object 998cc832086a694df13851fe0a8f61dd31b8158c
type commit
tag archives/configurations-rules/2025-10-09_08-53-20.123
tagger ci <acc-1@default.invalid> 1760000000 +0000

#rules-archive

  Create new archive requested from REST API

Event: 8
"""
ARCHIVED_FULL_TAG = b"""object 998cc832086a694df13851fe0a8f61dd31b8158c
type commit
tag archives/full/2025-10-09_08-53-20.124
tagger max <u-9@default.invalid> 1760000000 +0000

#full-archive

  Before the move
\x20\x20
  Event: 1

Event: 9
"""
ADDED_COMMIT = b"""tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904
author ci <acc-1@default.invalid> 1760000000 +0000
committer ci <acc-1@default.invalid> 1760000000 +0000

Add rule r-1

Event: 2
"""
DELETED_COMMIT = b"""tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904
parent 998cc832086a694df13851fe0a8f61dd31b8158c
author ci <acc-1@default.invalid> 1760000000 +0000
committer ci <acc-1@default.invalid> 1760000000 +0000

Delete rule r-1

Event: 3
"""
SEVERAL_COMMIT = b"""tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904
parent 998cc832086a694df13851fe0a8f61dd31b8158c
author ci <acc-1@default.invalid> 1760000000 +0000
committer ci <acc-1@default.invalid> 1760000000 +0000

Change 4 documents: directives 1, groups 1, rules 2

  Tidy up
\x20\x20
  Event: 1
  Approved-by: me
   indented

Event: 3-6
"""
REVIEWED_COMMIT = b"""tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904
parent 5c1b8f53b5baa0cc4d8676d0a86b4cd8a95b7774
author rosa <u-7@default.invalid> 1760000009 +0000
committer max <u-9@default.invalid> 1760000009 +0000

Modify rule r-1

  As reviewed

Event: 7
Change-Request: 42
Approved-by: max
Approved-by: eva
"""
COPIED_COMMIT = b"""tree 4b825dc642cb6eb9a060e54bf8d69288fbee4904
author sternpost <sternpost@acme.invalid> 1760000000 +0000
committer sternpost <sternpost@acme.invalid> 1760000000 +0000

Create tenant acme from public at event 17

  First start

Event: 1
"""

ADDED_BYTES = (
    '{"actor":{"handle":"ci","id":"acc-1","kind":"account"},'
    '"after":{"displayName":"Règle","enabled":true,"id":"r-1"},"before":null,"changeRequest":null,'
    '"commit":"998cc832086a694df13851fe0a8f61dd31b8158c","credential":"tok-1","data":null,"format":1,'
    '"object":{"id":"r-1","kind":"rule","name":"Règle"},"onBehalfOf":null,"outcome":"success",'
    '"privateDigest":"7d6f990e5ff90e17941381c616fe11b8bbfb3b3f1e2075f91fc20850b630250f","reason":"",'
    '"requestId":"req-1","revision":1,"seq":2,"tenant":"default","time":1760000000123,"type":"RuleAdded"}'
)
REVIEWED_BYTES = (
    '{"actor":{"handle":"max","id":"u-9","kind":"user"},"after":{"id":"r-1"},'
    '"before":"aa068785395c6505ef1e5fc5b2589fd8af5c672fd0a656b7bc48c406b8d4d607",'
    '"changeRequest":{"approvedBy":["max","eva"],"author":{"handle":"rosa","id":"u-7"},'
    '"diffHash":"dddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddddd","id":42},'
    '"commit":"0e71a73baf5b182004588f26bab898322970e224","credential":null,"data":null,"format":1,'
    '"object":{"id":"r-1","kind":"rule","name":"r-1"},"onBehalfOf":{"handle":"rosa","id":"u-7","kind":"user"},'
    '"outcome":"success","privateDigest":null,"reason":"As reviewed","requestId":null,"revision":2,"seq":7,'
    '"tenant":"default","time":1760000009999,"type":"RuleModified"}'
)
COPIED_BYTES = (
    '{"actor":{"handle":"sternpost","id":"sternpost","kind":"system"},"after":null,"before":null,'
    '"changeRequest":null,"commit":"3ca335c62a3c34b75681061cf3febe2c2000df71","credential":null,'
    '"data":{"base":"public","seq":17,"tree":"4b825dc642cb6eb9a060e54bf8d69288fbee4904"},"format":1,'
    '"object":{"id":"acme","kind":"tenant","name":"Acme"},"onBehalfOf":null,"outcome":"success",'
    '"privateDigest":null,"reason":"First start","requestId":null,"revision":null,"seq":1,"tenant":"acme",'
    '"time":1760000000000,"type":"TenantCreated"}'
)


@pytest.mark.parametrize(
    ("event", "written", "hashed"),
    [
        (ADDED, ADDED_BYTES, FIRST_HASH),
        (REVIEWED, REVIEWED_BYTES, "141425a5a001ef4bb742c0726a248eb3f813bb473e35a5b5e7aa1aaaecb4bfb8"),
        (COPIED, COPIED_BYTES, "950c3b8c9c7040f13cf02f2c7f677d44fb420537390578e4a13433d0b0b659ca"),
    ],
    ids=["single", "reviewed", "copied tenant"],
)
def test_an_event_has_the_bytes_and_the_hash_of_format_1(event: Event, written: str, hashed: str) -> None:
    assert event_bytes(event).decode() == written
    assert event_hash(event) == hashed


@pytest.mark.parametrize(
    ("events", "parent", "written", "sha"),
    [
        ((ADDED,), None, ADDED_COMMIT, FIRST_COMMIT),
        ((DELETED,), FIRST_COMMIT, DELETED_COMMIT, "0a398796ddd4ab0b6b850b564351a6a8a464cc03"),
        (SEVERAL, FIRST_COMMIT, SEVERAL_COMMIT, "5c1b8f53b5baa0cc4d8676d0a86b4cd8a95b7774"),
        (
            (REVIEWED,),
            "5c1b8f53b5baa0cc4d8676d0a86b4cd8a95b7774",
            REVIEWED_COMMIT,
            "0e71a73baf5b182004588f26bab898322970e224",
        ),
        ((COPIED,), None, COPIED_COMMIT, "3ca335c62a3c34b75681061cf3febe2c2000df71"),
    ],
    ids=["single", "deletion", "several, a reason that poses as trailers", "reviewed", "copied tenant"],
)
def test_a_commit_has_the_bytes_and_the_sha_of_format_1(
    events: tuple[Event, ...], parent: str | None, written: bytes, sha: str
) -> None:
    assert commit_bytes(events, tree=TREE, parent=parent) == written
    assert commit_sha(written) == sha


def test_personal_data_has_the_digest_of_format_1() -> None:
    assert private_digest(PRIVATE) == "7d6f990e5ff90e17941381c616fe11b8bbfb3b3f1e2075f91fc20850b630250f"
    unnamed = Private(salt="ab", ip=None, name=None, user_agent="x")
    assert private_digest(unnamed) == "e8ee00e323747b426c7acf03901ba9ec009271c82012011c47f7fc6ce4e9d6be"


def test_a_body_has_the_hash_of_format_1() -> None:
    assert body_hash(BODY) == "aa068785395c6505ef1e5fc5b2589fd8af5c672fd0a656b7bc48c406b8d4d607"


@pytest.mark.parametrize(
    ("archive", "name", "written", "sha"),
    [
        (
            ARCHIVED,
            "archives/configurations-rules/2025-10-09_08-53-20.123",
            ARCHIVED_TAG,
            "1755396a09bd59f7d077a1d0b03541b333b373e9",
        ),
        (
            ARCHIVED_FULL,
            "archives/full/2025-10-09_08-53-20.124",
            ARCHIVED_FULL_TAG,
            "da45dd5ab134b30165d0cce5df00e0bd63338d60",
        ),
    ],
    ids=["without a reason", "a reason that poses as a trailer"],
)
def test_an_archive_has_the_tag_of_format_1(archive: Event, name: str, written: bytes, sha: str) -> None:
    assert tag_name(archive) == name
    assert tag_bytes(archive) == written
    assert tag_sha(tag_bytes(archive)) == sha


@pytest.mark.parametrize(
    ("type_", "folder", "heading"),
    [
        ("ExportTechniqueLibrary", "directives", b"#directives-archive"),
        ("ExportGroups", "groups", b"#groups-archive"),
        ("ExportParameters", "parameters", b"#parameters-archive"),
    ],
)
def test_each_sort_of_archive_has_its_folder_and_heading(type_: str, folder: str, heading: bytes) -> None:
    archive = ARCHIVED._replace(type=type_)

    assert tag_name(archive) == f"archives/{folder}/2025-10-09_08-53-20.123"
    assert heading in tag_bytes(archive).split(b"\n")
