"""The tags of archives: annotated tags in packs, made from the log like everything else in a repository."""

from collections.abc import Collection, Mapping
from typing import NamedTuple

from app.core.errors import IntegrityError
from app.core.faults import fault_point
from app.store.format1 import json_object, tag_bytes, tag_name
from app.store.git.command import run_git
from app.store.git.manifest import Line, write_lines
from app.store.git.objects import tag_sha
from app.store.git.packs import PackWriter
from app.store.git.replay import LogSource
from app.store.git.repository import Repository
from app.store.log import Event


class Tags(NamedTuple):
    """The tags of a repository: those of the archives up to event `seq`, by name as (tag object, commit)."""

    seq: int
    refs: Mapping[str, tuple[str, str]]


NO_TAGS = Tags(0, {})


def write_tags(log: LogSource, tenant: str, repository: Repository, lines: list[Line], known: Tags, until: int) -> Tags:
    """Write the tags of archives after the `known` ones and up to event `until`, and make the repository name them all.

    The commits that they name are in the repository already. With `known` empty each tag is looked for first.

    Raises:
        IntegrityError: the log names an archive of a commit that it does not hold.
    """
    archives = log.archives(tenant, known.seq, until)
    made: dict[str, bytes] = {}
    refs = dict(known.refs)
    for archive in archives:
        commit = _archived(log, archive)
        content = tag_bytes(archive)
        sha = tag_sha(content)
        made[sha] = content
        refs[tag_name(archive)] = (sha, commit)
    wanted = made.keys() if known is not NO_TAGS else made.keys() - _present(repository, made)
    _pack([made[sha] for sha in made if sha in wanted], repository, lines)
    repository.name_tags(refs)
    return Tags(until, refs)


def _archived(log: LogSource, archive: Event) -> str:
    commit = json_object(archive.data).get("commit")
    if not isinstance(commit, str) or log.seq_of(archive.tenant, commit) is None:
        raise IntegrityError(
            f"Event {archive.seq} of tenant '{archive.tenant}' archives commit {commit}, which the log does not hold; "
            "run `sternpost verify`"
        )
    return commit


def _present(repository: Repository, shas: Collection[str]) -> set[str]:
    if not shas:
        return set()
    asked = "".join(f"{sha}\n" for sha in shas).encode()
    said = run_git(repository.path, "cat-file", "--batch-check=%(objectname) %(objecttype)", stdin=asked).decode()
    return {sha for sha, _, found in (line.partition(" ") for line in said.splitlines()) if found == "tag"}


def _pack(tags: Collection[bytes], repository: Repository, lines: list[Line]) -> None:
    if not tags:
        return
    with PackWriter(repository.packs) as pack:
        for content in tags:
            pack.add("tag", content)
        finished = pack.finish()
    if all(line.pack.name != finished.name for line in lines):
        lines.append(Line(finished, lines[-1].head))
        write_lines(repository.manifest, lines)
    fault_point("git.tags_written")
