"""The one way in which a command fails."""


class Failed(Exception):
    """A command that could not do what was asked; its text is for the person."""
