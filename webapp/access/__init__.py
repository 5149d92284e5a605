"""Who asks, what they may reach, and one door per record."""
