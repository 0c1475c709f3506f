"""Values without framework or I/O: errors, context, ids, canonical JSON, field differences."""
