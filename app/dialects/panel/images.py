"""Images as the panel shows them, under the names that dashboards read."""

from app.changes.work import Work
from app.core.canonical import JSON, Document
from app.dialects.panel.answers import Reply
from app.dialects.panel.reading import Asked
from app.store.documents import list_documents


def image_json(image: Document) -> Document:
    """Show an image."""
    return {
        "Id": image["id"],
        "Name": image["name"],
        "Description": image["description"],
        "Author": image["author"],
        "AuthorName": image["authorName"],
        "Image": image["image"],
        "Cmd": image["command"],
        "Env": image["environment"],
        "Variables": image["variables"],
        "Scripts": image["scripts"],
        "Meta": image["meta"],
    }


def list_images(work: Work, _asked: Asked) -> Reply:
    """List the images by id."""
    listed: list[JSON] = [image_json(stored.document) for stored in list_documents(work.session, "image")]
    return Reply(200, listed)
