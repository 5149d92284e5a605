"""Work that outlives the request: the outbox, the jobs in Redis, signs of life."""
