"""An implementation behind standard streams that answers everything, and echoes what it can. No rule is in it."""

import json
import os
import sys

ORGANIZATION = {
    "billing_method": {"kind": "none", "marketplace": None},
    "card_on_file": False,
    "trial": {"state": "none", "started_at": None, "ended_at": None, "credits_left": None},
    "billing_cycle": None,
    "restricted": False,
    "services": [],
    "data": "none",
    "invoices": [],
    "charges": [],
    "credits": [],
    "marketplace_reports": [],
    "contacts": [],
}


def result(method: str, params: dict[str, object]) -> object:
    match method:
        case "describe_implementation":
            described = {"name": "echo", "version": str(os.getpid()), "contract": "1", "capabilities": ["card"]}
            return {**described, "readings": {}, "settles_within": "PT0S"}
        case "create_organization":
            return {"organization": params["name"], "admin": "admin"}
        case "create_service":
            return {"service": json.dumps(params, sort_keys=True)}
        case "attempt_collection":
            return {"collected": True}
        case "get_organization":
            return ORGANIZATION
        case _:
            return {}


def answer(request: dict) -> dict:
    response = {"jsonrpc": "2.0", "id": request["id"]}
    match request["method"]:
        case "stop_service":
            refusal = {"code": 1, "message": "not now", "data": {"reason": "unpaid_invoice"}}
            return {**response, "error": refusal}
        case "delete_data":
            return {**response, "error": {"code": -32601, "message": "no such method"}}
        case "pay_invoice":
            return {**response, "error": {"code": -32603, "message": "KeyError: 'I-1'"}}
        case "sign_in":
            return {**response, "error": {"code": 1, "message": "", "data": {"reason": "mood"}}}
        case method:
            return {**response, "result": result(method, request["params"])}


def serve(trouble=None) -> None:
    for line in sys.stdin:
        request = json.loads(line)
        if trouble is not None and request["method"] == "start_service":
            trouble(request)
        else:
            print(json.dumps(answer(request)), flush=True)


if __name__ == "__main__":
    serve()
