"""The verbs of the firm. They write inside the caller's transaction and never commit; the actor is `by`."""
