"""The register of devices and a device's page, as the company sees them."""

from __future__ import annotations

import re
from datetime import date, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import Entry
from devices import lifecycle
from devices.models import Device, Project, State
from people.models import Role
from tests.factories import DeviceFactory, DeviceModelFactory, EngineerFactory, NurseFactory, SiteFactory, UserFactory
from tests.tickets.console.pages import at, page, queries, signed_in
from tests.tickets.desk_case import Desk
from tests.warranty import contract_case
from tickets.models import FaultClass

pytestmark = pytest.mark.django_db
REGISTER = "/desk/devices/"


def of(device: Device, verb: str = "") -> str:
    return f"{REGISTER}{device.pk}/" + (f"{verb}/" if verb else "")


def shown(text: str) -> list[int]:
    """Devices of the register, in the order on the page."""
    return [int(pk) for pk in re.findall(r'href="/desk/devices/(\d+)/"', text)]


@pytest.fixture
def mcu(desk: Desk) -> Device:
    """The hospital's MCU with the known terminal and one more below it."""
    mcu = desk.case.mcu
    Device.objects.filter(pk=desk.case.terminal.pk).update(parent=mcu)
    DeviceFactory(site=desk.case.site, name="终端 TE-4", room="手术示教室", parent=mcu)
    return mcu


class TestTheRegister:
    @pytest.mark.parametrize("words", ["te-3", "TE3-20240315", "远程会诊", "te50 TE3-", "涪滨 te-3", "住院楼 017"])
    def test_a_device_is_found_by_name_serial_model_maker_place_or_hospital(
        self, words: str, desk: Desk, lead: Client
    ) -> None:
        assert shown(page(lead, REGISTER, q=words)) == [desk.case.terminal.pk]

    def test_it_is_narrowed_by_hospital_kind_and_state(self, desk: Desk, lead: Client) -> None:
        case = desk.case
        gone = DeviceFactory(site=case.site, state=State.RETIRED)
        assert set(shown(page(lead, REGISTER, hospital=case.hospital.pk))) == {case.terminal.pk, case.mcu.pk}
        assert shown(page(lead, REGISTER, hospital=case.hospital.pk, kind="mcu")) == [case.mcu.pk]
        assert shown(page(lead, REGISTER, state="retired")) == [gone.pk]

    @pytest.mark.parametrize(
        "query", [{"hospital": "x"}, {"kind": "zzz"}, {"state": "?"}, {"after": "'"}, {"q": "\x00 % _ " * 40}]
    )
    def test_made_up_addresses_are_answered(self, query: dict[str, str], desk: Desk, lead: Client) -> None:
        page(lead, REGISTER, **query)

    def test_pages_follow_each_other_without_gap_or_repetition(self, desk: Desk, lead: Client) -> None:
        DeviceFactory.create_batch(70, site=desk.case.site)
        seen, text = [], page(lead, REGISTER)
        seen += shown(text)
        while found := re.search(r'rel="next" href="([^"]+)"', text):
            text = page(lead, REGISTER + found[1].replace("&amp;", "&"))
            seen += shown(text)
        assert len(seen) == len(set(seen)) == Device.objects.count()

    def test_it_costs_at_most_ten_queries_however_many_there_are(self, desk: Desk, lead: Client) -> None:
        few = queries(lead, REGISTER)
        DeviceFactory.create_batch(40, site=SiteFactory())
        assert queries(lead, REGISTER) == few <= 10

    def test_an_engineer_sees_the_devices_of_their_region(self, desk: Desk, client: Client) -> None:
        elsewhere = DeviceFactory()
        signed_in(client, EngineerFactory(team__region=desk.case.hospital.region))
        assert elsewhere.pk not in shown(page(client, REGISTER, state="all"))
        assert client.get(of(elsewhere)).status_code == 404
        assert client.post(of(elsewhere, "swap"), {"serial": "x", "reason": "x"}).status_code == 404


class TestThePage:
    def test_it_shows_facts_life_and_software(self, desk: Desk, lead: Client) -> None:
        case = desk.case
        project = Project.objects.create(hospital=case.hospital, name="远程会诊一期", accepted_on=date(2024, 5, 20))
        device = lifecycle.install(
            model=case.terminal.model, serial="NEW-1", name="TE-9", site=case.site, project=project,
            software_version="6.2.1", by=desk.lead, now=timezone.now(), on=date(2024, 5, 1),
        )  # fmt: skip
        lifecycle.upgrade(device, version="6.2.3", by=desk.lead, now=timezone.now(), reason="补丁")
        text = page(lead, of(device))
        for words in ("NEW-1", "远程会诊一期", "2024-05-20", "6.2.3", "since 2024-05-01", "补丁", desk.lead.name):
            assert words in text

    def test_an_mcu_shows_who_is_hit_and_whom_to_call(self, desk: Desk, mcu: Device, lead: Client) -> None:
        text = page(lead, of(mcu))
        assert "2 terminals can't join" in text
        assert "手术示教室" in text
        assert "刘海燕" in text
        assert "13800002217" not in text
        answer = lead.post(f"/desk/contacts/{desk.case.nurse.pk}/phone/")
        assert 'href="tel:13800002217"' in answer.content.decode()
        assert Entry.objects.filter(act="people.phone_shown").count() == 1

    def test_a_fault_that_came_back_is_flagged_and_counted(self, desk: Desk, lead: Client) -> None:
        case = desk.case
        Device.objects.filter(pk=case.terminal.pk).update(installed_on=case.now.date() - timedelta(days=400))
        case.solved(60 * 24 * 20)
        case.solved(60 * 24 * 2)
        text = page(lead, of(case.terminal))
        assert "Again within 30 days" in text
        assert "mean time between faults" in text

    def test_its_fault_is_logged_from_here_with_place_and_device_filled_in(self, desk: Desk, lead: Client) -> None:
        text = page(lead, of(desk.case.terminal))
        address = re.search(r'href="(/desk/new/\?[^"]+)"', text)
        assert address is not None
        form = lead.get(address[1].replace("&amp;", "&")).context["form"]
        assert (form.value("device"), form.value("place")) == (str(desk.case.terminal.pk), "远程会诊中心")

    def test_it_says_who_would_pay_for_a_repair_today_and_why(self, desk: Desk, lead: Client) -> None:
        contract_case.load()
        terminal = desk.case.terminal
        Device.objects.filter(pk=terminal.pk).update(accepted_on=None, project=None)
        assert "Unclear" in page(lead, of(terminal)), "nobody entered the day of its acceptance"
        Device.objects.filter(pk=terminal.pk).update(accepted_on=desk.case.now.date() - timedelta(days=400))
        text = page(lead, of(terminal))
        assert "Who pays for a repair today" in text
        assert "(A4)" in text
        Device.objects.filter(pk=terminal.pk).update(state="retired")
        assert "Who pays for a repair today" not in page(lead, of(terminal))

    def test_it_costs_at_most_twelve_queries(self, desk: Desk, mcu: Device, lead: Client) -> None:
        assert queries(lead, of(mcu)) <= 12
        DeviceFactory.create_batch(20, site=desk.case.site, parent=mcu)
        for _n in range(3):
            desk.case.file(device=mcu)
        assert queries(lead, of(mcu)) <= 12

    def test_the_depot_sees_the_device_but_no_ticket_and_no_button(self, desk: Desk, client: Client) -> None:
        signed_in(client, UserFactory(role=Role.DEPOT))
        text = page(client, of(desk.case.terminal))
        assert desk.story.title not in text
        assert "/swap/" not in text
        assert client.post(of(desk.case.terminal, "swap")).status_code == 403


class TestTheSteps:
    def test_a_swap_leads_to_the_new_device_that_knows_the_old_one(self, desk: Desk, lead: Client) -> None:
        old = desk.case.terminal
        data = {"serial": "TE3-NEW", "model": old.model_id, "software_version": "", "reason": "主板坏", "on": ""}
        answer = lead.post(of(old, "swap"), data)
        new = Device.objects.get(serial="TE3-NEW")
        assert answer["Location"] == of(new)
        assert old.serial in page(lead, of(new))
        assert "TE3-NEW" in page(lead, of(old))

    def test_what_is_refused_stands_on_the_form_and_nothing_changed(self, desk: Desk, lead: Client) -> None:
        old = desk.case.terminal
        data = {"serial": desk.case.mcu.serial, "model": old.model_id, "reason": "x"}
        answer = lead.post(of(old, "swap"), data)
        assert answer.status_code == 422
        assert "stands in the register already" in answer.content.decode()
        assert not old.events.exists()

    def test_every_step_opens_in_the_dialog(self, desk: Desk, lead: Client) -> None:
        for verb in ("swap", "move", "upgrade", "retire"):
            answer = lead.get(of(desk.case.terminal, verb), headers={"HX-Request": "true"})
            assert 'id="desk-form-title"' in answer.content.decode()
            assert "<html" not in answer.content.decode()

    def test_an_mcu_goes_once_its_terminals_have_another(self, desk: Desk, mcu: Device, lead: Client) -> None:
        assert lead.post(of(mcu, "retire"), {"reason": "停产"}).status_code == 422
        heir = DeviceFactory(site=desk.case.site, model=mcu.model, name="MCU-2")
        lead.post(of(mcu, "retire"), {"reason": "停产", "children_to": heir.pk})
        assert heir.children.count() == 2

    def test_another_hospitals_site_and_mcu_are_field_errors(self, desk: Desk, lead: Client) -> None:
        foreign = DeviceFactory(model=DeviceModelFactory(kind="mcu"))
        answer = lead.post(of(desk.case.terminal, "move"), {"site": foreign.site_id, "parent": foreign.pk, "room": "x"})
        assert set(answer.context["form"].errors) == {"site", "parent"}

    def test_a_device_is_installed_at_the_hospital_that_was_chosen(self, desk: Desk, lead: Client) -> None:
        case = desk.case
        assert "Choose a hospital" in page(lead, f"{REGISTER}install/")
        data = {"model": case.terminal.model_id, "serial": " te-77 ", "name": "TE-77", "site": case.site.pk}
        answer = lead.post(f"{REGISTER}install/?hospital={case.hospital.pk}", data)
        device = Device.objects.get(serial="te-77")
        assert answer["Location"] == of(device)
        assert lead.get(f"{REGISTER}install/?hospital=999999").status_code == 404


class TestANodeDownTicket:
    def test_its_workspace_shows_who_is_hit(self, desk: Desk, mcu: Device, lead: Client) -> None:
        ticket = desk.case.file(5, device=mcu, tile=None, fault_class=FaultClass.objects.filter(as_node_down=True)[0])
        text = page(lead, at(ticket))
        assert "Who is hit" in text
        assert "手术示教室" in text

    def test_a_ticket_about_one_terminal_does_not(self, desk: Desk, mcu: Device, lead: Client) -> None:
        plain = FaultClass.objects.filter(as_node_down=False)[0]
        assert "Who is hit" not in page(lead, at(desk.case.file(5, tile=None, fault_class=plain)))


def test_hospital_people_are_kept_out_of_the_companys_pages(desk: Desk, client: Client) -> None:
    signed_in(client, NurseFactory(hospital=desk.case.hospital))
    for path in (REGISTER, of(desk.case.terminal), of(desk.case.terminal, "swap"), f"{REGISTER}install/"):
        assert client.get(path).status_code == 403
