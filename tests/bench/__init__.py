"""The figures of performance, against a real box: each beside its floor, measured in the same run."""
