"""Apply the rights of ``schemas.access`` to the brokers: what is missing, what is extra."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any, Literal

from kafka import errors
from kafka.admin import (
    ACL,
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePattern,
    ResourcePatternFilter,
    ResourceType,
)

from schemas.access import ROLES, AccessRule, principal, rules
from wirecopy.errors import ServerError
from wirecopy.kafka import admin_client
from wirecopy.settings import KafkaSettings

PRINCIPALS = "User:{prefix}-{role}"
"""How the brokers know the roles, unless said otherwise: a login by its user name."""
_RESOURCES = {
    "topic": ResourceType.TOPIC,
    "group": ResourceType.GROUP,
    "transactionalId": ResourceType.TRANSACTIONAL_ID,
}
_PATTERNS = {"literal": ACLResourcePatternType.LITERAL, "prefix": ACLResourcePatternType.PREFIXED}
_OPERATIONS = {
    "Read": ACLOperation.READ,
    "Write": ACLOperation.WRITE,
    "Create": ACLOperation.CREATE,
    "Delete": ACLOperation.DELETE,
    "Describe": ACLOperation.DESCRIBE,
    "Alter": ACLOperation.ALTER,
    "DescribeConfigs": ACLOperation.DESCRIBE_CONFIGS,
    "AlterConfigs": ACLOperation.ALTER_CONFIGS,
}


@dataclass(frozen=True, order=True)
class Grant:
    """One access rule as a broker keeps it: one operation on one resource, allowed to one principal."""

    principal: str
    resource: str
    name: str
    pattern: str
    operation: str
    host: str = "*"


@dataclass(frozen=True)
class AclStep:
    """A change of one grant. ``extra``: the principal has it, and the table does not."""

    action: Literal["grant", "keep", "extra", "revoke"]
    grant: Grant


def grants(table: Iterable[AccessRule], prefix: str, principals: str = PRINCIPALS) -> list[Grant]:
    """List the grants of the table, one for each operation. Pure."""
    return [
        Grant(principal(principals, prefix, rule.role), rule.resource, rule.name, rule.pattern, operation)
        for rule in table
        for operation in rule.operations
    ]


def plan(wanted: Collection[Grant], there: Collection[Grant], *, prune: bool = False) -> list[AclStep]:
    """Plan the changes from existing grants to the wanted ones; extra ones are removed with ``prune`` only. Pure."""
    known = set(there)
    steps = [AclStep("keep" if grant in known else "grant", grant) for grant in wanted]
    more: Literal["revoke", "extra"] = "revoke" if prune else "extra"
    return [*steps, *(AclStep(more, grant) for grant in sorted(known - set(wanted)))]


def apply(
    settings: KafkaSettings, principals: str = PRINCIPALS, *, prune: bool = False, dry_run: bool = False
) -> list[AclStep]:
    """Grant what is missing. Idempotent. Returns the steps.

    Raises ``ServerError`` if Kafka cannot be reached, says no, or checks no rights at all.
    """
    prefix = settings.topic_prefix
    wanted = grants(rules(prefix), prefix, principals)
    with admin_client(settings) as admin:
        there = [grant for role in ROLES for grant in _granted(admin, principal(principals, prefix, role.name))]
        steps = plan(wanted, there, prune=prune)
        if not dry_run:
            _grant(admin, [step.grant for step in steps if step.action == "grant"])
            _revoke(admin, [step.grant for step in steps if step.action == "revoke"])
    return steps


def _granted(admin: Any, name: str) -> list[Grant]:
    """Return what a principal is allowed. Denials are deliberate, and ignored."""
    every = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    try:
        found, _ = admin.describe_acls(ACLFilter(name, None, ACLOperation.ANY, ACLPermissionType.ALLOW, every))
    except errors.SecurityDisabledError:
        raise ServerError("the brokers check no rights: set their authorizer.class.name, then run this again") from None
    return [_as_grant(acl) for acl in found]


def _as_grant(acl: Any) -> Grant:
    return Grant(
        acl.principal,
        _name(_RESOURCES, acl.resource_pattern.resource_type),
        acl.resource_pattern.resource_name,
        _name(_PATTERNS, acl.resource_pattern.pattern_type),
        _name(_OPERATIONS, acl.operation),
        acl.host,
    )


def _name(table: dict[str, Any], value: Any) -> str:
    return next((name for name, known in table.items() if known == value), str(value.name))


def _grant(admin: Any, wanted: list[Grant]) -> None:
    if not wanted:
        return
    answer = admin.create_acls([_as_acl(grant) for grant in wanted])
    if answer["failed"]:
        raise ServerError(f"Kafka refuses to grant {len(answer['failed'])} rights: {answer['failed'][0].__name__}")


def _as_acl(grant: Grant) -> Any:
    return ACL(
        grant.principal,
        grant.host,
        _OPERATIONS[grant.operation],
        ACLPermissionType.ALLOW,
        ResourcePattern(_RESOURCES[grant.resource], grant.name, _PATTERNS[grant.pattern]),
    )


def _revoke(admin: Any, unwanted: list[Grant]) -> None:
    for _, _, error in admin.delete_acls([_as_filter(grant) for grant in unwanted]) if unwanted else ():
        if error is not errors.NoError:
            raise ServerError(f"Kafka refuses to take a right back: {error.__name__}")


def _as_filter(grant: Grant) -> Any:
    kind = _RESOURCES.get(grant.resource) or ResourceType[grant.resource]
    pattern = _PATTERNS.get(grant.pattern) or ACLResourcePatternType[grant.pattern]
    operation = _OPERATIONS.get(grant.operation) or ACLOperation[grant.operation]
    return ACLFilter(
        grant.principal,
        grant.host,
        operation,
        ACLPermissionType.ALLOW,
        ResourcePatternFilter(kind, grant.name, pattern),
    )
