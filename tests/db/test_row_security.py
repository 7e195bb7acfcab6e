"""Every table is protected by one rule in the database, or is everybody's and says so."""

from __future__ import annotations

import re
from typing import Any

import psycopg2

from tests.conftest import Databases
from tests.db.world import World

# Everybody who is signed in may read these, and what runs before a sign-in needs some of them.
# Only an admin writes them: by a trigger, so that reading shapes meets no policy on its way to
# their index, and so that a refusal is heard.
PUBLIC_TABLES = {
    "level": "the words of the level scheme",
    "edition": "names and dates of the editions",
    "grid": "codes and numbers of grids",
    "grid_shape": "shapes and names of grids are public",
    "grid_chain": "which grid lies in which",
    "edition_level": "how many grids a level has and from which zoom it is drawn",
    "tile_shape": "the same shapes, simplified",
    "draft_shape": "shapes and names of grids that are being prepared",
    "edition_fault": "what is wrong with shapes",
    "territory": "numbers of grids, derived from the public tree",
    "setting": "settings of the deployment, no secrets",
    "backdrop": "water and streets",
    "programme": "names and purposes of programmes, written by planners too",
    "checklist": "what is asked at a visit, written by planners too",
    "duty_rule": "who must look at what, how often, written by planners too",
    "calendar_day": "holidays and make-up working days, written by planners too",
    "calendar_year": "which years the calendar knows, written by planners too",
    "reading": "how Chinese characters sound",
    "grid_gram": "pieces of the names and codes of grids",
    "migration": "which schema this is",
}
# these take a rule, days and a part of the city: those that the application may call meet the part
# with the reader's own territory (test_duties tries them), the others are called by them alone
DUTY_FUNCTIONS = {
    "add_to_part",
    "all_duty_states",
    "asked_parts",
    "coverage_tail",
    "draw_quota",
    "drop_unwanted_parts",
    "duty_counts",
    "duty_list",
    "duty_states",
    "edition_on",
    "fold_coverage",
    "fold_log",
    "never_visited",
    "part_differences",
    "uncounted_periods",
}
# drawing asks itself who draws and where; what was found is counted in the reader's own territory:
# test_checks and test_verified try them
CHECK_FUNCTIONS = {
    "checked_counts",
    "checked_duties",
    "checked_visits",
    "claimed_visits",
    "freeze_sample",
    "raise_question",  # the worker's only
}
# these take rows or their numbers and ask themselves who calls: test_residents tries each
HOUSEHOLD_FUNCTIONS = {
    "bury_households",  # by the two that take households out of the register alone
    "expire_households",
    "forget_households",
    "households_due",
    "households_of_other_keys",
    "known_households",
    "put_households",
    "remove_households",
    "sealed_households",
}


def ask(databases: Databases, name: str, sql: str) -> list[tuple[Any, ...]]:
    """As the superuser, whom no policy binds."""
    connection = psycopg2.connect(databases.cluster.dsn("gridward", name))
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall())
    finally:
        connection.close()


# -- the catalogue ------------------------------------------------------------------------


def test_every_table_is_protected_or_on_the_public_list(databases: Databases) -> None:
    tables = dict(
        ask(
            databases,
            "gridward",
            """
        SELECT relname, relrowsecurity AND relforcerowsecurity FROM pg_class
        WHERE relnamespace = 'gridward'::regnamespace AND relkind IN ('r', 'p', 'f')""",
        )
    )
    assert {name for name, protected in tables.items() if not protected} == set(PUBLIC_TABLES)
    with_policy = {
        name for (name,) in ask(databases, "gridward", "SELECT DISTINCT tablename FROM pg_policies")
    }
    assert {name for name, protected in tables.items() if protected} == with_policy


def test_every_public_table_is_guarded_against_writes(databases: Databases) -> None:
    guarded = {
        name
        for (name,) in ask(
            databases,
            "gridward",
            """
        SELECT t.tgrelid::regclass::text FROM pg_trigger t JOIN pg_proc p ON p.oid = t.tgfoid
        WHERE p.proname = 'refuse_public_writes' AND t.tgenabled IN ('O', 'A')
          AND t.tgtype = 2 + 4 + 8 + 16 + 32""",
        )
    }  # before insert, delete, update, truncate
    assert {name.removeprefix("gridward.") for name in guarded} == set(PUBLIC_TABLES) - {
        "migration"
    }  # which the application only reads


def test_public_tables_say_nothing_about_persons_or_targets(databases: Databases) -> None:
    columns = ask(
        databases,
        "gridward",
        """
        SELECT table_name, column_name FROM information_schema.columns
        WHERE table_schema = 'gridward'
          AND column_name IN ('person_no', 'target_no', 'imported_by', 'recorded_by', 'sign_in')""",
    )
    assert not {table for table, _ in columns} & set(PUBLIC_TABLES)


def test_views_ask_as_the_reader_and_nothing_is_materialised(databases: Databases) -> None:
    assert (
        ask(
            databases,
            "gridward",
            """
        SELECT relname FROM pg_class WHERE relnamespace = 'gridward'::regnamespace
          AND (relkind = 'm' OR (relkind = 'v' AND NOT coalesce(
                  'security_invoker=true' = ANY (reloptions)
                  OR 'security_invoker=on' = ANY (reloptions), false)))""",
        )
        == []
    )


def test_policies_ask_once_per_statement(databases: Databases) -> None:
    """`(SELECT f())` becomes an InitPlan; a bare call would run for every row."""
    for table, policy, using, check in ask(
        databases,
        "gridward",
        """
            SELECT tablename, policyname, coalesce(qual, ''), coalesce(with_check, '')
            FROM pg_policies WHERE schemaname = 'gridward'""",
    ):
        for call in re.finditer(
            r"(\w+ )?(?:gridward\.)?\b(\w*scope\w*|person|holds_role)\(", f"{using} {check}"
        ):
            assert call.group(1) == "SELECT ", f"{policy} on {table}: {call.group(0)}"


def test_nobody_sees_a_row_of_any_protected_table(databases: Databases, world: World) -> None:
    protected = [
        str(name)
        for (name,) in ask(
            databases,
            world.name,
            """
        SELECT relname FROM pg_class
        WHERE relnamespace = 'gridward'::regnamespace AND relrowsecurity""",
        )
    ]
    for table in protected:
        held = ask(databases, world.name, f"SELECT count(*) FROM gridward.{table}")
        assert held[0][0], f"{table} is empty: the test would prove nothing"
        for nobody in (None, 999_999):
            with world.database.transaction_as(nobody) as tx:
                assert tx.value(f"SELECT count(*) FROM {table}") == 0, table


def test_scope_is_always_that_of_the_person_of_the_transaction(world: World) -> None:
    """No function takes a person or a territory from its caller."""
    with world.database.transaction_as(world.people["chief111"]) as tx:
        taking = tx.rows("""
            SELECT p.proname, pg_get_function_identity_arguments(p.oid) AS taken FROM pg_proc p
            WHERE p.pronamespace = 'gridward'::regnamespace AND p.pronargs > 0
            ORDER BY p.proname""")
        assert [
            tuple(row)
            for row in taking
            if row.proname not in HOUSEHOLD_FUNCTIONS | DUTY_FUNCTIONS | CHECK_FUNCTIONS
        ] == [
            ("audit_hash", "previous bytea, e audit_event"),
            ("building_places", "first bigint, last bigint"),  # in the scope of who asks
            ("change_own_password", "old_hash text, fresh_hash text"),
            ("forget_photos", "sent_before timestamp with time zone"),  # an admin's only
            ("holds_role", "wanted text[]"),
            ("may_correct", "recorder integer, lies_in integer"),  # says only what the reader may
            ("move_assignments", "which integer, day date"),
            ("name_grams", "code text, name text, name_en text"),
            ("photo_is_loose", "wanted uuid"),  # says only whether any visit shows it
            ("remove_second_factor", "wanted integer"),  # an admin's only
            ("search_text", "written text"),
            ("sign_handover", "which integer, whose integer, why text"),
            ("sign_in_locked_until", "wanted text, origin text"),
            ("sign_in_lookup", "wanted text"),
            ("sound_grams", "written text"),
            ("target_grams", "id text, name text, address text, class text"),
            ("text_grams", "written text"),
            ("token_lookup", "wanted text"),
            ("undo_handover", "which integer, why text"),
            ("whole_grams", "written text"),
        ]
        assert tx.value("SELECT holds_role('{admin,leader,auditor}')") is False
        assert tx.value("SELECT holds_role('{grid_chief}')") is True
