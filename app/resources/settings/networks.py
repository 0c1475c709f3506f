"""Reading and writing the allowed networks of policy servers, which are one setting."""

from collections.abc import Iterable, Sequence

from app.changes.change import Edit
from app.changes.history import document_at
from app.changes.networks import (
    ALLOWED_NETWORKS,
    DEFAULT_NETWORKS,
    ServerEdit,
    by_server,
    fault_of,
    find_network,
    stored_form,
)
from app.changes.settings import setting
from app.changes.work import Work
from app.core.canonical import JSON
from app.core.errors import InvalidError, NotFoundError
from app.resources.settings.kind import SETTING
from app.store.documents import Stored, find_document
from app.store.nodes import find_node, list_policy_servers

SEE = "GET /settings/allowed_networks lists the policy servers"


def listed(work: Work, value: JSON) -> list[JSON]:
    """Show the stored value: every policy server there is, `root` first."""
    networks = by_server(value)
    return stored_form({name: networks.get(name, DEFAULT_NETWORKS) for name in list_policy_servers(work.session)})


def read_all(work: Work, at: str | None) -> list[JSON]:
    """Give the networks of every policy server, now or at a moment."""
    return listed(work, setting(ALLOWED_NETWORKS, _stored(work, at)))


def read_server(work: Work, server: str, at: str | None) -> tuple[list[str], Stored | None]:
    """Give the networks of one policy server, and the document that they come from.

    Raises:
        NotFoundError: there is no such policy server.
    """
    _get_policy_server(work, server)
    stored = _stored(work, at)
    return _of(server, setting(ALLOWED_NETWORKS, stored)), stored


def write_server(
    work: Work, edit: ServerEdit, expected_revision: int | None, *, strict: bool
) -> tuple[list[str], Stored]:
    """Change the networks of one policy server; what others say of them at the same time is kept.

    Raises:
        InvalidError: naming every entry that is no network.
        NotFoundError: there is no such policy server.
    """
    _refuse_bad(edit)
    _get_policy_server(work, edit.server)
    change = Edit(
        SETTING.name,
        ALLOWED_NETWORKS,
        "modify",
        edit.fields(),
        expected_revision=expected_revision,
        strict=strict,
    )
    stored = work.submit([change]).asked[0].shown
    return _of(edit.server, stored.document["value"]), stored


def refuse_unknown(work: Work, servers: Iterable[str], field: str) -> None:
    """Refuse networks of what is no policy server.

    Raises:
        InvalidError: naming each one.
    """
    known = set(list_policy_servers(work.session))
    texts = [f"Node '{name}' is no policy server; {SEE}" for name in servers if name not in known]
    if texts:
        raise InvalidError(" ; ".join(texts), fields={field: texts}, rudder=_hinted(texts))


def _refuse_bad(edit: ServerEdit) -> None:
    named = {
        ALLOWED_NETWORKS: edit.networks or (),
        f"{ALLOWED_NETWORKS}.add": edit.add,
        f"{ALLOWED_NETWORKS}.delete": edit.delete,
    }
    fields = {f"{name}[{place}]": [fault_of(text)] for name, texts in named.items() for place, text in _bad(texts)}
    if fields:
        texts = [text for found in fields.values() for text in found]
        said = f"Allowed networks of policy server '{edit.server}': {' ; '.join(texts)}"
        raise InvalidError(said, fields=fields, rudder=_hinted(texts))


def _bad(texts: Sequence[str]) -> Iterable[tuple[int, str]]:
    return ((place, text) for place, text in enumerate(texts) if find_network(text) is None)


def _hinted(texts: Sequence[str]) -> str:
    return f"Could not modify parameter '{ALLOWED_NETWORKS}'; cause was: Unexpected: {' ; '.join(texts)}"


def _get_policy_server(work: Work, node_id: str) -> None:
    node = find_node(work.session, node_id)
    if node is None:
        raise NotFoundError(f"Node '{node_id}' was not found; {SEE}", rudder=f"Node with id '{node_id}' was not found")
    if not node.is_policy_server:
        text = f"Node '{node_id}' is not a policy server, so it has no allowed networks"
        raise NotFoundError(f"{text}; {SEE}", rudder=text)


def _stored(work: Work, at: str | None) -> Stored | None:
    session = work.session
    if at is None:
        return find_document(session, SETTING.name, ALLOWED_NETWORKS)
    return document_at(session, SETTING.name, ALLOWED_NETWORKS, at)


def _of(server: str, value: JSON) -> list[str]:
    return by_server(value).get(server, list(DEFAULT_NETWORKS))
