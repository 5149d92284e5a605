"""How an answer is put together: templates, fragments, limits, what is kept rendered."""
