"""The same jobs done the way that comes to mind first."""

import json
import subprocess
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

from git import Actor, Repo
from marshmallow import Schema, fields
from sqlalchemy import JSON, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

from app.fleet.index.status import Parts, Surroundings, rule_computed
from tests.bench.figures import seconds_of
from tests.bench.ground import fields_of, rule_id, text_of

_SOMEBODY = Actor("bench", "bench@default.invalid")


def seconds_of_git_change(folder: Path, documents: int, changes: int) -> float:
    """Commit changes one by one with GitPython's index, in a working copy of so many documents; seconds of one."""
    rules = folder / "rules"
    rules.mkdir(parents=True)
    for number in range(documents):
        _file(rules, number).write_text(json.dumps(fields_of(number), indent=2))
    for command in (["init", "--quiet"], ["add", "."], ["commit", "--quiet", "--message", "Start"]):
        identity = ["-c", "user.name=bench", "-c", "user.email=bench@default.invalid", "-c", "gc.auto=0"]
        subprocess.run(["git", *identity, *command], cwd=folder, check=True)
    with Repo(folder) as repository:
        return (
            seconds_of(lambda: [_change(repository, rules, documents, number) for number in range(changes)]) / changes
        )


def _change(repository: Repo, rules: Path, documents: int, number: int) -> None:
    path = _file(rules, number * 7919 % documents)
    path.write_text(json.dumps({**fields_of(number), "longDescription": text_of(number + 1_000_000)}, indent=2))
    repository.index.add([str(path)])
    repository.index.commit(f"Modify rule {path.stem}", author=_SOMEBODY, committer=_SOMEBODY)


def _file(rules: Path, number: int) -> Path:
    return rules / f"{rule_id(number)}.json"


_AROUND = Surroundings(Parts(), lambda _group: None, lambda _group: False, lambda _rule: ("default",))


class _Base(DeclarativeBase):
    pass


class RuleRow(_Base):
    """A rule as a row of columns."""

    __tablename__ = "rules"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    category: Mapped[str]
    short: Mapped[str]
    long: Mapped[str]
    directives: Mapped[Any] = mapped_column(JSON)
    targets: Mapped[Any] = mapped_column(JSON)
    enabled: Mapped[bool]
    system: Mapped[bool]
    tags: Mapped[Any] = mapped_column(JSON)
    revision: Mapped[int]
    created: Mapped[datetime]
    updated: Mapped[datetime]

    @property
    def status(self) -> dict[str, Any]:
        """Say what the rule comes to."""
        document: Any = {"directives": self.directives, "targets": self.targets, "enabled": self.enabled}
        return rule_computed(document, _AROUND)["status"]  # type: ignore[return-value]  # an object


class CompositionForm(Schema):
    """One side of a target."""

    either = fields.List(fields.String(), data_key="or")


class TargetForm(Schema):
    """A target as it is stored."""

    include = fields.Nested(CompositionForm)
    exclude = fields.Nested(CompositionForm)


class StatusForm(Schema):
    """What a rule comes to."""

    value = fields.String()
    details = fields.String()


class RuleForm(Schema):
    """A rule as JSON, with the members that our answer has."""

    id = fields.String()
    name = fields.String(data_key="displayName")
    category = fields.String(data_key="categoryId")
    short = fields.String(data_key="shortDescription")
    long = fields.String(data_key="longDescription")
    directives = fields.List(fields.String())
    targets = fields.List(fields.Nested(TargetForm))
    enabled = fields.Boolean()
    system = fields.Boolean()
    tags = fields.List(fields.Dict(keys=fields.String(), values=fields.String()))
    revision = fields.Integer()
    created = fields.DateTime(data_key="createdAt")
    updated = fields.DateTime(data_key="updatedAt")
    mode = fields.Method("mode_of", data_key="policyMode")
    status = fields.Nested(StatusForm)

    def mode_of(self, rule: RuleRow) -> str:
        """Say how the rule is applied."""
        return "mixed" if rule.directives else "enforce"


class SchemaDump:
    """A list of rules by dumping a schema over ORM objects."""

    def __init__(self, folder: Path, documents: Sequence[dict[str, Any]]) -> None:
        folder.mkdir(parents=True)
        self._engine = create_engine(f"sqlite:///{folder}/rules.db")
        _Base.metadata.create_all(self._engine)
        form = RuleForm()
        names = {field.data_key or name: name for name, field in form.fields.items()}
        with Session(self._engine) as session:
            for document in documents:
                times = {key: datetime.fromisoformat(document[key]) for key in ("createdAt", "updatedAt")}
                values = {**document, **times}
                computed = ("policyMode", "status")
                session.add(
                    RuleRow(
                        **{names[key]: value for key, value in values.items() if key in names and key not in computed}
                    )
                )
            session.commit()

    def answer(self) -> bytes:
        """Read every rule and write the answer."""
        with Session(self._engine) as session:
            rows = session.scalars(select(RuleRow).order_by(RuleRow.id)).all()
            body = {"action": "listRules", "result": "success", "data": {"rules": RuleForm(many=True).dump(rows)}}
            return json.dumps(body).encode()

    def close(self) -> None:
        """Give the connections back."""
        self._engine.dispose()
