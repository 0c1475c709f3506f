"""What an operator asks of the server itself."""
