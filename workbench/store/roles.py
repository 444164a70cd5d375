"""Who may write what, checked on every write."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, Literal, TypeVar, cast

from workbench.errors import NotAllowed, ParameterProblem

Role = Literal["viewer", "contributor", "analyst"]
ROLES: tuple[Role, ...] = ("viewer", "contributor", "analyst")
_Method = TypeVar("_Method", bound=Callable[..., Any])
_guarded: ContextVar[bool] = ContextVar("workbench_store_guarded", default=False)


def normal_role(role: str) -> Role:
    """Return a role by its name, or say which there are.

    Raises
    ------
    ParameterProblem
        If there is no such role.

    Examples
    --------
    >>> normal_role("viewer")
    'viewer'
    """
    if role not in ROLES:
        raise ParameterProblem("store.error.unknown_role", role=role, roles=", ".join(ROLES))
    return role


def may(role: Role, minimum: Role) -> bool:
    """Say whether a role reaches another one; viewer < contributor < analyst.

    Examples
    --------
    >>> may("analyst", "contributor"), may("viewer", "contributor")
    (True, False)
    """
    return ROLES.index(role) >= ROLES.index(minimum)


def writes(minimum: Role) -> Callable[[_Method], _Method]:
    """Mark a method of the store as a write that needs at least this role.

    The check comes before anything else, so that a forbidden call touches nothing. A
    method that writes without this mark fails in `Database.writing`.
    """

    def mark(method: _Method) -> _Method:
        @wraps(method)
        def guarded(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            role: Role = self.database.role
            if not may(role, minimum):
                raise NotAllowed(
                    "store.error.not_allowed", role=role, minimum=minimum, action=method.__name__
                )
            token = _guarded.set(True)
            try:
                return method(self, *args, **kwargs)
            finally:
                _guarded.reset(token)

        guarded.minimum_role = minimum  # type: ignore[attr-defined]
        return cast(_Method, guarded)

    return mark


def reads(method: _Method) -> _Method:
    """Mark a method of the store as one that only reads; any role may call it."""
    method.minimum_role = "viewer"  # type: ignore[attr-defined]
    return method


def is_guarded() -> bool:
    """Say whether a role check stands above the running code."""
    return _guarded.get()
