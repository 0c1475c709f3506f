"""What a lane keeps from one batch to the next: its trees and its review policies, brought up to the head."""

from collections.abc import Mapping

from sqlalchemy import Connection

from app.changes.kinds import Kind
from app.changes.lanes import Lane
from app.changes.review.policy import KIND as POLICY
from app.store.documents import Stored
from app.store.git.trees import Trees
from app.store.writes import TenantHead, read_all, read_blobs, read_moved_blobs


def current_policies(connection: Connection, lane: Lane, head: TenantHead, kinds: Mapping[str, Kind]) -> list[Stored]:
    """Give the review policies, read again only when the tenant's log went on without this process."""
    if lane.policies is None or lane.head != head.head:
        lane.policies = read_all(connection, lane.tenant, POLICY) if POLICY in kinds else []
    return lane.policies


def current_trees(connection: Connection, lane: Lane, head: TenantHead, kinds: Mapping[str, Kind]) -> Trees:
    """Give the trees of the newest commit; what others changed since is read again, and all of it only if need be."""
    if lane.head is None or head.seq < lane.seq:
        lane.forget()  # the tenant was filled as a copy since, or a backup was put in its place
    if lane.trees is not None and lane.head != head.head:
        for (kind, document_id), blob in read_moved_blobs(connection, lane.tenant, lane.seq).items():
            lane.trees.put(kinds[kind].folder, document_id, blob)
    if lane.trees is None:
        blobs = read_blobs(connection, lane.tenant)
        lane.trees = Trees.load((kinds[kind].folder, document_id, blob) for kind, document_id, blob in blobs)
    lane.head, lane.seq = head.head, head.seq
    return lane.trees
