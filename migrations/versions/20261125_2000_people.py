"""Add people: identities, users, roles, logins, personal tokens, invitations."""

from collections.abc import Sequence

import sqlalchemy as sa
from alembic import op

revision: str = "people"
down_revision: str | None = "declared_keys"
branch_labels: str | Sequence[str] | None = None
depends_on: str | Sequence[str] | None = None

# Ids and cursors compare bytewise on both databases.
KEY = sa.String().with_variant(sa.String(collation="C"), "postgresql")


def upgrade() -> None:
    op.create_table(
        "identities",
        sa.Column("id", KEY, nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("folded", KEY, nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("verified", sa.BigInteger(), nullable=True),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_identities")),
    )
    op.create_index(op.f("ix_identities_folded"), "identities", ["folded"], unique=True)
    op.create_table(
        "invitations",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=False),
        sa.Column("used", sa.BigInteger(), nullable=True),
        sa.Column("due", sa.BigInteger(), nullable=True),
        sa.Column("attempts", sa.BigInteger(), nullable=False),
        sa.Column("sent", sa.BigInteger(), nullable=True),
        sa.Column("fault", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_invitations_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_invitations")),
    )
    op.create_index(op.f("ix_invitations_due"), "invitations", ["due"], unique=False)
    op.create_index(op.f("ix_invitations_tenant_user_id"), "invitations", ["tenant", "user_id"], unique=False)
    op.create_table(
        "logins",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("generation", sa.BigInteger(), nullable=False),
        sa.Column("started", sa.BigInteger(), nullable=False),
        sa.Column("rotated", sa.BigInteger(), nullable=False),
        sa.Column("ends", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_logins_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_logins")),
    )
    op.create_index(op.f("ix_logins_ends"), "logins", ["ends"], unique=False)
    op.create_index(op.f("ix_logins_tenant_user_id"), "logins", ["tenant", "user_id"], unique=False)
    op.create_table(
        "personal_tokens",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("user_id", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("authorization", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("expires", sa.BigInteger(), nullable=True),
        sa.Column("last_used", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_personal_tokens_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "user_id", "id", name=op.f("pk_personal_tokens")),
    )
    op.create_index(op.f("ix_personal_tokens_token_hash"), "personal_tokens", ["token_hash"], unique=True)
    op.create_table(
        "roles",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("folded", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("rights", sa.Text(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_roles_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "folded", name=op.f("pk_roles")),
    )
    op.create_table(
        "users",
        sa.Column("tenant", KEY, nullable=False),
        sa.Column("id", KEY, nullable=False),
        sa.Column("identity", KEY, nullable=True),
        sa.Column("username", sa.Text(), nullable=False),
        sa.Column("folded_username", KEY, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("folded_email", KEY, nullable=True),
        sa.Column("password", sa.Text(), nullable=True),
        sa.Column("roles", sa.Text(), nullable=False),
        sa.Column("invited", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("created", sa.BigInteger(), nullable=False),
        sa.Column("updated", sa.BigInteger(), nullable=False),
        sa.Column("last_login", sa.BigInteger(), nullable=True),
        sa.Column("deleted", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["identity"], ["identities.id"], name=op.f("fk_users_identity_identities")),
        sa.ForeignKeyConstraint(["tenant"], ["tenants.id"], name=op.f("fk_users_tenant_tenants")),
        sa.PrimaryKeyConstraint("tenant", "id", name=op.f("pk_users")),
    )
    op.create_index(op.f("ix_users_folded_email"), "users", ["folded_email"], unique=False)
    op.create_index(op.f("ix_users_identity"), "users", ["identity"], unique=False)
    op.create_index(op.f("ix_users_tenant_folded_email"), "users", ["tenant", "folded_email"], unique=True)
    op.create_index(op.f("ix_users_tenant_folded_username"), "users", ["tenant", "folded_username"], unique=True)


def downgrade() -> None:
    op.drop_index(op.f("ix_users_tenant_folded_username"), table_name="users")
    op.drop_index(op.f("ix_users_tenant_folded_email"), table_name="users")
    op.drop_index(op.f("ix_users_identity"), table_name="users")
    op.drop_index(op.f("ix_users_folded_email"), table_name="users")
    op.drop_table("users")
    op.drop_table("roles")
    op.drop_index(op.f("ix_personal_tokens_token_hash"), table_name="personal_tokens")
    op.drop_table("personal_tokens")
    op.drop_index(op.f("ix_logins_tenant_user_id"), table_name="logins")
    op.drop_index(op.f("ix_logins_ends"), table_name="logins")
    op.drop_table("logins")
    op.drop_index(op.f("ix_invitations_tenant_user_id"), table_name="invitations")
    op.drop_index(op.f("ix_invitations_due"), table_name="invitations")
    op.drop_table("invitations")
    op.drop_index(op.f("ix_identities_folded"), table_name="identities")
    op.drop_table("identities")
