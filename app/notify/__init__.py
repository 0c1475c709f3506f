"""What leaves the server after a commit: webhooks that are told of events, and mails."""
