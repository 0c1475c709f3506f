"""The change requests of the demonstration: those that were decided, and those that wait today."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from app.boot import Installation
from app.changes.change import Edit
from app.changes.review import deciding
from app.changes.review.deciding import Said
from app.changes.review.deploying import Deployment
from app.changes.review.filing import Proposal
from app.core.context import Context
from app.core.values import dataclass
from app.resources.changerequests import service

REVIEW_FROM_DAY: Final = 44
_EVERY_DAYS: Final = 4
_LAST_DAY: Final = 88


@dataclass(frozen=True, slots=True)
class Requests:
    """Lets people propose and decide; `go_to` moves the clock to a day."""

    opened: Installation
    people: Mapping[str, Context]
    go_to: Callable[[float], None]

    def tell_past(self, directives: Sequence[Edit], rules: Sequence[Edit]) -> None:
        """Switch review on, then let changes be asked for and decided, most of them deployed."""
        self.go_to(REVIEW_FROM_DAY)
        work = self.opened.work(self.people["administrator"].because("From today four eyes look at every change"))
        work.submit([Edit("setting", "enable_change_request", "modify", {"value": True})])
        work.release()
        for number, day in enumerate(range(REVIEW_FROM_DAY + 1, _LAST_DAY, _EVERY_DAYS)):
            self.go_to(day + 0.3)
            directive, rule = directives[number % len(directives)], rules[number % len(rules)]
            if number % 4 == 3:  # noqa: PLR2004  every fourth is about a rule
                text = f"Say what rule {rule.id} is for"
                edits = [Edit("rule", rule.id, "modify", {"longDescription": f"Agreed on day {day} of the fleet."})]
            else:
                text = f"Raise the priority of {directive.id}"
                note = f"Raised on day {day} of the fleet."
                edits = [Edit("directive", directive.id, "modify", {"priority": number % 5, "longDescription": note})]
            request = self._ask(text, edits)
            self.go_to(day + 0.6)
            if number % 5 == 4:  # noqa: PLR2004  every fifth is given up or refused
                self._end(request, refused=number % 2 == 0)
            else:
                self._say(request, Said(verdict="approve", comment="Looked at the diff and at the nodes it reaches"))
                self._deploy(request)

    def leave_open(self, directives: Sequence[Edit], rules: Sequence[Edit]) -> None:
        """Leave one that nobody looked at, one that was talked about, one to deploy, and a draft."""
        last = directives[-1].id
        self._ask("Turn a directive to audit first", [Edit("directive", last, "modify", {"policyMode": "audit"})])
        talked = self._ask("Pause a rule over the holidays", [Edit("rule", rules[0].id, "modify", {"enabled": False})])
        self._say(talked, Said(verdict="comment", comment="Until when? Please write it into the description."))
        ready = self._ask(
            "Describe a directive", [Edit("directive", directives[0].id, "modify", {"longDescription": "Kept."})]
        )
        self._say(ready, Said(verdict="approve", comment="Fine"))
        draft = Proposal("Clean up the tags", "Not finished yet", draft=True)
        edits = [Edit("rule", rules[-1].id, "modify", {"tags": [{"area": "trial"}, {"kept": "no"}]})]
        work = self.opened.work(self.people["author"].because(draft.description))
        service.create(work, edits, draft)
        work.release()

    def _ask(self, name: str, edits: Sequence[Edit]) -> int:
        work = self.opened.work(self.people["author"].because(name))
        try:
            return service.create(work, edits, Proposal(name, f"{name}, as agreed in the weekly meeting"))
        finally:
            work.release()

    def _say(self, request: int, said: Said) -> None:
        work = self.opened.work(self.people["reviewer"].because(said.comment))
        service.take_step(work, lambda desk: deciding.say(desk, work.ctx, request, said))
        work.release()

    def _deploy(self, request: int) -> None:
        work = self.opened.work(self.people["reviewer"].because("Approved"))
        work.perform(Deployment(id=request))
        work.release()

    def _end(self, request: int, *, refused: bool) -> None:
        name = "reviewer" if refused else "author"
        work = self.opened.work(self.people[name].because("Not now: there is a better way"))
        service.take_step(
            work, lambda desk: deciding.withdraw(desk, work.ctx, request, "decline" if refused else "withdraw")
        )
        work.release()
