"""What the verbs of this app refuse."""


class Refused(Exception):
    """A wish that stock or state does not allow; the text is a sentence for the person who asked."""
