"""The fault classes of the hotline plan (A7) and the pictures of the hospital's form: first rows.

The texts are Chinese: they are data that hospitals read and an administrator changes, not text of the program.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.db import transaction

from tickets.models import FaultClass, FaultTile, Procedure

HOLD_THE_LINE = (
    "接线员不主动挂断，直到解决或解答为止；不能立即解决的，记录、上报、跟踪或派人到场后才可中断，并写明理由。"
)
FAULT_CLASSES: list[dict[str, Any]] = [
    {
        "code": "node_down",
        "name": "节点瘫痪",
        "plain_name": "整套会诊系统不能用",
        "as_node_down": True,
        "hint": HOLD_THE_LINE,
    },
    {
        "code": "main_module",
        "name": "主模块故障",
        "plain_name": "主机坏了",
        "as_node_down": True,
        "hint": HOLD_THE_LINE,
    },
    {
        "code": "port",
        "name": "端口故障",
        "plain_name": "接口或线坏了",
        "asks_for_part": True,
        "hint": "先咨询解答；不能解决的，指导医院技术人员更换模块，并通知备件中心。",
    },
    {
        "code": "congestion",
        "name": "拥塞告警",
        "plain_name": "卡顿、断断续续",
        "hint": "先指导优化或调整网管参数。",
    },
    {
        "code": "hardware_total",
        "name": "其他硬件 · 整机失效",
        "plain_name": "设备完全不能用",
        "as_node_down": True,
        "hint": "按节点瘫痪处理。" + HOLD_THE_LINE,
    },
    {
        "code": "hardware_redundant",
        "name": "其他硬件 · 有备份或可热插拔",
        "plain_name": "坏了一个部件，还能用",
        "asks_for_part": True,
        "hint": "按端口故障处理：指导更换部件，并通知备件中心。",
    },
    {
        "code": "hardware_software",
        "name": "其他硬件 · 软件级故障",
        "plain_name": "设备能开机，但不正常",
        "hint": "按差错或拥塞故障处理：先指导检查设置和参数。",
    },
]
"""Text 000, section 3 "热线服务". The last three are its "其他硬件设备", each handled like one of the first four."""

PROCEDURES: dict[str, list[dict[str, str]]] = {
    "node_down": [
        {"do": "看主机电源灯和告警灯", "how": "不亮：查插座、电源线和 UPS；红灯：拍下来"},
        {"do": "看机柜里交换机和网线", "how": "网口灯应当常绿或闪；不亮就换一个口"},
        {"do": "断电 30 秒再上电", "how": "先确认没有会诊正在进行；约 5 分钟起来"},
    ],
    "main_module": [
        {"do": "记下面板和网管上的告警号", "how": "拍一张照片最快"},
        {"do": "断电 30 秒再上电一次", "how": "还不行就不要反复重启，送服务中心"},
    ],
    "port": [
        {"do": "拔下线看接口有没有弯针、松动", "how": "换一根确认是好的线"},
        {"do": "换到同类的另一个接口", "how": "能用就说明是原接口坏了"},
    ],
    "congestion": [
        {"do": "看会诊网的带宽占用", "how": "停掉同一时间的大文件传输"},
        {"do": "把呼叫速率降一档再呼", "how": "例如从 4M 降到 2M"},
        {"do": "在终端上 ping 中心 MCU", "how": "丢包超过 1% 就记下时间和数值"},
    ],
    "hardware_total": [
        {"do": "换一个插座、一根电源线", "how": "指示灯仍不亮就送服务中心"},
    ],
    "hardware_redundant": [
        {"do": "确认备用的部件已经接上", "how": "会诊可以先用备用的开"},
        {"do": "把坏的部件重新插一次", "how": "可热插拔的才能带电插拔"},
    ],
    "hardware_software": [
        {"do": "看设置有没有被改过", "how": "和上次巡检留下的基础配置对一遍"},
        {"do": "从菜单里正常重启", "how": "不要直接拔电源"},
    ],
}
"""Fault class → what the hospital's technician tries first (A3); version 1."""
BEGINNING = datetime(2020, 1, 1, tzinfo=UTC)

FAULT_TILES: list[dict[str, Any]] = [
    {
        "code": "no_picture",
        "label": "没有画面",
        "example": "黑屏、蓝屏、无信号",
        "icon": "monitor-off",
        "fault_class": "port",
        "first_steps": [
            {"do": "看屏幕的输入源", "how": "用遥控器切到 HDMI 1"},
            {"do": "拔插终端背面 HDMI 线", "how": "标签“主屏”的那根，插紧"},
            {"do": "按住电源键 8 秒，重新开机", "how": "约 2 分钟后出画面"},
        ],
    },
    {
        "code": "no_sound",
        "label": "没有声音",
        "example": "听不见或对方听不见",
        "icon": "volume-x",
        "fault_class": "hardware_software",
        "first_steps": [
            {"do": "看有没有静音", "how": "遥控器和麦克风上的静音灯都要灭"},
            {"do": "把音量调到一半以上", "how": "终端和电视的音量都要看"},
            {"do": "拔插麦克风线", "how": "终端背面标“MIC”的接口"},
        ],
    },
    {
        "code": "choppy",
        "label": "卡顿、断断续续",
        "example": "画面停住、声音断",
        "icon": "gauge",
        "fault_class": "congestion",
        "first_steps": [
            {"do": "挂断，一分钟后再呼一次", "how": "重新呼叫会换一条线路"},
            {"do": "关掉同时在传的大文件", "how": "拷片子、看视频会占会诊的网"},
            {"do": "看网线两头的灯", "how": "应当常绿或绿灯闪；不亮就拔插一次"},
        ],
    },
    {
        "code": "cannot_join",
        "label": "连不上会议",
        "example": "呼不通、进会就掉线",
        "icon": "wifi-off",
        "fault_class": "congestion",
        "first_steps": [
            {"do": "核对会议号和密码", "how": "看会诊通知，别把 0 看成 O"},
            {"do": "看屏幕右上角有没有网络图标", "how": "带红叉就拔插网线"},
            {"do": "呼一次本院另一台终端", "how": "能通就是对方或会议的问题，请一并写上"},
        ],
    },
    {
        "code": "no_power",
        "label": "开不了机",
        "example": "按了没反应、反复重启",
        "icon": "power-off",
        "fault_class": "hardware_total",
        "first_steps": [
            {"do": "看插座有没有电", "how": "插个台灯或充电器试试"},
            {"do": "拔下电源线等一分钟再插", "how": "两头都要插到底"},
            {"do": "按一次电源键，等两分钟", "how": "不要连续按，会重新启动"},
        ],
    },
    {
        "code": "broken_port",
        "label": "接口或线坏了",
        "example": "灯不亮、松动、插不进",
        "icon": "unplug",
        "fault_class": "port",
        "first_steps": [
            {"do": "换一个同样的接口", "how": "例如从端口 3 换到端口 4"},
            {"do": "换一根同样的线", "how": "从旁边好的设备上借一根试"},
            {"do": "拍下接口和灯", "how": "照片能让我们直接带对配件"},
        ],
    },
    {
        "code": "alarm",
        "label": "设备报警",
        "example": "红灯、蜂鸣、提示告警",
        "icon": "siren",
        "fault_class": "hardware_redundant",
        "first_steps": [
            {"do": "拍下屏幕上的告警文字", "how": "没有文字就拍亮着的灯"},
            {"do": "摸摸出风口，看有没有挡住", "how": "前后各留 10 厘米"},
            {"do": "先不要断电重启", "how": "重启会丢掉告警记录"},
        ],
    },
    {
        "code": "other",
        "label": "说不清、其他",
        "example": "写一句或说一句就行",
        "icon": "circle-question-mark",
        "fault_class": "hardware_software",
        "first_steps": [
            {"do": "想一想：之前动过什么", "how": "换过线、搬过机器、停过电都算"},
            {"do": "看旁边的设备好不好", "how": "一台坏还是几台都坏"},
            {"do": "拍一张现场照片", "how": "不要拍到病人和病历"},
        ],
    },
]
"""Which class a picture stands for is a first guess in the hospital's words; the hotline corrects it."""


@transaction.atomic
def load() -> None:
    """Make the rows that are missing; what exists is left as its administrator wants it."""
    rows = [FaultClass(**row, position=position) for position, row in enumerate(FAULT_CLASSES, start=1)]
    FaultClass.objects.bulk_create(rows, ignore_conflicts=True)
    classes = FaultClass.objects.in_bulk(field_name="code")
    tiles = [
        FaultTile(**{**row, "fault_class": classes[row["fault_class"]]}, position=position)
        for position, row in enumerate(FAULT_TILES, start=1)
    ]
    FaultTile.objects.bulk_create(tiles, ignore_conflicts=True)
    first = [
        Procedure(fault_class=classes[code], steps=steps, valid_from=BEGINNING) for code, steps in PROCEDURES.items()
    ]
    Procedure.objects.bulk_create(first, ignore_conflicts=True)
