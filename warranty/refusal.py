"""What the verbs of this app refuse."""


class Refused(Exception):
    """A wish that the contract does not allow; the text is a sentence for the person who asked."""


class WouldBill(Refused):
    """It would cost the hospital something, and nobody has agreed to that yet."""
