"""``citydesk officer``: who works here and in which posts, before there is a page for it."""

from argparse import Namespace

from citydesk import identity
from citydesk.commands.acting import act
from citydesk.commands.complaints import complain
from citydesk.world import World


def add(asked: Namespace) -> int:
    """Take an officer on; the password is shown this once."""

    async def take_on(world: World) -> None:
        password = await identity.add_officer(world, asked.login, asked.name)
        print(f"{asked.login} may sign in once a post is given. Password, shown once: {password}")

    return act(take_on)


def post(asked: Namespace) -> int:
    """Give an officer a post from today."""
    if asked.role not in set(identity.Role):
        return complain(f"No such role: {asked.role}. Roles: {', '.join(identity.Role)}")

    async def give(world: World) -> None:
        role = identity.Role(asked.role)
        post_id = await identity.add_post(world, asked.login, role, asked.organ, asked.hall)
        print(f"{asked.login} has the post {post_id} ({role}).")

    return act(give)


def reset(asked: Namespace) -> int:
    """Give an officer a new password and end their sessions; the password is shown this once."""

    async def renew(world: World) -> None:
        password = await identity.reset_password(world, asked.login)
        print(f"{asked.login}: new password, shown once: {password}")

    return act(renew)
