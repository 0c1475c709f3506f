"""Run migrations on the connection that the program hands over, or on the configured database."""

from alembic import context
from sqlalchemy import Connection, engine_from_config, pool

from app.store.tables import Base

config = context.config
connection = config.attributes.get("connection")


def run(bound: Connection) -> None:
    context.configure(
        connection=bound,
        target_metadata=Base.metadata,
        render_as_batch=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if connection is not None:
    run(connection)
else:
    engine = engine_from_config(
        {"sqlalchemy.url": context.get_x_argument(as_dictionary=True)["url"]}, poolclass=pool.NullPool
    )
    with engine.connect() as opened:
        run(opened)
        opened.commit()
