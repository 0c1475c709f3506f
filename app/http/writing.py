"""How documents of one kind are written, for actions that write documents of any kind."""

import re
from collections.abc import Callable, Iterable
from dataclasses import replace

from app.changes.change import Action, Change
from app.changes.work import Work
from app.core.values import dataclass
from app.http.endpoint import Answer, Endpoint, Needed
from app.http.versions import LATEST

_PARAMETER = re.compile(r"\{[^}]*\}")


def _itself(document_id: str) -> tuple[str, ...]:
    return (document_id,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Writing:
    """The endpoints that create, change and delete documents of a kind, and the answer that shows a change.

    `values` gives, of a document's id, the values of the parameters in these endpoints' paths.
    """

    create: Endpoint
    modify: Endpoint
    delete: Endpoint
    show: Callable[[Work, Change], Answer]
    values: Callable[[str], tuple[str, ...]] = _itself

    def endpoint(self, action: Action) -> Endpoint:
        """Give the endpoint that does an action."""
        return {"create": self.create, "modify": self.modify, "delete": self.delete}[action]

    def needed(self, action: Action, document_id: str) -> Needed:
        """Name the call that does an action to a document: whoever may make it may do the same by other ways."""
        endpoint, values = self.endpoint(action), iter(self.values(document_id))
        steps = endpoint.path.removeprefix("/").split("/")
        return Needed(endpoint, tuple(next(values) if _PARAMETER.fullmatch(step) else step for step in steps))

    def answer(self, work: Work, change: Change) -> Answer:
        """Show a change as the endpoint that does it would; a deleted document has no revision to go on from."""
        answer = self.show(work, change)
        is_gone = change.after is None
        return replace(
            answer,
            id=change.id,
            container=self.endpoint("delete" if is_gone else change.action).container,
            revision=None if is_gone else answer.revision,
        )


def writing_of(
    endpoints: Iterable[Endpoint],
    collection: str,
    item: str,
    show: Callable[[Work, Change], Answer],
    *,
    values: Callable[[str], tuple[str, ...]] = _itself,
) -> Writing:
    """Find the endpoints that write a kind: PUT on the collection's path, POST and DELETE on the item's."""
    newest = [one for one in endpoints if LATEST in one.lifespan]

    def find(method: str, path: str) -> Endpoint:
        return next(one for one in newest if method in one.methods and one.path == path)

    return Writing(
        create=find("PUT", collection),
        modify=find("POST", item),
        delete=find("DELETE", item),
        show=show,
        values=values,
    )
