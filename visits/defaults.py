"""The lists of checks that a new installation starts with (A8, A9): an administrator publishes their next versions.

The texts are Chinese: they are data that engineers read and an administrator changes, not text of the program.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from visits.models import Checklist

BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)


def _check(key: str, text: str, hint: str = "") -> dict[str, Any]:
    return {"key": key, "text": text, "kind": "check", "required": True, "hint": hint}


def _number(key: str, text: str, unit: str, low: float | None, high: float | None, hint: str = "") -> dict[str, Any]:
    bounds = {"unit": unit, "low": low, "high": high}
    return {"key": key, "text": text, "kind": "number", "required": True, "hint": hint, **bounds}


def _photo(key: str, text: str, hint: str = "") -> dict[str, Any]:
    return {"key": key, "text": text, "kind": "photo", "required": True, "hint": hint}


def _text(key: str, text: str, hint: str = "") -> dict[str, Any]:
    return {"key": key, "text": text, "kind": "text", "required": False, "hint": hint}


CHECKLISTS: list[dict[str, Any]] = [
    {
        "code": "mcu-fault",
        "name": "MCU 现场故障",
        "device_kind": "mcu",
        "procedure": (
            "先问信息科：有没有会诊正在进行，能不能断电。\n"
            "导出错误日志、呼叫日志和配置到 U 盘，再动手。\n"
            "看电源、风扇、指示灯和网口，逐项记录。\n"
            "断电 30 秒重启一次；不要反复重启。\n"
            "要换板卡时先戴防静电手环，记下新旧序列号。\n"
            "修好后让各会场重新入会，试通画面和声音。"
        ),
        "items": [
            _check("power", "供电：两路电源指示灯常绿"),
            _check("ground", "接地牢固，机柜无异味、无水迹"),
            _check("ports", "网口灯常绿或闪，网线无松动"),
            _number("board_temp", "主控板温度", "℃", None, 70),
            _number("fan", "风扇转速", "转/分", 2800, None),
            _number("room_temp", "机房温度", "℃", 10, 28),
            _check("logs", "错误日志、呼叫日志已导出"),
            _check("backup", "基本配置和会议模板已备份"),
            _check("failover", "主备板切换测试", "拔主板，备板 30 秒内接管"),
            _number("rejoined", "会场重新入会数", "个", 1, None),
            _photo("panel", "修复后面板照片", "看得清指示灯"),
            _text("remark", "其他发现"),
        ],
    },
    {
        "code": "terminal-fault",
        "name": "终端现场故障",
        "device_kind": "terminal",
        "procedure": (
            "问使用的科室：什么时候开始，最近动过什么。\n"
            "看电源、视频线、网线；换一根确认是好的线。\n"
            "记下软件版本，导出呼叫日志和配置。\n"
            "断电一分钟再上电，看能不能注册到 MCU。\n"
            "与另一会场试呼，听声音、看双流。"
        ),
        "items": [
            _check("power", "供电正常，外观完好"),
            _check("cables", "视频、音频、网线接头无松动"),
            _number("loss", "网络丢包率", "%", 0, 1, "ping 网关 100 次"),
            _check("register", "已注册到 MCU"),
            _check("picture", "画面清晰，摄像头转动正常"),
            _check("sound", "声音双向清楚，无回声"),
            _check("dual", "双流（辅流）可用"),
            _check("logs", "呼叫日志、配置已导出"),
            _photo("screen", "试呼成功的画面", "不要拍到病人和病历"),
            _text("remark", "其他发现"),
        ],
    },
    {
        "code": "his-server",
        "name": "HIS 服务器现场",
        "device_kind": "his_server",
        "procedure": (
            "先与信息科确认：业务是否在用，是否在月结、结账期间。\n"
            "动手之前确认最近一次备份可用。\n"
            "看硬盘、内存、告警灯和系统日志。\n"
            "重启服务前告知各科室，并记下时间。\n"
            "恢复后抽查挂号、收费、医嘱各一笔。"
        ),
        "items": [
            _check("backup", "最近一次备份可用"),
            _number("disk", "数据盘已用", "%", 0, 85),
            _number("cpu", "CPU 平均占用", "%", 0, 80),
            _number("memory", "内存占用", "%", 0, 90),
            _check("raid", "阵列与硬盘灯正常"),
            _check("services", "数据库和应用服务都在运行"),
            _number("room_temp", "机房温度", "℃", 10, 28),
            _check("trial", "挂号、收费、医嘱各抽查一笔"),
            _photo("lights", "修复后指示灯照片"),
            _text("remark", "其他发现"),
        ],
    },
    {
        "code": "on-site",
        "name": "现场通用",
        "device_kind": "",
        "procedure": "问清现象和开始的时间。\n先备份、先拍照，再动手。\n修好后与使用的人一起试一遍。",
        "items": [
            _check("seen", "现象已复现或已确认"),
            _check("power", "供电、接线正常"),
            _check("trial", "与使用人一起试用正常"),
            _photo("result", "修复后的照片", "不要拍到病人和病历"),
            _text("remark", "其他发现"),
        ],
    },
]


@transaction.atomic
def load() -> None:
    """Make the lists that are missing, published; a list that exists in any version is left alone."""
    there = set(Checklist.objects.values_list("code", flat=True))
    Checklist.objects.bulk_create(
        Checklist(**row, published_at=BEGINNING) for row in CHECKLISTS if row["code"] not in there
    )
