"""Labels: a random code per device, on paper that carries its own fonts and says what it is."""

from __future__ import annotations

from io import BytesIO

import pytest
from django.utils import translation
from pypdf import PdfReader

from audit.models import Entry
from devices import labels
from devices.models import Device, DeviceLabel, State
from people.models import User
from tests.devices.import_case import NOW
from tests.factories import DeviceFactory, OperatorFactory, SiteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator() -> User:
    return OperatorFactory()


def device(**more: object) -> Device:
    site = SiteFactory(name="本部", hospital__name="绵阳市涪滨人民医院")
    return DeviceFactory(site=site, name="会诊终端 TE-1", room="远程会诊中心", serial="TE50-2401-001", **more)


def test_t086_a_code_is_128_bits_of_chance_and_says_nothing_of_the_device(operator: User) -> None:
    one, other = device(), DeviceFactory()
    made = labels.ensure([one, other], by=operator, now=NOW)
    codes = {made[one.pk].token, made[other.pk].token}
    assert len(codes) == 2
    assert all(len(code) >= 22 for code in codes)
    assert labels.ensure([one], by=operator, now=NOW)[one.pk].token == made[one.pk].token


def test_t088_a_revoked_code_leads_nowhere_and_the_next_label_has_another(operator: User) -> None:
    one = device()
    old = labels.ensure([one], by=operator, now=NOW)[one.pk].token
    assert labels.find(old)
    assert labels.revoke(one, by=operator, now=NOW)
    assert labels.find(old) is None
    new = labels.ensure([one], by=operator, now=NOW)[one.pk].token
    assert new != old
    assert labels.find(new)
    assert Entry.objects.filter(act="devices.label_revoked").count() == 1


@pytest.mark.parametrize("state", [State.REPLACED, State.RETIRED])
def test_the_code_of_a_device_that_is_gone_leads_nowhere(operator: User, state: str) -> None:
    one = device()
    token = labels.ensure([one], by=operator, now=NOW)[one.pk].token
    Device.objects.update(state=state)
    assert labels.find(token) is None
    assert labels.ensure([Device.objects.get()], by=operator, now=NOW) == {}


@pytest.mark.parametrize(("language", "scan"), [("en", "Scan to report a fault"), ("zh-hans", "")])
def test_a_label_names_hospital_place_device_serial_tail_and_hotline(
    operator: User, settings: object, language: str, scan: str
) -> None:
    settings.HOTLINE_NUMBER = "028-5550-0120"  # type: ignore[attr-defined]
    with translation.override(language):
        content = labels.print_out([device()], sheet=False, by=operator, now=NOW)
    page = PdfReader(BytesIO(content)).pages[0]
    text = page.extract_text()
    for words in ("绵阳市涪滨人民医院", "本部 · 远程会诊中心", "会诊终端 TE-1", "…01-001", "028-5550-0120", scan):
        assert words in text
    assert "TE50-2401" not in text
    assert (round(float(page.mediabox.width) / 72 * 25.4), round(float(page.mediabox.height) / 72 * 25.4)) == (70, 37)
    fonts = page["/Resources"]["/Font"]  # type: ignore[index]
    assert all("NotoSansSC" in fonts[name]["/BaseFont"] for name in fonts)
    link = page["/Annots"][0].get_object()  # type: ignore[index]
    assert link["/A"]["/URI"] == labels.address(DeviceLabel.objects.get())


def test_a_sheet_holds_twenty_four_labels(operator: User) -> None:
    site = SiteFactory()
    for _number in range(25):
        DeviceFactory(site=site)
    content = labels.print_out(labels.chosen(Device.objects.all()), sheet=True, by=operator, now=NOW)
    pages = PdfReader(BytesIO(content)).pages
    assert [page.extract_text().count("SN …") for page in pages] == [24, 1]
    assert DeviceLabel.objects.count() == 25


def test_what_is_written_in_a_name_is_never_read_as_markup(operator: User) -> None:
    name = '#eval("1+1") $x$ [*] \\'
    content = labels.print_out([DeviceFactory(name=name)], sheet=False, by=operator, now=NOW)
    assert '#eval("1+1") $x$ [*] \\' in PdfReader(BytesIO(content)).pages[0].extract_text()


def test_words_too_long_for_their_line_are_cut_and_say_so(operator: User) -> None:
    site = SiteFactory(name="门诊综合楼")
    long, short = DeviceFactory(site=site, room="长" * 70), DeviceFactory(site=site, room="影像科二楼会诊室")
    one, other = (
        PdfReader(BytesIO(labels.print_out([device], sheet=False, by=operator, now=NOW))).pages[0].extract_text()
        for device in (long, short)
    )
    assert "长…" in one
    assert "影像科二楼会诊室" in other, "smaller print is enough"


def test_too_many_and_none_are_refused(operator: User) -> None:
    with pytest.raises(labels.Refused):
        labels.chosen(Device.objects.all())
