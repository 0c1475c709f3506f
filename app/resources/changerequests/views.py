"""The views of change requests, for both eras."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from app.changes.change import Edit
from app.changes.review import deciding
from app.changes.review.case import ACCEPT
from app.changes.review.deciding import Edited, Said
from app.changes.review.deploying import Deployment
from app.changes.review.filing import Proposal
from app.changes.review.foreseeing import diff_of
from app.changes.review.model import ChangeRequest
from app.changes.review.rules import STATUS
from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.core.errors import InvalidError
from app.core.values import dataclass
from app.http.endpoint import BARE, Answer, Given, Needed, View
from app.http.writing import Writing
from app.resources.changerequests import asked, finding, restoring, service
from app.resources.changerequests.impact import impact_json, node_json
from app.resources.changerequests.shape import rudder_json
from app.resources.changerequests.showing import assessed_json, new_since, own_json, timeline_json
from app.store.change_requests import Filter, count_by_state

LAST_REVIEW = "my-last-review"


@dataclass(frozen=True, slots=True)
class Views:
    """The views; `writings` says, by kind, how documents are written and shown."""

    writings: Mapping[str, Writing]

    def list_all(self, work: Work, given: Given) -> Answer:
        """List change requests: by id, or newest first."""
        strict = given.era.strict
        finding.refuse_when_off(work, strict=strict)
        wanted = self._filter(work, given)
        listed = finding.find_some(work, wanted)
        if given.query.get("waiting_on") is not None:
            listed = finding.Waits(work).keep([one for one in listed if one.is_open])
        more = given.page is not None and len(listed) > given.page.limit
        if given.page is not None:
            listed = listed[: given.page.limit]
        acceptable = finding.acceptable_of(work, listed)
        items = [self._listed(one, work, acceptable[one.id], strict=strict) for one in listed]
        if given.page is not None:
            return Answer(items=items, page=given.page, next=str(listed[-1].id) if more else None)
        return Answer.many(items)

    def show(self, work: Work, given: Given) -> Answer:
        """Show one change request."""
        finding.refuse_when_off(work, strict=given.era.strict)
        one = finding.get_one(work, given.path["id"], "find")
        return self._answer(work, given, one)

    def rename(self, work: Work, given: Given) -> Answer:
        """Change name and description."""
        strict, text = given.era.strict, given.path["id"]
        finding.refuse_when_off(work, strict=strict)
        one = finding.get_one(work, text, "update")
        name, description = (None if given.fields.get(key) is None else str(given.fields[key]) for key in asked.NAMES)
        if not strict:
            asked.refuse_rename(one, name, description)
        edited = Edited(name=name, description=description)
        service.take_step(work, lambda desk: deciding.rename(desk, one.id, edited, closed=not strict))
        return self._again(work, given, one.id)

    def decline(self, work: Work, given: Given) -> Answer:
        """Refuse a change request, or take back one's own."""
        finding.refuse_when_off(work, strict=given.era.strict)
        one = finding.get_one(work, given.path["id"], "decline")
        service.take_step(work, lambda desk: deciding.withdraw(desk, work.ctx, one.id, "decline"))
        return self._again(work, given, one.id)

    def accept(self, work: Work, given: Given) -> Answer:
        """Approve, or approve where it is missing and deploy, as Rudder's word for the state says."""
        finding.refuse_when_off(work, strict=given.era.strict)
        status = asked.status_of(given)
        one = finding.get_one(work, given.path["id"], "accept")
        saw = given.fields.get("diff_hash")
        digest = None if saw is None else str(saw)
        if one.is_open:
            asked.refuse_impossible(one, status)
        if status == "Deployed":
            work.perform(Deployment(id=one.id, approve=True, comment=given.reason, diff_hash=digest))
        else:
            said = Said(verdict="approve", comment=given.reason, diff_hash=digest, through=ACCEPT)
            service.take_step(work, lambda desk: deciding.say(desk, work.ctx, one.id, said))
        return self._again(work, given, one.id)

    def count(self, work: Work, _given: Given) -> Answer:
        """Count what waits, as Rudder's menu shows it."""
        counted = count_by_state(work.session)
        shown: Document = {}
        for key, right, status in asked.COUNTS:
            if work.ctx.holds(right):
                shown[key] = sum(count for state, count in counted.items() if STATUS[state] == status)
        return Answer(value={"workflow": [shown]})

    def create(self, work: Work, given: Given) -> Answer:
        """Make a change request."""
        fields = given.fields
        given_one = [name for name in ("changes", "undo", "restore") if name in fields]
        if len(given_one) != 1:
            text = "send exactly one of changes, undo, restore"
            raise InvalidError(text, fields={"changes": [text]})
        proposal = Proposal(
            str(fields.get("name") or given.change_request_name),
            str(fields.get("description") or given.change_request_description),
            draft=fields.get("draft") is True,
            editors=asked.texts(fields.get("editors")),
        )
        more: Document = {}
        if "undo" in fields:
            number, more["undo"] = service.create_undo(work, fields["undo"], proposal)
        elif "restore" in fields:
            at = restoring.moment_of(fields["restore"])
            number = restoring.create_restore(work, restoring.documents_of(work, at), at, proposal)
        else:
            number = service.create(work, service.read_edits(fields["changes"]), proposal)
        answer = self._again(work, given, number)
        return replace(answer, headers={"Location": f"/api/25/changeRequests/{number}"}, members=more)

    def needed(self, work: Work, given: Given) -> Iterable[Needed]:
        """Name the calls that a caller must be allowed to make: whoever proposes a change may make it too."""
        fields, edits = given.fields, list[Edit]()
        if "changes" in fields:
            edits = service.read_edits(fields["changes"])
        elif "undo" in fields:
            edits = list(service.foresee_undo(work, fields["undo"]).edits)
        elif "restore" in fields:
            then = restoring.documents_of(work, restoring.moment_of(fields["restore"]))
            edits = restoring.edits_now(work, then)
        seen = {(edit.kind, edit.action): edit for edit in edits}
        for edit in seen.values():
            yield self.writings[edit.kind].needed(edit.action, edit.id)

    def edit(self, work: Work, given: Given) -> Answer:
        """Change what is asked for."""
        fields = given.fields
        one = finding.get_one(work, given.path["id"], "update")
        name, description = (None if fields.get(key) is None else str(fields[key]) for key in asked.NAMES)
        edited = Edited(
            name=name,
            description=description,
            editors=asked.texts(fields["editors"]) if "editors" in fields else None,
            edits=service.read_edits(fields["changes"]) if "changes" in fields else None,
        )
        service.take_step(work, lambda desk: deciding.edit(desk, work.ctx, one.id, edited))
        return self._again(work, given, one.id)

    def review(self, work: Work, given: Given) -> Answer:
        """Say what one thinks of it."""
        one, fields = finding.get_one(work, given.path["id"], "accept"), given.fields
        path, saw = fields.get("path"), fields.get("diff_hash")
        said = Said(
            verdict=fields["verdict"],  # type: ignore[arg-type]  # the schema takes only the three
            comment=str(fields.get("comment", "")),
            path=None if path is None else str(path),
            diff_hash=None if saw is None else str(saw),
        )
        service.take_step(work, lambda desk: deciding.say(desk, work.ctx, one.id, said))
        return self._again(work, given, one.id)

    def deploy(self, work: Work, given: Given) -> Answer:
        """Deploy it, now or later, for good or on trial, or past its reviewers."""
        one, fields = finding.get_one(work, given.path["id"], "accept"), given.fields
        planned = service.planned_of(fields)
        glass = fields.get("break_glass")
        if "schedule_at" in fields:
            if glass is not None:
                text = "a broken glass cannot wait; leave out scheduleAt"
                raise InvalidError(text, fields={"scheduleAt": [text]})
            at = service.time_of(fields["schedule_at"], "scheduleAt")
            service.take_step(work, lambda desk: deciding.schedule(desk, work.ctx, one.id, at, planned))
            return self._again(work, given, one.id)
        if isinstance(glass, dict):
            work.ctx = work.ctx.because(asked.glass_reason(glass))
        deployment = Deployment(
            id=one.id,
            diff_hash=planned.diff_hash,
            confirm_ms=planned.confirm_within,
            break_glass=glass is not None,
        )
        work.perform(deployment)
        return self._again(work, given, one.id)

    def stepping(self, step: str) -> View:
        """Make the view of a step that takes no input."""

        def view(work: Work, given: Given) -> Answer:
            number, ctx = finding.get_one(work, given.path["id"], "update").id, work.ctx
            steps: dict[str, service.Step] = {
                "submit": lambda desk: deciding.hand_in(desk, ctx, number),
                "withdraw": lambda desk: deciding.withdraw(desk, ctx, number),
                "reopen": lambda desk: deciding.reopen(desk, ctx, number),
                "confirm": lambda desk: deciding.confirm(desk, ctx, number),
            }
            service.take_step(work, steps[step])
            return self._again(work, given, number)

        return view

    def rebase(self, work: Work, given: Given) -> Answer:
        """Lay it over what is there now."""
        number = finding.get_one(work, given.path["id"], "update").id
        prefer = given.fields.get("conflicts")
        service.take_step(
            work,
            lambda desk: deciding.rebase(desk, work.ctx, number, prefer),  # type: ignore[arg-type]  # by the schema
        )
        return self._again(work, given, number)

    def diff(self, work: Work, given: Given) -> Answer:
        """Show what it changes, field by field; `since=my-last-review` only what is new since then."""
        one = finding.get_one(work, given.path["id"], "find")
        since = given.query.get("since")
        if since not in (None, LAST_REVIEW):
            text = f"'{str(since)[:40]}' is not {LAST_REVIEW}"
            raise InvalidError(f"since: {text}", fields={"since": [text]})
        with finding.desk_of(work) as desk:
            seen = desk.assess(one, work.ctx)
            case = desk.case(seen, work.ctx)
        changes = diff_of(seen.effects)
        shown: Document = {"diffHash": seen.digest, "diff": changes}
        if since is not None:
            last = asked.last_review(one, case)
            shown["since"] = {"review": last.id, "diffHash": last.diff_hash}
            shown["diff"] = [] if last.diff_hash == seen.digest else new_since(one, last, changes)
        return Answer(value=shown, container=BARE)

    def impact(self, work: Work, given: Given) -> Answer:
        """Show which nodes it reaches, before and after, and what it makes of their policies."""
        one = finding.get_one(work, given.path["id"], "find")
        with finding.desk_of(work) as desk:
            seen = desk.assess(one, work.ctx)
        return Answer(value=impact_json(work, seen.effects), container=BARE)

    def impact_on_node(self, work: Work, given: Given) -> Answer:
        """Show what it makes of the policy of one node."""
        one = finding.get_one(work, given.path["id"], "find")
        with finding.desk_of(work) as desk:
            seen = desk.assess(one, work.ctx)
        return Answer(value=node_json(work, seen.effects, given.path["node"]), container=BARE)

    def state(self, work: Work, given: Given) -> str:
        """Name what an answer about one depends on: it, and all that happens in the tenant."""
        one = finding.get_one(work, given.path["id"], "find")
        return f"cr-{one.id}-{one.revision}-{work.session.head().seq}"

    def _again(self, work: Work, given: Given, number: int) -> Answer:
        return self._answer(work, given, finding.get_one(work, str(number), "find"))

    def _answer(self, work: Work, given: Given, one: ChangeRequest) -> Answer:
        acceptable = finding.acceptable_of(work, [one])[one.id]
        shown = rudder_json(one, work, self.writings, acceptable=acceptable)
        if given.era.strict:
            with finding.desk_of(work) as desk:
                assessed = assessed_json(desk, desk.assess(one, work.ctx), work.ctx)
            timeline: JSON = timeline_json(finding.events_of(work, one.id))
            shown = {**shown, **own_json(one), **assessed, "timeline": timeline}
        return Answer(items=(shown,), id=given.path.get("id", str(one.id)))

    def _listed(self, one: ChangeRequest, work: Work, acceptable: bool, *, strict: bool) -> Document:  # noqa: FBT001
        shown = rudder_json(one, work, self.writings, acceptable=acceptable)
        return {**shown, **own_json(one)} if strict else shown

    def _filter(self, work: Work, given: Given) -> Filter:
        query, strict = given.query, given.era.strict
        text = str(query.get("status") or "open")
        states = finding.states_of(text, ours=strict)
        if states is None:
            said = f"'{text.lower()}' is not a possible state for change requests"
            words = ", ".join(("open", "closed", "all", *finding.STATUSES, *STATUS))
            raise InvalidError(f"{said}; use one of: {words}", fields={"status": [said]}, rudder=said)
        kind, object_id = asked.object_asked(query)
        author = query.get("author")
        sort = query.get("sort")
        if sort not in (None, "id", finding.NEWEST):
            raise InvalidError("sort: use id or newest", fields={"sort": ["use id or newest"]})
        if query.get("waiting_on") not in (None, "me"):
            raise InvalidError("waitingOn: use me", fields={"waitingOn": ["use me"]})
        page = given.page
        most = None if page is None or query.get("waiting_on") else page.limit + 1
        return Filter(
            states=states,
            author=None if author is None else finding.author_id(work, str(author)),
            kind=kind,
            object=object_id,
            after=asked.cursor(page.after) if page is not None and page.after else None,
            newest_first=sort == finding.NEWEST,
            most=most,
        )
