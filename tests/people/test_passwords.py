"""What a password must be (ASVS 6.2; the other profile for the Chinese classified protection)."""

from __future__ import annotations

import pytest
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from pytest_django import Settings

from people.models import Hospital, User


@pytest.fixture
def nurse() -> User:
    hospital = Hospital(name="绵阳市涪城人民医院", short_name="Fucheng")
    return User(name="Wang Fang", email="wang.fang@fucheng.example", phone="13900001234", hospital=hospital)


@pytest.mark.parametrize(
    "password",
    [
        "short-1-Aa",
        "a" * 64,
        "correct horse battery staple",
        "四只灰鹭在河边吃早饭",
        "no capitals no digits",
    ],
)
def test_long_passwords_without_rules_about_signs_are_taken(nurse: User, password: str) -> None:
    validate_password(password, nurse)


@pytest.mark.parametrize(
    "password",
    [
        "Ab1-x&Zq7",
        "password123",
        "1234567890123",
        "wang.fang@fucheng",
        "13900001234",
        "ServiceDesk1",
        "Fucheng2026",
        "绵阳市涪城人民医院1",
    ],
    ids=["nine signs", "common", "digits", "e-mail", "phone", "product", "short name", "hospital"],
)
def test_short_common_and_guessable_passwords_are_refused(nurse: User, password: str) -> None:
    with pytest.raises(ValidationError):
        validate_password(password, nurse)


@pytest.mark.parametrize(
    ("password", "taken"), [("seven-grey-herons", False), ("seven-grey-herons-7", True), ("SevenGrey herons", True)]
)
def test_protection_profile_asks_for_three_kinds_of_signs(
    settings: Settings, nurse: User, password: str, taken: bool
) -> None:
    settings.AUTH_PASSWORD_VALIDATORS = [{"NAME": "people.passwords.CharacterClassesValidator"}]
    if taken:
        validate_password(password, nurse)
    else:
        with pytest.raises(ValidationError, match="3"):
            validate_password(password, nurse)
