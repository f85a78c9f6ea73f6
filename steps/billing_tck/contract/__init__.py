"""The conformance contract, version 1: what an implementation lets the kit do and see."""

from billing_tck.contract.errors import ErrorKind, ImplementationError, Reason, Refused, Unsupported
from billing_tck.contract.methods import METHODS, READS, VERSION, Contract, Method, Parameter

__all__ = [
    "METHODS",
    "READS",
    "VERSION",
    "Contract",
    "ErrorKind",
    "ImplementationError",
    "Method",
    "Parameter",
    "Reason",
    "Refused",
    "Unsupported",
]
