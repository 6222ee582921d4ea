"""The account's fixed sentences. Plain, short, and always with the next step."""

from wechat.replies import menu_link

HELP = "\n".join(
    [
        "您可以直接告诉我要办什么，例如：开饭店、补办身份证、公积金提取。",
        "",
        "也可以点：",
        menu_link("热门事项", "w:hot"),
        menu_link("查进度", "w:progress"),
        menu_link("我的预约", "w:appointments"),
        menu_link("我要咨询", "w:consult"),
        menu_link("我要投诉", "w:complain"),
        "",
        "按编号查进度：发送“进度 办件编号 查询码”。",
        "找不到想办的事，请拨打12345。",
    ]
)
GREETING = "您好，这里是沈阳政务服务（示例）。\n" + HELP
PERSON = "\n".join(
    [
        "要找人工，请拨打12345，24小时有人接听。",
        "",
        "也可以在这里：",
        menu_link("写下问题，部门5个工作日内答复", "w:consult"),
        menu_link("投诉", "w:complain"),
        menu_link("找离我近的大厅", "w:halls"),
    ]
)
THANKS = "不客气。还要办别的事，直接告诉我就行。"
ONLY_TEXT = "我暂时只看得懂文字。请打字告诉我要办什么，例如：开饭店。"
BUSY_OUTSIDE = "系统繁忙，请稍后再试。急事请拨打12345。"
