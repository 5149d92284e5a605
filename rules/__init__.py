"""What the firm decides: pure answers to questions. No I/O, no clock: `now` is an argument."""
