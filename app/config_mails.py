"""The mails about change requests as an operator configures them: one for each step, or none."""

from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, FilePath

from app.config_checks import check_mail_from, split_commas

StepName = Literal["validation", "deployment", "cancelled", "deployed"]
"""What a change request has come to: it waits for a review, for its deployment, or is at an end."""

WORDS = ("author", "reviewers", "deployers")
"""Stand for people of the tenant in the place of an address."""


def _check_recipients(value: tuple[str, ...]) -> tuple[str, ...]:
    for one in value:
        if one not in WORDS:
            _check_address(one)
    return value


def _check_address(value: str) -> str:
    try:
        return check_mail_from(value) if value else value
    except ValueError as fault:
        raise ValueError(f"'{value[:80]}': {fault}, or one of the words {', '.join(WORDS)}") from fault


Recipients = Annotated[tuple[str, ...], BeforeValidator(split_commas), AfterValidator(_check_recipients)]


class StepMail(BaseModel):
    """One step's mail; addresses are those of the installation's own tenant, words are understood in every tenant.

    `subject` and the file `template` (HTML) may hold `{{id}}`, `{{name}}`, `{{description}}`, `{{author}}`, `{{link}}`,
    `{{approver}}`; empty ones are ours.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    to: Recipients = ()
    cc: Recipients = ()
    bcc: Recipients = ()
    reply_to: Annotated[str, AfterValidator(_check_address)] = ""
    subject: str = ""
    template: FilePath | None = None
