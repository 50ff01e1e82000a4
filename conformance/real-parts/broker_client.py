"""A program of a person, on a client that openapi-python-client made of the broker's own document.

Reads one JSON object: base_url, ca, and what says who the person is. Prints what the client's answers are, as JSON.
"""
import json
import ssl
import sys

from hallpass_broker import Client
from hallpass_broker.api.default import get_console_link, get_credentials, list_roles
from hallpass_broker.models import (
    ConsoleAnswer,
    ConsoleByDirectory,
    CredentialsAnswer,
    CredentialsByDirectory,
    Error,
    RolesAnswer,
    RolesByDirectory,
)

asked = json.load(sys.stdin)
person = asked['person']
client = Client(base_url=asked['base_url'], verify_ssl=ssl.create_default_context(cafile=asked['ca']))


def answer(operation, body, kind):
    response = operation.sync_detailed(client=client, body=body)
    assert isinstance(response.parsed, kind), response
    return response


roles = answer(list_roles, RolesByDirectory(**person), RolesAnswer).parsed
[role] = [offered for offered in roles.roles if offered.name == asked['role']]
[entitlement] = roles.entitlements
credentials = [
    answer(get_credentials, CredentialsByDirectory(**person, **wish), CredentialsAnswer).parsed.credentials.to_dict()
    for wish in ({}, {'role': role.arn, 'duration_seconds': 900})
]
console = answer(get_console_link, ConsoleByDirectory(**person, role=role.arn), ConsoleAnswer).parsed
refused = [
    answer(operation, body, Error)
    for operation, body in (
        (list_roles, RolesByDirectory(**{**person, 'password': 'wrong'})),
        (get_credentials, CredentialsByDirectory(**person, role=asked['foreign'])),
        (get_credentials, CredentialsByDirectory(**person, role='Reader')),
    )
]
print(json.dumps({
    'account': entitlement.account,
    'seconds': role.session_seconds,
    'credentials': credentials,
    'console': console.url,
    'refused': [[int(one.status_code), one.parsed.code] for one in refused],
}))
