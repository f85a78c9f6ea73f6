"""The contract as a document for machines: OpenRPC with JSON Schemas, made from the contract's own types."""

from __future__ import annotations

from billing_tck.contract.capabilities import CAPABILITIES, METHOD_CAPABILITY
from billing_tck.contract.encode import encode
from billing_tck.contract.errors import Reason
from billing_tck.contract.methods import METHODS, VERSION, Contract, Method, Parameter
from billing_tck.contract.schema import component, components, schema
from billing_tck.contract.wire import Json

OPENRPC = "1.3.2"


def document() -> dict[str, Json]:
    """Return the OpenRPC document of the contract; it is the same on every machine."""
    types_ = [parameter.type for method in METHODS.values() for parameter in method.parameters]
    types_ += [method.result for method in METHODS.values()]
    schemas: dict[str, Json] = {name: content for name, content in components(types_).items()}  # noqa: C416 - invariance
    schemas["Reason"] = component(Reason)
    return {
        "openrpc": OPENRPC,
        "info": {
            "title": "Billing conformance contract",
            "version": VERSION,
            "description": "What an implementation lets the conformance kit do and see. JSON-RPC 2.0 by name, ids are "
            "integers, one request at a time; over standard streams one object a line, over HTTP one in a POST.",
        },
        "methods": [_method(method) for method in METHODS.values()],
        "components": {
            "schemas": dict(sorted(schemas.items())),
            "errors": {
                "Refused": {
                    "code": 1,
                    "message": "The system refuses, as the rules require.",
                    "data": {"reason": f"one of {', '.join(Reason)}"},
                },
                "Unsupported": {
                    "code": -32601,
                    "message": "The implementation has no such method or parameter.",
                },
            },
        },
        "x-capabilities": dict(CAPABILITIES),
    }


def _method(method: Method) -> Json:
    function = getattr(Contract, method.name)
    described: dict[str, Json] = {
        "name": method.name,
        "summary": method.summary,
        "description": " ".join((function.__doc__ or "").split()),
        "paramStructure": "by-name",
        "params": [_parameter(parameter) for parameter in method.parameters],
        "result": {"name": "result", "schema": schema(method.result)},
        "errors": [{"$ref": "#/components/errors/Refused"}, {"$ref": "#/components/errors/Unsupported"}],
    }
    if method.name in METHOD_CAPABILITY:
        described["x-capability"] = METHOD_CAPABILITY[method.name]
    return described


def _parameter(parameter: Parameter) -> Json:
    content = schema(parameter.type)
    if not parameter.required:
        content["default"] = encode(parameter.default)
    return {"name": parameter.name, "required": parameter.required, "schema": content}
