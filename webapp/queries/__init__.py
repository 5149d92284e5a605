"""One screen each: SQL in, small dataclasses out, never a write. Rights are a filter here, asked for by the view."""
