"""Where teams are reached."""

from app.http.collection import Collection, collection_endpoints, collection_writing
from app.http.resource import Resource
from app.http.search import Extension, Searchable, documents_searchable, show_documents
from app.people.searching import users_with
from app.resources.teams.kind import TEAM, members_of
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

SEARCH = documents_searchable(
    TEAM,
    Searchable(
        name="teams",
        path=TEAMS.path,
        right="team_read",
        show=show_documents(),
        extensions={
            "members": Extension(find=users_with(lambda team: members_of(team.document)), target="users", many=True)
        },
    ),
)

RESOURCE = Resource(
    name="teams",
    kinds=(TEAM,),
    paths={TEAM.name: TEAMS.path},
    endpoints=ENDPOINTS,
    searchables=(SEARCH,),
    writings={TEAM.name: collection_writing(TEAMS, ENDPOINTS)},
)
