"""Refusals of the grading package: each says what, where and why, and carries a code that does not change."""


class GradingError(ValueError):
    """Something that cannot be graded.

    Parameters
    ----------
    code
        Stable name of the refusal, for machines.
    message
        The refusal in plain words, for people.
    where
        Place inside the document, such as ``gap1`` or ``key.accepted[0]``; empty when it is the whole of it.
    """

    def __init__(self, code: str, message: str, where: str = "") -> None:
        super().__init__(f"{where}: {message}" if where else message)
        self.code = code
        self.message = message
        self.where = where


class ResponseError(GradingError):
    """The response has the wrong shape for its item, or cannot be read without guessing."""


class ItemError(GradingError):
    """The item itself cannot be marked: an unknown rule, no key, a value that makes no sense."""


class RubricError(GradingError):
    """Marks by a person that do not fit the rubric or the slot they are for."""


class StandardError(GradingError):
    """A standard, or the component marks put before it, that cannot be decided on."""


class PolicyError(GradingError):
    """A retake policy, or a history, that the retake machine cannot read."""
