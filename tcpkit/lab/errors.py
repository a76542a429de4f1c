"""What can go wrong with a lab, in words for its user."""


class LabError(RuntimeError):
    """Say what a lab could not do, why, and what to do next."""


class LabClosed(LabError):
    """Say that the lab is gone: closed, or its agent ended."""


class LabUnavailable(LabError):
    """Say that no lab can be had here: what was tried, and what to do."""
