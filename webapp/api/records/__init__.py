"""What the API answers: one shape a record, and how it is filled from the row. Money and times in JSON form."""
