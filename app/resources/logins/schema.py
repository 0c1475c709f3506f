"""The JSON form of logins; `email` takes a user name too, which has no @ in it."""

from app.http.fields import Text
from app.http.schemas import ApiSchema


class LoginInput(ApiSchema):
    """Who wants in; `client` is the id or name of the tenant."""

    email = Text(required=True, min_length=1)
    password = Text(required=True, max_length=1000)
    client = Text()


class RefreshInput(ApiSchema):
    """A refresh token, good once."""

    refresh = Text(required=True, max_length=4096)


class LogoutInput(ApiSchema):
    """A refresh token; without one the login of the access token ends."""

    refresh = Text(max_length=4096)


class PasswordInput(ApiSchema):
    """The password of now and the next one."""

    password = Text(required=True, max_length=1000)
    new_password = Text(data_key="newPassword", required=True, max_length=1000)


class AcceptanceInput(ApiSchema):
    """The token of a mailed link, and a password for whom has none yet."""

    token = Text(required=True, max_length=4096)
    password = Text(max_length=1000)


class LinkQuery(ApiSchema):
    """What a mailed link carries."""

    token = Text(max_length=4096)


class ForgottenInput(ApiSchema):
    """Who forgot their password; `client` is the id or name of the tenant."""

    email = Text(required=True, min_length=1)
    client = Text()


class ResetInput(ApiSchema):
    """The token of a mailed link, and the password that is to be."""

    token = Text(required=True, max_length=4096)
    password = Text(required=True, max_length=1000)
