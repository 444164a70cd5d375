"""Who may write what, checked on every write."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from functools import wraps
from typing import Any, Literal, TypeVar, cast

from workbench.errors import NotAllowed, ParameterProblem

Role = Literal["participant", "viewer", "contributor", "analyst"]
ROLES: tuple[Role, ...] = ("participant", "viewer", "contributor", "analyst")
_LADDER = ROLES[1:]
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

    A participant of a brainstorm room stands beside this ladder and can do what a room's
    participants do and nothing else, not even read. Contributors and analysts can take
    part in a room too; a viewer writes nothing.

    Examples
    --------
    >>> may("analyst", "contributor"), may("viewer", "contributor")
    (True, False)
    >>> may("participant", "viewer"), may("contributor", "participant"), may("viewer", "participant")
    (False, True, False)
    """
    if minimum == "participant":
        return role != "viewer"
    return role != "participant" and _LADDER.index(role) >= _LADDER.index(minimum)


def writes(minimum: Role) -> Callable[[_Method], _Method]:
    """Mark a method of the store as a write that needs at least this role.

    The check comes before anything else, so that a forbidden call touches nothing. A
    method that writes without this mark fails in `Database.writing`.
    """

    def mark(method: _Method) -> _Method:
        @wraps(method)
        def guarded(self: Any, /, *args: Any, **kwargs: Any) -> Any:
            _refuse(self.database.role, minimum, method.__name__)
            token = _guarded.set(True)
            try:
                return method(self, *args, **kwargs)
            finally:
                _guarded.reset(token)

        guarded.minimum_role = minimum  # type: ignore[attr-defined]
        return cast(_Method, guarded)

    return mark


def reads(method: _Method) -> _Method:
    """Mark a method of the store as one that only reads; all may call it but a room's participants."""

    @wraps(method)
    def guarded(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        _refuse(self.database.role, "viewer", method.__name__)
        return method(self, *args, **kwargs)

    guarded.minimum_role = "viewer"  # type: ignore[attr-defined]
    return cast(_Method, guarded)


def takes_part(method: _Method) -> _Method:
    """Mark a method that reads what a participant may see; it must ask for their token itself."""

    @wraps(method)
    def guarded(self: Any, /, *args: Any, **kwargs: Any) -> Any:
        _refuse(self.database.role, "participant", method.__name__)
        return method(self, *args, **kwargs)

    guarded.minimum_role = "participant"  # type: ignore[attr-defined]
    return cast(_Method, guarded)


def _refuse(role: Role, minimum: Role, action: str) -> None:
    if not may(role, minimum):
        raise NotAllowed("store.error.not_allowed", role=role, minimum=minimum, action=action)


def is_guarded() -> bool:
    """Say whether a role check stands above the running code."""
    return _guarded.get()
