"""Where people register, and look after their own tenant: the tenant API's own routes, bare of envelopes."""

from typing import Final

from app.changes.work import Work
from app.http.endpoint import ANYBODY, PUBLIC, Answer, Endpoint, Given
from app.http.resource import Resource
from app.http.versions import Lifespan
from app.resources.tenants import own
from app.resources.tenants.schema import ClientSchema, KeySchema, RegistrationInput, RegistrationSchema

SINCE: Final = Lifespan(25)
CREATED: Final = 201


def register(work: Work, given: Given) -> Answer:
    """Register."""
    made = own.register(work, str(given.fields["email"]), str(given.fields["password"]))
    return Answer(value=made, status=CREATED, headers={"Location": f"{work.terms.public_url}/client"})


def show(work: Work, _given: Given) -> Answer:
    """Show the caller's tenant."""
    return Answer.plain(own.show(work))


def rotate_key(work: Work, _given: Given) -> Answer:
    """Renew the tenant's key."""
    return Answer.plain(own.rotate_key(work))


def end(work: Work, _given: Given) -> Answer:
    """End the tenant."""
    return Answer.plain(own.end(work))


ENDPOINTS = (
    Endpoint(
        methods=("POST",),
        path="/auth/register",
        action="register",
        summary="Register: make a tenant of one's own, where the server is open for it",
        right=PUBLIC,
        view=register,
        input=RegistrationInput,
        output=RegistrationSchema,
        json_only=True,
        bare=True,
        errors=(403,),
        gate=own.refuse_closed,
        lifespan=SINCE,
    ),
    Endpoint(
        methods=("GET",),
        path="/client",
        action="clientDetails",
        summary="Show one's own tenant",
        right=ANYBODY,
        view=show,
        output=ClientSchema,
        bare=True,
        lifespan=SINCE,
    ),
    Endpoint(
        methods=("POST",),
        path="/client/rotate-key",
        action="rotateKey",
        summary="Renew the tenant's key, shown this once",
        right="administration_write",
        view=rotate_key,
        output=KeySchema,
        bare=True,
        lifespan=SINCE,
    ),
    Endpoint(
        methods=("DELETE",),
        path="/client",
        action="deleteClient",
        summary="Delete one's own tenant for good, with everything in it",
        right="administration_write",
        view=end,
        bare=True,
        lifespan=SINCE,
    ),
)

RESOURCE = Resource(name="tenants", endpoints=ENDPOINTS)
"""Tenants are no documents, so they bring no kind."""
