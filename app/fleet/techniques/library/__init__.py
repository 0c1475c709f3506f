"""The starter library: techniques that every new installation has, one YAML file per version."""

from importlib.resources import files

from app.core.canonical import Document
from app.core.errors import InvalidError
from app.fleet.techniques.versions import version_key
from app.fleet.techniques.yaml_source import load_technique_yaml


def starter_library() -> list[Document]:
    """Read the starter library: complete documents, ordered by name, then by version, oldest first.

    Raises:
        InvalidError: a file of the installation is damaged; the message names it.
    """
    found: dict[tuple[str, str], Document] = {}
    for file in files(__name__).iterdir():
        if file.name.endswith(".yml"):
            try:
                document = load_technique_yaml(file.read_bytes())
            except InvalidError as error:
                raise InvalidError(f"Starter technique {file.name}: {error.message}", fields=error.fields) from error
            found[str(document["id"]), str(document["version"])] = document
    ordered = sorted(found, key=lambda key: (key[0], version_key(key[1])))
    return [found[key] for key in ordered]
