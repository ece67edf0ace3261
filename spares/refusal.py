"""What the verbs of this app refuse."""


class Refused(Exception):
    """A wish that stock or state does not allow; the text is a sentence for the person who asked.

    `field`: what was filled in wrong, where it is one thing.
    """

    def __init__(self, sentence: str, *, field: str = "") -> None:
        super().__init__(sentence)
        self.field = field
