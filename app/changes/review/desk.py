"""The desk at which change requests are judged: one tenant's documents, people and policies at one moment."""

from collections.abc import Sequence
from dataclasses import field, replace
from functools import cached_property

from sqlalchemy import Connection

from app.changes.change import Change, as_stored
from app.changes.judging import Judged, Laws, judge
from app.changes.review.blame import attributed
from app.changes.review.case import Call, Case
from app.changes.review.effect import Merge, diff_hash, merged
from app.changes.review.gate import Bench, Gate, judge_gate
from app.changes.review.matching import Effects, effects_of, matching
from app.changes.review.model import ChangeRequest, Filed, Wanted, change_request_of
from app.changes.review.policy import OTHER_KEYS, SWITCH_KEY, BuiltIn, Policies, Policy, policies_of
from app.changes.review.reach import Reach
from app.changes.review.voters import Voters
from app.changes.secrecy import Sealer
from app.changes.view import BatchView, Before
from app.core.context import Context
from app.core.errors import NotFoundError, SternpostError
from app.core.values import dataclass
from app.store.change_requests import Record, lock_record, lock_records, newest_number

_NO_EFFECT = Judged((), ())


@dataclass(frozen=True, slots=True)
class Assessment:
    """How a change request stands now: what it would do, its hash, its gate; `judged` is None where it cannot be."""

    one: ChangeRequest
    effects: Effects
    matched: tuple[Policy, ...]
    digest: str
    gate: Gate
    built_in: BuiltIn
    merge: Merge
    judged: Judged | None


@dataclass(slots=True)
class Place:
    """What a desk works on: the documents as of commit `head`, the kinds' laws, and who reaches whom."""

    connection: Connection
    tenant: str
    view: BatchView
    sealer: Sealer
    laws: Laws
    reach: Reach
    now: int
    filed: Filed = field(default_factory=Filed)
    head: str | None = None


class Desk:
    """Judges change requests at one place; under the tenant's lock, or in a read."""

    def __init__(self, place: Place) -> None:
        self.place = place

    @cached_property
    def voters(self) -> Voters:
        """The people of the tenant."""
        return Voters(self.place.connection, self.place.tenant, self.place.now)

    def policies(self) -> Policies:
        """Read what protects the tenant, as it was before the change set under judgement."""
        view = self.place.view
        before = Before(view)
        switch = before.find(*SWITCH_KEY)
        if switch is not None and switch.document["value"] is not False:
            view.preload(OTHER_KEYS)
        return policies_of(before)

    def find(self, number: int) -> ChangeRequest | None:
        """Read a change request as it is now, this batch's steps included."""
        filed = self.place.filed
        if number not in filed.changed and number not in filed.found:
            record = lock_record(self.place.connection, self.place.tenant, number)
            if record is None:
                return None
            filed.found[number] = change_request_of(record)
        return filed.changed.get(number) or filed.found[number]

    def get(self, number: int) -> ChangeRequest:
        """Read a change request that must exist.

        Raises:
            NotFoundError: in Rudder's words too.
        """
        found = self.find(number)
        if found is None:
            raise missing(str(number))
        return found

    def in_state(self, *states: str) -> list[ChangeRequest]:
        """Read those in some states, by id, this batch's steps included."""
        filed = self.place.filed
        records: list[Record] = lock_records(self.place.connection, self.place.tenant, states)
        found = {record.id: change_request_of(record) for record in records}
        found.update(filed.changed)
        return [found[number] for number in sorted(found) if found[number].state in states]

    def next_number(self) -> int:
        """Give the id of a new change request."""
        filed = self.place.filed
        if filed.newest is None:
            filed.newest = newest_number(self.place.connection, self.place.tenant)
        filed.newest += 1
        return filed.newest

    def look_at(self, judged: Judged) -> Effects:
        """Look at a change set while the view holds it."""
        view = self.place.view
        reached = self.place.reach.reached(self.place.tenant, judged.changes, view.uncommitted())
        return effects_of(judged.changes, reached, Before(view), view)

    def matching(self, effects: Effects, policies: Policies, handles: Sequence[str]) -> tuple[Policy, ...]:
        """List the policies that changes of these people fall under."""
        is_exempt = bool(handles) and policies.built_in.validated.issuperset(handles)
        return tuple(matching(effects, policies, is_exempt=is_exempt))

    def assess(self, one: ChangeRequest, ctx: Context, *, keep: bool = False) -> Assessment:
        """Judge a change request against the present documents; with `keep` the view holds it afterwards."""
        view = self.place.view
        view.preload([wanted.key for wanted in one.wanted])
        merge = Merge()
        if one.is_open:
            merge = merged(one.wanted, [view.find(*wanted.key) for wanted in one.wanted])
            at = self.place.connection, self.place.tenant
            merge.conflicts = [attributed(*at, conflict) for conflict in merge.conflicts]
        view.begin(ctx)
        policies = self.policies()
        try:
            judged, fault = self._judged(merge)
            stands = one.is_open and judged is not None and not merge.conflicts
            changes = judged.changes if judged is not None and stands else _as_changes(one.wanted)
            effects = self.look_at(Judged((), changes))
            matched = self.matching(effects, policies, [each.handle for each in one.contributors])
            digest = diff_hash(effects.all) if one.is_open else one.diff_hash
            gate = self.gate(one, effects, matched, digest, policies)
        finally:
            if not keep:
                view.undo()
        gate = replace(gate, conflicts=tuple(merge.conflicts), fault=fault)
        return Assessment(one, effects, matched, digest, gate, policies.built_in, merge, judged if stands else None)

    def gate(
        self, one: ChangeRequest, effects: Effects, matched: Sequence[Policy], digest: str, policies: Policies
    ) -> Gate:
        """Judge the gate of a change set that the view holds."""
        bench = Bench(policies, self.voters, effects.before, self.place.now)
        return judge_gate(one, effects, matched, digest, bench)

    def reviewed(self, seen: Assessment, one: ChangeRequest) -> Assessment:
        """Judge the gate again after a review of the same changes."""
        bench = Bench(self.policies(), self.voters, seen.effects.before, self.place.now)
        gate = judge_gate(one, seen.effects, seen.matched, seen.digest, bench)
        gate = replace(gate, conflicts=seen.gate.conflicts, fault=seen.gate.fault)
        return replace(seen, one=one, gate=gate)

    def case(self, seen: Assessment, ctx: Context, through: Call | None = None) -> Case:
        """Put what the rules look at together; `through` is the call where it is not the verb's own."""
        return Case(seen.one, self.voters.standing(ctx), seen.gate, seen.built_in, through)

    def _judged(self, merge: Merge) -> tuple[Judged | None, str | None]:
        if not merge.edits:
            return _NO_EFFECT, None
        place = self.place
        sealed = len(place.sealer.sealed)
        try:
            return judge(place.view, merge.edits, place.laws, place.sealer, place.now), None
        except SternpostError as fault:
            place.view.undo()
            place.sealer.keep(sealed)
            return None, fault.message


def _as_changes(wanted: Sequence[Wanted]) -> tuple[Change, ...]:
    """Show what was asked for as it was asked for, when it can no longer be judged."""
    return tuple(
        Change(one.kind, one.id, as_stored(one.kind, one.id, one.before), as_stored(one.kind, one.id, one.after))
        for one in wanted
    )


def missing(number: str) -> NotFoundError:
    """Build the error for a change request that is not there."""
    rudder = (
        f"Could not find ChangeRequest {number}; cause was: Inconsistency: "
        f"Change request with id {number} does not exist."
    )
    return NotFoundError(f"Change request {number[:40]} was not found; GET /changeRequests lists them", rudder=rudder)
