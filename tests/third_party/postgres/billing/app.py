"""The HTTP server: JSON-RPC 2.0 in the body of a POST, one transaction for each request."""

import secrets
from collections.abc import Callable
from datetime import datetime
from types import ModuleType
from typing import Annotated, Any

from fastapi import Body, Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError, validate_call
from sqlalchemy import Engine, create_engine, select
from sqlalchemy.orm import Session

from billing import marketplaces, payment, people, services, session, views
from billing.desk import Answer, Desk, Refused, Unknown
from billing.readings import Settings
from billing.tables import Table, TestClock

Method = Callable[..., Answer]
PUBLIC = {
    people: "register_user verify_email sign_in provide_business_info create_organization add_member start_trial"
    " choose_tier",
    services: "create_service start_service stop_service scale_service record_usage",
    payment: "add_card set_card_behaviour attempt_collection pay_invoice sign_commitment grant_credits grant_extension"
    " record_contact delete_data",
    marketplaces: "open_marketplace_account subscribe link_subscription end_subscription",
    views: "get_organization get_subscription",
    session: "advance_to",
}


class Call(BaseModel):
    """A request of JSON-RPC 2.0."""

    id: int
    method: str
    params: dict[str, Any] = {}


def method_table(public: dict[ModuleType, str]) -> dict[str, Method]:
    """Return the methods by their names; parameters are validated by their annotations."""
    checked = validate_call(config=ConfigDict(arbitrary_types_allowed=True))
    return {name: checked(getattr(module, name)) for module, names in public.items() for name in names.split()}


class Billing:
    """Answers calls."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.methods = method_table(PUBLIC)
        self.engine: Engine = create_engine(settings.database)
        Table.metadata.create_all(self.engine)

    def answer(self, call: Call) -> Answer:
        """Return the response to a call; whatever goes wrong, its transaction leaves nothing."""
        try:
            return {"jsonrpc": "2.0", "id": call.id, "result": self.perform(call.method, call.params)}
        except Refused as refused:
            error = {"code": 1, "message": str(refused), "data": {"reason": refused.reason}}
        except NotImplementedError:
            error = {"code": -32601, "message": f"there is no method {call.method}"}
        except (ValidationError, Unknown) as wrong:
            error = {"code": -32602, "message": f"{call.method}: {wrong}"}
        return {"jsonrpc": "2.0", "id": call.id, "error": error}

    def perform(self, method: str, params: dict[str, Any]) -> Answer:
        """Carry out a method in a transaction."""
        if method == "describe_implementation":
            return session.describe(self.settings)
        with Session(self.engine, autoflush=False) as transaction, transaction.begin():
            if method == "reset":
                transaction.add(TestClock(now=TypeAdapter(datetime).validate_python(params.get("now"))))
                return {}
            if method not in self.methods:
                raise NotImplementedError
            clock = transaction.scalars(
                select(TestClock).order_by(TestClock.id.desc()).limit(1).with_for_update()
            ).first()
            if clock is None:
                raise Unknown("the clock has not been set: call reset first")
            return self.methods[method](Desk(transaction, self.settings, clock), **params)


def create_app() -> FastAPI:
    """Return the application, for uvicorn --factory."""
    settings = Settings.from_environment()
    billing, bearer = Billing(settings), HTTPBearer(auto_error=False)
    app = FastAPI(title="Billing")

    def authorize(credentials: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)]) -> None:
        given = credentials.credentials if credentials else ""
        if settings.token and not secrets.compare_digest(given.encode(), settings.token.encode()):
            raise HTTPException(401, "a bearer token is required", {"WWW-Authenticate": "Bearer"})

    @app.get("/health")
    def health() -> Answer:
        with billing.engine.connect() as connection:
            connection.execute(select(1))
        return {}

    @app.post("/rpc", dependencies=[Depends(authorize)])
    def rpc(call: Annotated[Call, Body()]) -> Answer:
        return billing.answer(call)

    return app
