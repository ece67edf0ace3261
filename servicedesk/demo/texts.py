"""What people write: faults in the words of nurses, answers and solutions in those of engineers."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Story:
    """One kind of fault: the tile that is picked, the words, how it is answered and solved."""

    tile: str
    title: str
    words: str
    answer: str
    cause: str
    action: str
    kind: str = "fault"
    impact: int = 2
    urgency: int = 2
    device: str = "terminal"
    note: str = ""


STORIES = tuple(Story(**row) for row in tomllib.loads(HERE.joinpath("stories.toml").read_text())["story"])
BY_TILE = {story.tile: story for story in reversed(STORIES)}
"""The first story of each tile."""
HIS = next(story for story in STORIES if story.device == "his")
HDMI = next(story for story in STORIES if story.title.startswith("HDMI"))
BLUE = next(story for story in STORIES if story.title.startswith("大屏蓝屏"))

UPDATES = (
    "我们已定位到范围，正在做复测，结果出来马上告诉您。",
    "已请技术中心一起看日志，预计半小时内有结论。",
    "工程师已联系信息科，正在现场外网口抓包。",
)
HOSPITAL_WORDS = (
    "现在还是不行，下午两点有会诊，麻烦快一点。",
    "信息科的同事在机房，需要配合可以打他电话。",
    "刚才好了一会儿，又不行了。",
)
REMOTE_FAILED = "重启与切换电源均无效，需要到现场检查硬件。"
REOPENED = "昨天好了，今天早上又出现同样的问题。"
CANCELLED = "医院来电：是显示器电源没插，已自行恢复。"
WAIT_NOTE = "手术室正在使用，医院约明早 8 点进场。"
AGAIN = (
    "您好，我们重新处理，先远程复查。",
    "首次处理未覆盖全部接口。",
    "逐一复查并更换线缆，观察 2 小时正常。",
)
STUCK = "郑凯工程师堵在成绵高速，会比我们承诺的晚一些到，抱歉。他到之前请先用第二会诊室的终端。"
ON_THE_WAY = (
    "周护士长，李航工程师已带一台 TE-3 备用终端从成都出发。会诊请先按备用方案在 TE-1 预约，我同步帮您留了会场。"
)
COMING = "报价单已收到您的确认，许诺工程师带电源板在路上，预计 20 分钟后到。"
TRIED = "换过网线和端口、重启过终端，仍然一分钟就掉线，请协助处理。"
SOLVED_HERE = "显示器电源没有插紧，插好后画面正常。"
SCANNED = "会诊终端花屏\n屏幕上全是彩色条纹，重新插过电源还是一样，一小时后有会诊。"
