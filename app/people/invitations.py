"""Links for an address, mailed by the worker from a row and opened once: invitations, and ways to a new password."""

from typing import Final, Literal

from sqlalchemy import Connection

from app.core.ids import new_id
from app.people.tokens import Claims, read, sign
from app.store.logins import Invitation, delete_invitations_of, find_invitation, insert_invitation
from app.store.people import User
from app.store.secrets import KeyRing

VALID_MS: Final = 7 * 86_400_000
RESET_VALID_MS: Final = 3_600_000
SECOND_MS: Final = 1000

Purpose = Literal["invitation", "reset"]


def invite(connection: Connection, user: User, now_ms: int) -> Invitation:
    """Let a link be mailed to a user's address; the ones before open nothing any more.

    Who is invited accepts with it, for a week; a member sets another password with it, for an hour.
    """
    delete_invitations_of(connection, user.tenant, user.id)
    created = now_ms // SECOND_MS * SECOND_MS
    invitation = Invitation(
        tenant=user.tenant,
        id=new_id(),
        user_id=user.id,
        created=created,
        expires=created + (VALID_MS if user.invited else RESET_VALID_MS),
        due=now_ms,
    )
    insert_invitation(connection, invitation)
    return invitation


def token_of(ring: KeyRing, invitation: Invitation, purpose: Purpose = "invitation") -> str:
    """Write the secret of a link; it is kept nowhere, but made again from the row whenever the mail is sent."""
    return sign(
        ring,
        Claims(
            user=invitation.user_id,
            tenant=invitation.tenant,
            type=purpose,
            jti=invitation.id,
            issued_s=invitation.created // SECOND_MS,
            ends_s=invitation.expires // SECOND_MS,
        ),
    )


def find_by_token(
    connection: Connection, ring: KeyRing, token: str, now_ms: int, purpose: Purpose = "invitation"
) -> Invitation | None:
    """Find the invitation of a link that still opens; None for every other text."""
    claims = read(ring, token, purpose, now_ms)
    found = None if claims is None else find_invitation(connection, claims.tenant, claims.jti)
    return None if found is None or found.used is not None else found
