"""People as every surface needs them: passwords, tokens, logins, rights, founding and inviting."""
