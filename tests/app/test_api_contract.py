"""Every operation keeps its own description, whatever it is asked."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import schemathesis
from hypothesis import HealthCheck, given, seed, settings as bounds
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import positive_data_acceptance
from werkzeug.serving import make_server

from app import create_app
from app.db.connection import Database
from app.identity import actions as identity
from app.identity.model import SERVICE_PERSON
from app.settings import Settings
from tests.app import leak_city
from tests.conftest import Databases

EXAMPLES = 10  # of each operation and kind of data; more find no more and take longer


@pytest.fixture(scope="module")
def server(databases: Databases, settings: Settings) -> Iterator[tuple[str, str]]:
    """The address of a server with a small city, and a token of its leader."""
    name = databases.copy()
    database = Database(databases.app_dsn(name))
    leak_city.build_city(database, settings)
    with database.transaction_as(SERVICE_PERSON) as tx:
        token = identity.create_token(tx, "head", "contract")
    database.close()
    app = create_app(settings, databases.app_dsn(name))
    running = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=running.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{running.server_port}", token
    running.shutdown()
    thread.join()
    running.server_close()
    app.extensions["gridward_database"].close()
    databases.drop(name)


@pytest.fixture(scope="module")
def description(server: tuple[str, str]) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_url(f"{server[0]}/api/v1/openapi.json")


# whether two numbers are a place depends on the coordinate system, which states there are on the
# register, and what can be visited on what is there: no schema of one parameter can say it
DEPENDING = (
    "GET /api/v1/locate",
    "POST /api/v1/locate",
    "GET /api/v1/{key}",
    "POST /api/v1/inspections",
)


@pytest.mark.parametrize("mode", list(GenerationMode))
def test_every_operation_keeps_its_description(
    server: tuple[str, str], description: schemathesis.BaseSchema, mode: GenerationMode
) -> None:
    asked, broken = 0, []
    for found in description.get_all_operations():
        operation = found.ok()
        try:
            ask(operation, mode, server[1])
        except FailureGroup as failures:
            broken.append(f"{operation.label}: {failures}")
        asked += 1
    assert asked >= 8
    assert not broken, "\n\n".join(broken)


def ask(operation: schemathesis.APIOperation, mode: GenerationMode, token: str) -> None:
    """Ask an operation as it is described, or just not so, and hold the answers against it."""
    left_out = [positive_data_acceptance] if operation.label in DEPENDING else []

    @seed(20260630)
    @bounds(
        max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def hold(case: schemathesis.Case) -> None:
        case.call_and_validate(
            headers={"Authorization": f"Bearer {token}"}, excluded_checks=left_out
        )

    hold()
