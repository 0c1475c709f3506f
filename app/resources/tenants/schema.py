"""The JSON forms of registration and of one's own tenant."""

from app.http.fields import Number, Record, Text
from app.http.schemas import ApiSchema


class RegistrationInput(ApiSchema):
    """Who wants a tenant."""

    email = Text(required=True, max_length=254)
    password = Text(required=True, max_length=1000)


class TenantShortSchema(ApiSchema):
    """The tenant that was made."""

    id = Text()
    name = Text()
    schema = Text()
    state = Text()


class RegistrationSchema(ApiSchema):
    """A new tenant, its key and its person's first tokens; the only time that they come together."""

    client = Record(TenantShortSchema)
    api_key = Text(data_key="apiKey")
    access = Text()
    refresh = Text()


class ClientSchema(ApiSchema):
    """One's own tenant; the key and the registration token are there for its administrators, null for others."""

    id = Text()
    name = Text()
    schema = Text()
    state = Text()
    api_key = Text(data_key="apiKey", metadata={"nullable": True})
    server_registration_token = Text(data_key="serverRegistrationToken", metadata={"nullable": True})
    max_users = Number(data_key="maxUsers")
    max_variables = Number(data_key="maxVariables")
    max_modules = Number(data_key="maxModules")
    created = Text(data_key="createdAt")
    updated = Text(data_key="updatedAt")


class KeySchema(ApiSchema):
    """A new key."""

    api_key = Text(data_key="apiKey")
