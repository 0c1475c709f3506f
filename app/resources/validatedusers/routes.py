"""Where validated users and supervised targets are reached."""

from app.changes.work import Work
from app.http.endpoint import ARRAY, BARE, Answer, Endpoint, Given
from app.http.resource import Resource
from app.http.versions import Lifespan
from app.resources.validatedusers import service
from app.resources.validatedusers.schema import SupervisedInput, ValidatedUserSchema, ValidatedUsersInput

READ, WRITE = "administration_read", "administration_write"
TARGETS = "/changevalidation/supervised/targets"
UNREADABLE = "Could not extract workflow user list from request"


def show_users(work: Work, _given: Given) -> Answer:
    """List everybody, and whether their changes need no validation."""
    return Answer.many(service.read_users(work))


def save_users(work: Work, given: Given) -> Answer:
    """Replace the list of validated users."""
    listed = given.fields["users"]
    return Answer.many(service.write_users(work, [str(one) for one in listed] if isinstance(listed, list) else []))


def remove_user(work: Work, given: Given) -> Answer:
    """Take somebody out of the list of validated users."""
    return Answer(value=service.remove_user(work, given.path["username"]))


def show_targets(work: Work, _given: Given) -> Answer:
    """Show every target, and whether it is supervised."""
    return Answer(value=service.read_targets(work))


def save_targets(work: Work, given: Given) -> Answer:
    """Replace the set of supervised targets."""
    listed = given.fields["supervised"]
    return Answer(value=service.write_targets(work, [str(one) for one in listed] if isinstance(listed, list) else []))


ENDPOINTS = (
    Endpoint(
        methods=("GET",),
        path="/users",
        action="listUsers",
        summary="List everybody, and whether their changes need no validation",
        right=READ,
        view=show_users,
        container=ARRAY,
        output=ValidatedUserSchema,
        lifespan=Lifespan(3, 24),
    ),
    Endpoint(
        methods=("GET",),
        path="/validatedUsers",
        action="listValidatedUsers",
        summary="List everybody, and whether their changes need no validation",
        right=READ,
        view=show_users,
        container=ARRAY,
        output=ValidatedUserSchema,
        lifespan=Lifespan(25),
    ),
    Endpoint(
        methods=("POST",),
        path="/validatedUsers",
        action="saveWorkflowUser",
        summary="Replace the list of those whose changes need no validation",
        right=WRITE,
        view=save_users,
        container=ARRAY,
        input=ValidatedUsersInput,
        output=ValidatedUserSchema,
        lifespan=Lifespan(3),
        unreadable=UNREADABLE,
        dry_run=True,
    ),
    Endpoint(
        methods=("DELETE",),
        path="/validatedUsers/{username}",
        action="removeValidatedUser",
        summary="Take somebody out of the list of those whose changes need no validation",
        right=WRITE,
        view=remove_user,
        container=BARE,
        lifespan=Lifespan(3),
        dry_run=True,
    ),
    Endpoint(
        methods=("GET",),
        path=TARGETS,
        action="getAllTargets",
        summary="Show every target, and whether changes of its nodes are validated",
        right=READ,
        view=show_targets,
        container=BARE,
        lifespan=Lifespan(10),
    ),
    Endpoint(
        methods=("POST",),
        path=TARGETS,
        action="updateSupervisedTargets",
        summary="Replace the set of targets whose changes are validated",
        right=WRITE,
        view=save_targets,
        container=BARE,
        input=SupervisedInput,
        lifespan=Lifespan(10),
        dry_run=True,
    ),
)

RESOURCE = Resource(name="validatedusers", endpoints=ENDPOINTS)
