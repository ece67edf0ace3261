"""The columns of a list of devices: what they are called in files, and how their cells are read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from devices.models import DeviceModel

NOISE = re.compile(r"[\s_\-/()（）【】\[\]:：*.·、]+")
DATE = re.compile(r"(\d{4})\s*[-/.年]\s*(\d{1,2})\s*[-/.月]\s*(\d{1,2})\s*日?(?:[ T]00:00(?::00)?)?")
PLAIN_DATE = re.compile(r"(\d{4})(\d{2})(\d{2})")
FIRST_YEAR, LAST_YEAR = 1980, 2100


@dataclass(frozen=True, slots=True)
class Column:
    """A column: its code, its words, headings that people give it, and how long a cell may be."""

    code: str
    label: Any
    headings: tuple[str, ...]
    longest: int = 120
    required: bool = False

    def names(self) -> list[str]:
        """What its heading may be, `plain`, the likeliest first: also its label in every language of an export."""
        labels = []
        for language, _name in settings.LANGUAGES:
            with override(language):
                labels.append(str(self.label))
        return [plain(name) for name in (*self.headings, self.code, *labels)]


ALL: tuple[Column, ...] = (
    Column("hospital", _("Hospital"), ("医院", "医院名称", "客户", "客户名称", "单位", "甲方", "hospital", "customer",
           "organization", "organisation"), required=True),
    Column("site", _("Site"), ("院区", "地点", "会场", "站点", "安装地点", "院区名称", "site", "campus", "location")),
    Column("room", _("Room"), ("房间", "位置", "科室", "会议室", "房间号", "安装位置", "room", "place",
           "department"), 80),
    Column("name", _("Device name"), ("名称", "设备名称", "设备", "name", "device", "devicename"), 60, required=True),
    Column("maker", _("Maker"), ("厂家", "厂商", "品牌", "制造商", "生产厂家", "maker", "manufacturer", "brand",
           "vendor"), 60),
    Column("model", _("Model"), ("型号", "设备型号", "规格型号", "产品型号", "model", "product", "devicemodel"), 60,
           required=True),
    Column("kind", _("Kind"), ("类型", "设备类型", "类别", "种类", "kind", "type", "category", "devicetype"), 30),
    Column("serial", _("Serial number"), ("序列号", "出厂编号", "设备序列号", "编号", "sn", "s/n", "serial",
           "serialnumber", "serialno"), 60, required=True),
    Column("project", _("Project"), ("项目", "项目名称", "合同项目", "project"), 80),
    Column("parent", _("Connected to (serial number)"), ("上级设备", "上级序列号", "所属mcu", "mcu序列号", "连接到",
           "连接到序列号", "parent", "connectedto", "connectedtoserialnumber", "mcuserial"), 60),
    Column("installed_on", _("Installed on"), ("安装日期", "安装时间", "上线日期", "installedon", "installed",
           "installdate", "installationdate")),
    Column("accepted_on", _("Accepted on"), ("验收日期", "验收时间", "acceptedon", "accepted", "acceptancedate")),
    Column("software_version", _("Software version"), ("软件版本", "版本", "固件版本", "softwareversion", "version",
           "firmware"), 40),
)  # fmt: skip
"""In the order in which they are exported."""

BY_CODE = {column.code: column for column in ALL}
REQUIRED = tuple(column.code for column in ALL if column.required)

KINDS = {
    DeviceModel.Kind.MCU: ("mcu", "多点控制单元"),
    DeviceModel.Kind.TERMINAL: ("terminal", "终端", "会诊终端", "视频终端"),
    DeviceModel.Kind.HIS_SERVER: ("hisserver", "his", "his服务器", "服务器"),
    DeviceModel.Kind.SOFTWARE: ("software", "softwaremodule", "软件", "软件模块"),
    DeviceModel.Kind.OTHER: ("other", "其他", "其它"),
}


def plain(text: str) -> str:
    """A heading or a name as it is compared: small letters, without blanks and signs."""
    return NOISE.sub("", text).casefold()


def guess(headings: Sequence[str]) -> dict[str, int]:
    """Which column each heading seems to be; a heading is used once, the first that fits wins."""
    found: dict[str, int] = {}
    seen = [plain(heading) for heading in headings]
    for column in ALL:
        fits = (seen.index(name) for name in column.names() if name in seen)
        if (at := next(fits, None)) is not None and at not in found.values():
            found[column.code] = at
    return found


def kind_of(text: str) -> str | None:
    """The kind that a cell names, by code or by its words in either language."""
    said = plain(text)
    for kind, names in KINDS.items():
        if said in {plain(name) for name in (*names, kind.value, str(kind.label))}:
            return kind.value
    return None


def day(text: str) -> date | None:
    """The day that a cell names: 2024-05-20, 2024/5/20, 2024.5.20, 2024年5月20日, 20240520. `None`: none."""
    found = DATE.fullmatch(text) or PLAIN_DATE.fullmatch(text)
    if found is None:
        return None
    year, month, day_of_month = map(int, found.groups())
    if not FIRST_YEAR <= year <= LAST_YEAR:
        return None
    try:
        return date(year, month, day_of_month)
    except ValueError:
        return None
