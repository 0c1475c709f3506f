"""Every root-level route, in one list."""

from typing import Final

from app.dialects.takaro import domains, events, roles, sessions, settings, users, variables
from app.dialects.takaro.visit import Route

ROUTES: Final[tuple[Route, ...]] = (
    *domains.ROUTES,
    *sessions.ROUTES,
    *roles.ROUTES,
    *users.ROUTES,
    *events.ROUTES,
    *variables.ROUTES,
    *settings.ROUTES,
)
