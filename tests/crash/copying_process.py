"""Copies the catalogue into the tenant `acme` in a process of its own, to be killed on the way."""

from app.boot import installation
from app.changes.tenants import copy_tenant
from app.config import load
from app.core.clock import now_ms
from app.core.context import Context

with installation(load()) as opened:
    copy_tenant(opened.database, Context.system("acme", "test"), "public", now_ms)
