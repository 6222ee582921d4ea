"""How a case stands, in the chat: by number and query code, or by who is asking."""

from citydesk import cases, identity
from citydesk.cases import Progress, State
from citydesk.kit.clock import in_city
from citydesk.workdays import day_words
from citydesk.world import World
from wechat.identity import followed
from wechat.messages import Message
from wechat.replies import OwnWords, fit

HOW_TO_ASK = (
    "请这样发送：进度 办件编号 查询码\n编号和查询码在您的收件回执上。已经实名的，直接发“进度”就行。"
)
SAID_ALREADY = ("承诺办结", "补正截止")
PLAIN_WHY = 3  # sentences that explain a date nothing has moved
NONE = "您还没有提交过申请。告诉我要办什么，我来告诉您怎么办。"


async def mine(world: World, message: Message) -> str:
    """The newest case of the person asking, with its timeline; others in a line each."""
    citizen = await identity.account_by_openid(world, message.from_user)
    if citizen is None:
        # The account's follow event may have been lost while we were away.
        await followed(world, message)
    if citizen is None or citizen.identity_id is None:
        return not_bound(world, "进度") + f"\n\n有收件回执的，不实名也能查。{HOW_TO_ASK}"
    found = await cases.latest_progress(world, citizen)
    if not found:
        return NONE
    newest, *others = found
    lines = _stage(newest)
    lines[-1:] = [_page(world, newest), ""]
    if len(newest.why) > PLAIN_WHY:  # something stopped or moved the date: say what
        lines[-1:] = ["为什么是这一天：", *newest.why, ""]
    # Newest first: when the bubble is full, it is the oldest that is left out.
    latest = reversed(newest.happenings)
    lines += [f"{in_city(each.at):%m-%d %H:%M} {_line(each)}" for each in latest]
    lines += [f"另有：{each.item_name}，{each.label}（{each.case_no}）" for each in others]
    return OwnWords(fit("\n".join(lines), "\n更早的请点上面的链接看。"))


def not_bound(world: World, word: str) -> str:
    """Say where the real name is proven, and what to send after that."""
    ours = world.settings.public_url.rstrip("/")
    return (
        f'您还没有实名。请先<a href="{ours}/my/identity">点这里实名</a>，大约一分钟，'
        f"好了再发一次“{word}”。"
    )


def _page(world: World, progress: Progress) -> str:
    """A link to the page of the asker's own case, named by what they do there next."""
    at = f"{world.settings.public_url.rstrip('/')}/my/cases?no={progress.case_no}"
    return f'<a href="{at}">{_WORDS_OF_LINK.get(progress.state, "看详情")}</a>'


_WORDS_OF_LINK = {
    State.CORRECTING: "去补正材料",
    State.RETURNED: "去修改后再提交",
}


async def by_code(world: World, message: Message, number: str, code: str) -> str:
    """Stage, dates and next step of the case with this number and query code."""
    progress = await cases.progress_by_code(
        world, number, code, message.from_user, once=message.key
    )
    return fit("\n".join(_stage(progress)))


def _line(happening: cases.Happening) -> str:
    return f"{happening.title}。{happening.detail}" if happening.detail else happening.title


def _stage(progress: Progress) -> list[str]:
    lines = [f"{progress.item_name}：{progress.label}", f"编号：{progress.case_no}"]
    if progress.promised_on:
        told = "（暂定，节假日安排公布后再确认）" if progress.provisional else ""
        lines.append(f"承诺办结：{day_words(progress.promised_on)}{told}")
    if progress.correction_due_on:
        lines.append(f"请在{day_words(progress.correction_due_on)}前补正")
    if progress.next_due and progress.next_due.what not in SAID_ALREADY:
        told = "（暂定）" if progress.next_due.provisional else ""
        lines.append(f"{progress.next_due.what}：{day_words(progress.next_due.on)}{told}")
    return [*lines, f"下一步：{progress.next_step}", ""]
