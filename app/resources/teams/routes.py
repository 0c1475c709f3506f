"""Where teams are reached."""

from app.http.collection import Collection, collection_endpoints, collection_writing
from app.http.resource import Resource
from app.resources.teams.kind import TEAM
from app.resources.teams.schema import TeamInput, TeamSchema

TEAMS = Collection(
    kind=TEAM,
    path="/teams",
    singular="Team",
    plural="teams",
    right="team",
    input=TeamInput,
    output=TeamSchema,
    since=25,
)

ENDPOINTS = collection_endpoints(TEAMS)

RESOURCE = Resource(
    name="teams",
    kinds=(TEAM,),
    paths={TEAM.name: TEAMS.path},
    endpoints=ENDPOINTS,
    writings={TEAM.name: collection_writing(TEAMS, ENDPOINTS)},
)
