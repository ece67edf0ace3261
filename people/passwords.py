"""What a password must be (ASVS 6.2): long, not common, not guessable from where it is used."""

from __future__ import annotations

import string

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from people.models import User

CONTEXT_WORDS = ("servicedesk", "service-desk", "yifutai", "password", "hospital", "yiyuan")
"""Words that anybody would try first here: the product, what it is for, and the word itself."""


class ContextWordsValidator:
    """Refuses a password that is a context word or the hospital's name with a few signs around it."""

    def __init__(self, spare: int = 6) -> None:
        self.spare = spare

    def validate(self, password: str, user: User | None = None) -> None:
        words = [*CONTEXT_WORDS]
        if user is not None and user.hospital is not None:
            words += [user.hospital.name, user.hospital.short_name]
        lowered = password.lower()
        for word in filter(None, (word.lower() for word in words)):
            if word in lowered and len(lowered.replace(word, "")) < self.spare:
                raise ValidationError(_("This password is a word of this place with a few signs added."))

    def get_help_text(self) -> str:
        return _("Not the name of the product or of your hospital.")


class CharacterClassesValidator:
    """`PASSWORD_PROFILE=mlps`: at least `classes` of capitals, small letters, digits and other signs.

    The classified protection assessors ask for it (GB/T 22239); ASVS 6.2.5 advises against. Hence a switch.
    """

    def __init__(self, classes: int = 3) -> None:
        self.classes = classes

    def validate(self, password: str, user: User | None = None) -> None:
        kinds = (string.ascii_uppercase, string.ascii_lowercase, string.digits)
        found = sum(any(sign in kind for sign in password) for kind in kinds)
        found += any(not any(sign in kind for kind in kinds) for sign in password)
        if found < self.classes:
            raise ValidationError(self.get_help_text())

    def get_help_text(self) -> str:
        return _("At least %(count)d of: capitals, small letters, digits, other signs.") % {"count": self.classes}
