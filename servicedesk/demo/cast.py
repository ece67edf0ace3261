"""Who and what the demo has: hospitals in Sichuan, their devices, and people in every role."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from people.models import Role

HERE = Path(__file__).parent
PASSWORD = "demo-2026-yifutai"  # noqa: S105 - public on purpose; production refuses demo accounts
MAIL_DOMAIN = "yifutai.example"

REGIONS = {"west": "川西", "east": "川东", "south": "川南"}

# name, city, region, latitude, longitude
BASES = (
    ("成都站", "成都", "west", 30.657, 104.066),
    ("南充站", "南充", "east", 30.837, 106.110),
    ("宜宾站", "宜宾", "south", 28.752, 104.643),
)


ROOMS = (
    "远程会诊中心", "第二会诊室", "手术示教室", "急诊抢救室", "重症监护室", "影像诊断室", "心电会诊室", "多学科会诊室",
)  # fmt: skip


@dataclass(frozen=True)
class Place:
    """A hospital with one site: road minutes and kilometres from each base that serves it, Chengdu first."""

    name: str
    short: str
    city: str
    region: str
    site: str
    address: str
    latitude: float
    longitude: float
    chengdu: tuple[int, int]
    nearer: tuple[str, int, int] | None = None
    rooms: tuple[str, ...] = ROOMS
    his: bool = False


PLACES = tuple(Place(**row) for row in tomllib.loads(HERE.joinpath("places.toml").read_text())["place"])


@dataclass(frozen=True)
class Person:
    """A demo account; `login` is the part of the mail address before the @."""

    login: str
    name: str
    role: Role
    title: str
    phone: str
    hospital: str = ""
    team: str = ""


PEOPLE = (
    Person("zhoumin", "周敏", Role.HOSPITAL_STAFF, "护士长", "13800002217", hospital="绵阳市涪滨人民医院"),
    Person("liuhaiyan", "刘海燕", Role.HOSPITAL_TECHNICIAN, "工程师", "13900000217", hospital="绵阳市涪滨人民医院"),
    Person("pengtao", "彭涛", Role.HOSPITAL_TECHNICIAN, "工程师", "13900000218", hospital="达州市洲河人民医院"),
    Person("denghua", "邓华", Role.HOSPITAL_TECHNICIAN, "工程师", "13900000219", hospital="自贡市釜溪医院"),
    Person("chensiyuan", "陈思远", Role.OPERATOR, "接线员", "13800000001", team="客户服务中心"),
    Person("hejing", "何静", Role.OPERATOR, "接线员", "13800000002", team="客户服务中心"),
    Person("tangyu", "唐雨", Role.OPERATOR, "接线员", "13800000003", team="客户服务中心"),
    Person("linxiao", "林晓", Role.LEAD, "调度", "13800000004", team="客户服务中心"),
    Person("wumin", "吴敏", Role.LEAD, "组长", "13800000005", team="客户服务中心"),
    Person("lihang", "李航", Role.ENGINEER, "现场工程师", "13800000006", team="成都前线"),
    Person("zhengkai", "郑凯", Role.ENGINEER, "现场工程师", "13800000007", team="成都前线"),
    Person("zhouqian", "周倩", Role.ENGINEER, "现场工程师", "13800000008", team="南充前线"),
    Person("sunhao", "孙浩", Role.ENGINEER, "现场工程师", "13800000009", team="成都前线"),
    Person("fengtao", "冯涛", Role.ENGINEER, "现场工程师", "13800000016", team="成都前线"),
    Person("xunuo", "许诺", Role.ENGINEER, "现场工程师", "13800000010", team="宜宾前线"),
    Person("zhaolei", "赵磊", Role.ENGINEER, "技术中心", "13800000011", team="技术中心"),
    Person("chenxiulan", "陈秀兰", Role.DEPOT, "仓管", "13800000012", team="成都备件库"),
    Person("heyong", "何勇", Role.DEPOT, "仓管", "13800000015", team="北京备件库"),
    Person("wanglei", "王磊", Role.MANAGER, "客服经理", "13800000013"),
    Person("gaoyuan", "高远", Role.ADMIN, "系统管理员", "13800000014"),
)
"""One hospital is played by two people, two have a technician; all others get one nurse (`NURSES`)."""

NURSES = ("张雪", "李萍", "王芳", "杨柳", "赵琳", "陈红", "刘洋", "黄蓉", "吴霞", "徐丽", "孙颖", "马兰")

# name, tier, region, base
TEAMS = (
    ("成都前线", 1, "west", "成都站"),
    ("南充前线", 1, "east", "南充站"),
    ("宜宾前线", 1, "south", "宜宾站"),
    ("客户服务中心", 2, "", ""),
    ("技术中心", 3, "", ""),
    ("成都备件库", 2, "", "成都站"),
    ("北京备件库", 2, "", ""),
)

# code → maker, model, kind
MODELS = {
    "mcu": ("华视", "MX8 多点控制单元", "mcu"),
    "terminal": ("华视", "TE-50 高清会诊终端", "terminal"),
    "old": ("华视", "TE-20 会诊终端", "terminal"),
    "his": ("捷信", "HIS 服务器 6", "his_server"),
}
DISCONTINUED = {"old": date(2023, 6, 30)}

# When the projects began, by turns: accepted 80 days later, so the three years of some are over, of others not.
STARTS = (date(2023, 8, 14), date(2024, 3, 1), date(2025, 4, 7))
HIS_START = date(2025, 6, 1)

OLD_HOSPITAL = "自贡市釜溪医院"
"""Its paid phase is not signed yet; besides its project it has what a hospital collects over the years (`STRAYS`)."""
# model, name, room, serial, the day of its installation, whether anybody knows when it was accepted
STRAYS = (
    ("old", "老会诊终端 TE-20", "老门诊楼会诊室", "TE20-1912-001", date(2019, 12, 5), True),
    ("terminal", "转入终端 TE-9", "康复科会诊室", "TE50-2309-117", date(2026, 9, 8), False),
)

# What happened to devices of the first hospital since: verb, device, day, what the verb is given
LIVES: tuple[tuple[str, str, date, dict[str, str]], ...] = (
    ("upgrade", "MCU-1", date(2025, 9, 12), {"version": "8.4.2", "reason": "修复长会议后断流"}),
    ("move", "会诊终端 TE-5", date(2025, 11, 3), {"room": "重症监护室二区", "reason": "病区搬迁"}),
    (
        "swap",
        "会诊终端 TE-2",
        date(2026, 3, 18),
        {"serial": "TE50-2601-R02", "software_version": "6.2.1", "reason": "编码板损坏"},
    ),
    ("upgrade", "会诊终端 TE-1", date(2026, 6, 9), {"version": "6.2.4", "reason": "待机后黑屏的补丁"}),
    ("upgrade", "MCU-1", date(2026, 7, 21), {"version": "8.5", "reason": "年度升级"}),
    ("retire", "会诊终端 TE-8", date(2026, 8, 14), {"reason": "房间改作病房"}),
)

# role, name, people in turn
ROTATIONS = (
    (Role.OPERATOR, "热线一班", ("chensiyuan", "hejing", "tangyu")),
    (Role.OPERATOR, "热线二班", ("hejing", "tangyu", "chensiyuan")),
    (Role.LEAD, "调度", ("linxiao", "wumin")),
    (Role.ENGINEER, "现场值班", ("lihang", "zhengkai", "sunhao")),
    (Role.MANAGER, "经理", ("wanglei",)),
    (Role.ADMIN, "系统", ("gaoyuan",)),
)
