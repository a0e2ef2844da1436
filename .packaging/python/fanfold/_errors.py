"""What goes wrong in a pool."""


class JobError(Exception):
    """A job failed. The others are not concerned."""

    def __init__(self, name: str, cause: str) -> None:
        super().__init__(name, cause)
        #: The input, as it was given.
        self.name = name
        #: Why it failed: what the function raised, or how its process ended.
        self.cause = cause

    def __str__(self) -> str:
        return f"{self.name!r}: {self.cause}"


class PoolError(Exception):
    """The pool came to an end before all jobs had."""
