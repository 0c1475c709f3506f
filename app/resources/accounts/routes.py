"""Where API accounts are reached."""

from collections.abc import Callable
from typing import Any

from app.changes.work import Work
from app.core.errors import NotFoundError
from app.http.endpoint import Answer, Endpoint, Given, Item, Paging, list_under
from app.http.resource import Resource
from app.http.search import Extension, Searchable
from app.http.versions import Lifespan
from app.people.searching import users_with
from app.resources.accounts import service
from app.resources.accounts.schema import AccountInput, AccountSchema
from app.resources.accounts.searching import ACCOUNTS_TABLE, SEARCH_KEYS, accounts_of
from app.resources.accounts.shape import account_json

READ, WRITE = "administration_read", "administration_write"
OWN = "userAccount_read"
"""Opens a search of the accounts that one answers for."""
PATH = "/apiaccounts/{id}"


def show_all(work: Work, given: Given) -> Answer:
    """List the accounts."""
    accounts = service.list_accounts(work)
    if given.page is None:
        return Answer.many(account_json(account) for account in accounts)
    later = [account for account in accounts if account.id > given.page.after][: given.page.limit + 1]
    items: list[Item] = [account_json(account) for account in later]
    return Answer.paged(items, given.page)


def show(work: Work, given: Given) -> Answer:
    """Show one account."""
    return Answer.one(service.get_account(work, given.path["id"]))


def show_caller(work: Work, _given: Given) -> Answer:
    """Show the caller's account."""
    return Answer.one(service.get_caller(work))


def create(work: Work, given: Given) -> Answer:
    """Make an account."""
    return Answer.one(service.create_account(work, given.document))


def update(work: Work, given: Given) -> Answer:
    """Change an account."""
    return Answer.one(service.update_account(work, given.path["id"], given.document))


def renew(work: Work, given: Given) -> Answer:
    """Give an account a new token."""
    return Answer.one(service.renew_token(work, given.path["id"]))


def drop(work: Work, given: Given) -> Answer:
    """Take an account's token away."""
    return Answer.one(service.drop_token(work, given.path["id"]))


def delete(work: Work, given: Given) -> Answer:
    """Delete an account."""
    return Answer.one(service.delete_account(work, given.path["id"]))


def delete_forgiving(work: Work, given: Given) -> Answer:
    """Delete an account; one that is not there is no error, because scripts delete twice."""
    try:
        return delete(work, given)
    except NotFoundError:
        return Answer.many(())


def _endpoint(
    method: str,
    path: str,
    action: str,
    summary: str,
    view: Callable[[Work, Given], Answer],
    **more: Any,  # noqa: ANN401
) -> Endpoint:
    declared = {"lifespan": Lifespan(21), **more}
    return Endpoint(
        methods=(method,),
        path=path,
        action=action,
        summary=summary,
        right=READ if method == "GET" else WRITE,
        view=view,
        container=list_under("accounts"),
        output=AccountSchema,
        **declared,
    )


_INPUT: dict[str, Any] = {"input": AccountInput, "json_only": True, "id_from": "result"}
_DELETE = ("DELETE", PATH, "deleteAccount", "Delete an account; its id is never given again")
_RENEW = ("regenerateToken", "Give an account a new token, shown this once")

ENDPOINTS = (
    _endpoint("GET", "/apiaccounts", "getAllAccounts", "List all accounts, by id", show_all, paging=Paging()),
    _endpoint(
        "GET", "/apiaccounts/token", "getTokenAccount", "Show the caller's account", show_caller, lifespan=Lifespan(22)
    ),
    _endpoint("GET", PATH, "getAccount", "Show one account", show, id_from="path"),
    _endpoint(
        "POST",
        "/apiaccounts",
        "createAccount",
        "Make an account; its token is shown once",
        create,
        **_INPUT,
        creates=True,
    ),
    _endpoint("POST", PATH, "updateAccount", "Change an account", update, partial=True, **_INPUT),
    _endpoint("POST", f"{PATH}/token/regenerate", *_RENEW, renew, id_from="path"),
    _endpoint("POST", f"{PATH}/regenerate", *_RENEW, renew, id_from="path"),
    _endpoint("DELETE", f"{PATH}/token", "deleteToken", "Take an account's token away", drop),
    _endpoint(*_DELETE, delete_forgiving, lifespan=Lifespan(21, 24)),
    _endpoint(*_DELETE, delete, lifespan=Lifespan(25)),
)

SEARCH = Searchable(
    name="accounts",
    path="/apiaccounts",
    right=(READ, OWN),
    show=lambda _work, accounts: [account_json(account) for account in accounts],
    keys={key.name: key for key in SEARCH_KEYS},
    source=lambda work: ACCOUNTS_TABLE if work.ctx.holds(READ) else accounts_of(work.ctx.actor),
    extensions={
        "owner": Extension(find=users_with(lambda account: [account.owner] if account.owner else []), target="users")
    },
)

RESOURCE = Resource(name="apiaccounts", endpoints=ENDPOINTS, searchables=(SEARCH,))
