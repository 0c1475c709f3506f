"""Global parameters: named values that directives and templates use."""
