"""The subcommands of `sternpost`, one module for each subject; `app/cli.py` names them."""
