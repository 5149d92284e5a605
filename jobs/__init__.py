"""Jobs wait: the worker that runs them, the ticker that sees to it that none is forgotten."""
