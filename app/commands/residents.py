"""The register of residents: import, and another key."""

from __future__ import annotations

import click

from app.commands.registers import add_register
from app.commands.session import COMMIT, JSON, Session, answer
from app.db.connection import Database
from app.db.deployment import deployment
from app.identity.model import SERVICE_PERSON
from app.residents import actions
from app.settings import operating_system_user

group = add_register(actions.RESIDENTS, "Households that need help: sealed, masked, counted.")


@group.command()
@COMMIT
@JSON
@click.pass_obj
def rekey(session: Session, /, commit: bool, as_json: bool) -> None:
    """Seal the register with a new key; the former one stays in the keys folder for backups.

    Stopped halfway, the next run goes on; until then both keys open what they sealed.
    """
    sealed = 0
    with deployment(session.settings) as dsn:
        database = Database(dsn, os_user=operating_system_user(), settings=session.settings)
        with database.transaction_as(SERVICE_PERSON) as tx:
            households = actions.count_sealed(tx)
            keys = actions.begin_rekey(tx, session.settings) if commit else None
        while keys is not None:
            with database.transaction_as(SERVICE_PERSON) as tx:
                done = actions.rekey(tx, keys)
            if not done:
                break
            sealed += done
        database.close()
    document = {"households": households, "sealed_anew": sealed, "committed": commit}
    answer(
        document,
        as_json,
        lambda: (
            f"{sealed} households sealed with a new key: written"
            if commit
            else f"{households} households would be sealed with a new key: dry run, "
            "nothing written (add --commit)"
        ),
    )
