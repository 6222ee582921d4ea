"""What citizens told us about their situation (情形), kept so that nothing is asked twice."""

from collections.abc import Mapping, Sequence

import orjson

from citydesk.guides.queries import Guide
from citydesk.guides.refusals import WrongAnswer
from citydesk.guides.situations import guidance
from citydesk.identity import Citizen
from citydesk.kit import records, sql
from citydesk.kit.ids import new_id
from citydesk.world import World
from models.guides.work import ToldSituation

PLACE = "told_situation.answers"

Answers = Mapping[str, Sequence[str]]


async def remember_answers(
    world: World, citizen: Citizen, guide: Guide, answers: Answers, variant: str = ""
) -> None:
    """Keep a citizen's answers to the questions of a guide; the last ones count.

    Raises:
        WrongAnswer: an answer is none of those offered.
    """
    _ = guidance(guide.content, answers, variant)
    told = orjson.dumps({"answers": answers, "variant": variant}, option=orjson.OPT_SORT_KEYS)
    async with world.transaction() as tx:
        row_id = new_id()
        kept = await sql.row(_TAKE_PLACE, row_id, tx.at, citizen.account_id, guide.code)
        assert kept is not None
        row_id = kept["id"]
        _ = await ToldSituation.filter(id=row_id).update(
            answers_sealed=world.seals.seal(told, PLACE, row_id), changed_at=tx.at
        )


async def remembered_answers(
    world: World, citizen: Citizen, guide: Guide
) -> tuple[dict[str, list[str]], str] | None:
    """Return the answers a citizen gave last, and the variant; None for none.

    Answers that the guide in hand no longer asks for are forgotten: then it is None, too.
    """
    mine = "account_id = $1 AND item_code = $2"
    kept = await records.one_of(ToldSituation, mine, citizen.account_id, guide.code)
    if kept is None:
        return None
    told = orjson.loads(world.seals.open_bytes(kept.answers_sealed, PLACE, kept.id))
    try:
        _ = guidance(guide.content, told["answers"], told["variant"])
    except WrongAnswer:
        return None
    return told["answers"], told["variant"]


_TAKE_PLACE = """
    INSERT INTO told_situation (id, created_at, changed_at, account_id, item_code, answers_sealed)
    VALUES ($1, $2, $2, $3, $4, '')
    ON CONFLICT (account_id, item_code) DO UPDATE SET changed_at = excluded.changed_at
    RETURNING id
"""
