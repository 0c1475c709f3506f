"""From which addresses nodes may call: the allowed networks of their policy server."""

from ipaddress import IPv6Address, ip_address

from app.changes.networks import ALLOWED_NETWORKS, DEFAULT_NETWORKS, by_server, find_network
from app.changes.settings import setting
from app.changes.work import Work
from app.core.errors import ForbiddenError
from app.store.documents import find_document
from app.store.nodes import ROOT, find_node


def refuse_outside(work: Work) -> None:
    """Refuse a node that calls from elsewhere; a gate of what nodes may call, which lets all other callers pass.

    Raises:
        ForbiddenError: no allowed network of its policy server has the address.
    """
    if work.ctx.actor.kind != "node":
        return
    stored = find_document(work.session, "setting", ALLOWED_NETWORKS)
    if stored is None:
        return
    node = find_node(work.session, work.ctx.actor.id)
    server = ROOT if node is None else node.policy_server
    allowed = by_server(setting(ALLOWED_NETWORKS, stored)).get(server, DEFAULT_NETWORKS)
    address = work.ctx.source.ip
    if not _is_in(address, allowed):
        raise ForbiddenError(
            f"Node '{work.ctx.actor.id}' may not call from {address or 'an unknown address'}, which is in no allowed "
            f"network of its policy server '{server}'; an administrator adds one with "
            f"POST /settings/allowed_networks/{server}/diff"
        )


def _is_in(text: str | None, networks: list[str] | tuple[str, ...]) -> bool:
    try:
        address = ip_address(text or "")
    except ValueError:
        return False  # a Unix socket has none
    if isinstance(address, IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    known = (find_network(one) for one in networks)
    return any(network is not None and address in network for network in known)
