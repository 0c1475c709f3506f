"""The independent proof that log, documents and git of every tenant agree, written from docs/format-1.md.

It shares no code with the write path: it imports nothing of `app.changes`, `app.store.git`, `app.store.format1` and
`app.core.canonical`, has SQL of its own, and asks git itself.
"""

from app.verify.installation import Report, Trust, verify_installation

__all__ = ["Report", "Trust", "verify_installation"]
