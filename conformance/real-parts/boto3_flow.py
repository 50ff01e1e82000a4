"""The acceptance flow with boto3, unmodified: nothing but AWS_ENDPOINT_URL tells it of Hallpass.

boto3.test.ts runs it. Each step writes a line {"step": …, "error": …}; "error" is absent when it held. Before a step that
needs a later code it writes {"move": seconds} and reads a line: the server's clock is then that much further ahead.
"""

import base64
import hmac
import json
import os
import struct
import sys
import time
import traceback
import urllib.request

import boto3
from botocore.exceptions import ClientError

account = os.environ["FLOW_ACCOUNT"]
ahead = 0.0


def say(**line):
    print(json.dumps(line), flush=True)


def move(seconds):
    global ahead
    say(move=seconds)
    sys.stdin.readline()
    ahead += seconds


steps = []


def step(title):
    def keep(function):
        steps.append((title, function))
        return function

    return keep


class Session:
    """Clients that sign with these keys; without any, with the environment's."""

    def __init__(self, credentials=None):
        given = credentials or {}
        self.session = boto3.Session(
            aws_access_key_id=given.get("AccessKeyId"),
            aws_secret_access_key=given.get("SecretAccessKey"),
            aws_session_token=given.get("SessionToken"),
        )
        self.sts = self.session.client("sts")
        self.iam = self.session.client("iam")
        self.organizations = self.session.client("organizations")

    def arn(self):
        return self.sts.get_caller_identity()["Arn"]

    def assume(self, role, **wanted):
        answer = self.sts.assume_role(RoleArn=role, RoleSessionName="session", **wanted)
        return Session(answer["Credentials"])


def policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **one} for one in statements]})


def allow(action, resource="*", condition=None):
    return policy({"Action": action, "Resource": resource, "Condition": condition or {}})


def trusts(who, action="sts:AssumeRole", condition=None):
    return policy({"Principal": {"AWS": who}, "Action": action, "Condition": condition or {}})


def refused(call, code, status, message):
    try:
        answer = call()
    except ClientError as error:
        told = error.response["Error"]
        got = (told["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"], told["Message"])
        assert got == (code, status, message), f"{got} instead of {(code, status, message)}"
        return error
    raise AssertionError(f"answered instead of {code}: {answer}")


def denied(call, arn, action, resource, because=""):
    message = f"User: {arn} is not authorized to perform: {action} on resource: {resource}{because}"
    return refused(call, "AccessDenied", 403, message)


def no_user_list(call, arn, because):
    return denied(call, arn, "iam:ListUsers", f"arn:aws:iam::{arn.split(':')[4]}:user/", because)


def user(admin, name, text):
    made = admin.iam.create_user(UserName=name)["User"]
    admin.iam.get_waiter("user_exists").wait(UserName=name)
    admin.iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=text)
    keys = admin.iam.create_access_key(UserName=name)["AccessKey"]
    return made["Arn"], Session(keys)


def role(admin, name, trust, permissions=None, **more):
    made = admin.iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, **more)["Role"]
    admin.iam.get_waiter("role_exists").wait(RoleName=name)
    if permissions is not None:
        admin.iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=permissions)
    return made["Arn"]


class Phone:
    """A virtual MFA device, paired with a user by two consecutive codes."""

    def __init__(self, admin, name):
        device = admin.iam.create_virtual_mfa_device(VirtualMFADeviceName=f"{name}-phone")["VirtualMFADevice"]
        self.serial = device["SerialNumber"]
        assert device["QRCodePNG"].startswith(b"\x89PNG")
        self.key = base64.b32decode(device["Base32StringSeed"])
        admin.iam.enable_mfa_device(
            UserName=name,
            SerialNumber=self.serial,
            AuthenticationCode1=self.code(),
            AuthenticationCode2=self.code(30),
        )
        move(60)

    def code(self, later=0):
        counter = struct.pack(">Q", int(time.time() + ahead + later) // 30)
        digest = hmac.digest(self.key, counter, "sha1")
        offset = digest[19] & 15
        return f"{(struct.unpack('>I', digest[offset : offset + 4])[0] & 0x7FFFFFFF) % 1000000:06}"

    def factor(self):
        return {"SerialNumber": self.serial, "TokenCode": self.code()}


class State:
    pass


s = State()


@step("two accounts: an organization, its manager, a member account entered through its role")
def _():
    s.root = Session()
    assert s.root.arn() == f"arn:aws:iam::{account}:root"
    _, s.manager = user(s.root, "manager", allow("*"))
    s.root.organizations.create_organization(FeatureSet="ALL")
    created = s.manager.organizations.create_account(AccountName="partner", Email="partner@example.com")
    status = s.manager.organizations.describe_create_account_status(
        CreateAccountRequestId=created["CreateAccountStatus"]["Id"]
    )["CreateAccountStatus"]
    assert status["State"] == "SUCCEEDED"
    s.partner_id = status["AccountId"]
    s.partner = s.manager.assume(f"arn:aws:iam::{s.partner_id}:role/OrganizationAccountAccessRole")
    assert s.partner.sts.get_caller_identity()["Account"] == s.partner_id
    s.ann_arn, s.ann = user(s.root, "ann", allow(["sts:*", "iam:GetUser"]))
    s.bob_arn, s.bob = user(s.root, "bob", allow("sts:*"))


def session_arn(name):
    return f"arn:aws:sts::{s.partner_id}:assumed-role/{name}/session"


@step("external id: missing, wrong, right")
def _():
    condition = {"StringEquals": {"sts:ExternalId": "contract-17"}}
    arn = role(s.partner, "Auditor", trusts(account, condition=condition), allow("iam:List*"))
    denied(lambda: s.ann.assume(arn), s.ann_arn, "sts:AssumeRole", arn)
    denied(lambda: s.ann.assume(arn, ExternalId="contract-71"), s.ann_arn, "sts:AssumeRole", arn)
    session = s.ann.assume(arn, ExternalId="contract-17")
    assert session.arn() == session_arn("Auditor")
    assert session.iam.list_users()["Users"] == []
    denied(
        lambda: session.iam.get_role(RoleName="Auditor"),
        session_arn("Auditor"),
        "iam:GetRole",
        "role Auditor",
        " because no identity-based policy allows the iam:GetRole action",
    )


@step("MFA: missing, wrong, another user's, right, reused, guessed")
def _():
    phone, other = Phone(s.root, "ann"), Phone(s.root, "bob")
    condition = {"Bool": {"aws:MultiFactorAuthPresent": "true"}}
    arn = role(s.partner, "Operator", trusts(account, condition=condition))
    denied(lambda: s.ann.assume(arn), s.ann_arn, "sts:AssumeRole", arn)
    wrong = "MultiFactorAuthentication failed with invalid MFA one time pass code. "
    near = [phone.code(later) for later in (-30, 0, 30, 60)]
    guess = next(code for code in ("000000", "111111", "222222", "333333", "444444") if code not in near)
    serial = phone.serial
    refused(lambda: s.ann.assume(arn, SerialNumber=serial, TokenCode=guess), "AccessDenied", 403, wrong)
    refused(
        lambda: s.ann.assume(arn, **other.factor()),
        "AccessDenied",
        403,
        "MultiFactorAuthentication failed, unable to validate MFA code.  "
        "Please verify your MFA serial number is valid and associated with this user.",
    )
    factor = phone.factor()
    assert s.ann.assume(arn, **factor).arn() == session_arn("Operator")
    refused(lambda: s.ann.assume(arn, **factor), "AccessDenied", 403, wrong)
    move(60)
    for _ in range(5):
        refused(lambda: s.ann.assume(arn, SerialNumber=serial, TokenCode=guess), "AccessDenied", 403, wrong)
    refused(lambda: s.ann.assume(arn, **phone.factor()), "AccessDenied", 403, wrong)
    move(60)
    s.ann.assume(arn, **phone.factor())


@step("session policies: inline, managed, packed size")
def _():
    arn = role(s.partner, "Reader", trusts(account), allow("iam:List*"))
    managed = s.partner.iam.create_policy(PolicyName="RolesOnly", PolicyDocument=allow("iam:ListRoles"))["Policy"]["Arn"]
    answer = s.ann.sts.assume_role(RoleArn=arn, RoleSessionName="session", Policy=allow("iam:ListRoles"))
    assert 1 <= answer["PackedPolicySize"] <= 100
    for session in (Session(answer["Credentials"]), s.ann.assume(arn, PolicyArns=[{"arn": managed}])):
        session.iam.list_roles()
        because = " because no session policy allows the iam:ListUsers action"
        no_user_list(session.iam.list_users, session_arn("Reader"), because)
    assert "PackedPolicySize" not in s.ann.sts.assume_role(RoleArn=arn, RoleSessionName="session")
    refused(
        lambda: s.ann.assume(arn, Policy="{"),
        "MalformedPolicyDocument",
        400,
        "Syntax errors in policy.",
    )


@step("tags, transitive tags and the source identity down a chain of three")
def _():
    actions = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"]
    first = role(s.partner, "First", trusts(account, actions), allow(actions), MaxSessionDuration=43200)
    second = role(s.partner, "Second", trusts(first, actions), allow(actions), MaxSessionDuration=43200)
    red = {"StringEquals": {"aws:PrincipalTag/team": "red"}}
    third = role(s.partner, "Third", trusts(second, actions, red), allow("iam:ListUsers"))
    one = s.ann.assume(
        first, Tags=[{"Key": "team", "Value": "red"}], TransitiveTagKeys=["team"], SourceIdentity="ann"
    )
    refused(
        lambda: one.assume(second, Tags=[{"Key": "TEAM", "Value": "blue"}]),
        "InvalidParameterValue",
        400,
        "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key "
        "from the calling session.",
    )
    denied(lambda: one.assume(second, SourceIdentity="bob"), session_arn("First"), "sts:SetSourceIdentity", second)
    refused(
        lambda: one.assume(second, DurationSeconds=3601),
        "ValidationError",
        400,
        "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining.",
    )
    two = one.assume(second, DurationSeconds=3600)
    answer = two.sts.assume_role(RoleArn=third, RoleSessionName="session")
    assert answer["SourceIdentity"] == "ann"
    Session(answer["Credentials"]).iam.list_users()
    longest = s.ann.sts.assume_role(RoleArn=first, RoleSessionName="session", DurationSeconds=43200)["Credentials"]
    assert abs(longest["Expiration"].timestamp() - (time.time() + ahead + 43200)) < 60


@step("GetSessionToken, GetFederationToken, GetAccessKeyInfo, DecodeAuthorizationMessage")
def _():
    session = Session(s.ann.sts.get_session_token()["Credentials"])
    assert session.arn() == s.ann_arn
    refused(
        session.iam.get_user,
        "InvalidClientTokenId",
        403,
        "The security token included in the request is invalid",
    )
    refused(
        session.sts.get_session_token,
        "AccessDenied",
        403,
        "Cannot call GetSessionToken with session credentials",
    )
    federated = s.ann.sts.get_federation_token(Name="guest", Policy=allow("s3:*"))
    assert federated["FederatedUser"]["Arn"] == f"arn:aws:sts::{account}:federated-user/guest"
    assert Session(federated["Credentials"]).arn() == federated["FederatedUser"]["Arn"]
    key = s.partner.session.get_credentials().access_key
    assert s.ann.sts.get_access_key_info(AccessKeyId=key)["Account"] == s.partner_id
    because = " because no identity-based policy allows the iam:ListUsers action"
    error = no_user_list(s.ann.iam.list_users, s.ann_arn, because)
    request = error.response["ResponseMetadata"]["RequestId"]
    decoded = json.loads(s.ann.sts.decode_authorization_message(EncodedMessage=request)["DecodedMessage"])
    assert decoded["context"]["action"] == "iam:ListUsers"


@step("a profile that assumes a role, and one whose role assumes another")
def _():
    keys = s.ann.session.get_credentials()
    role(s.partner, "Outer", trusts(account), allow("sts:AssumeRole"))
    role(s.partner, "Inner", trusts(f"arn:aws:iam::{s.partner_id}:role/Outer"))
    with open(os.path.expanduser("~/.aws/config"), "w") as config:
        config.write(
            f"[profile ann]\naws_access_key_id={keys.access_key}\naws_secret_access_key={keys.secret_key}\n"
            f"[profile outer]\nrole_arn=arn:aws:iam::{s.partner_id}:role/Outer\nsource_profile=ann\n"
            f"role_session_name=session\n"
            f"[profile inner]\nrole_arn=arn:aws:iam::{s.partner_id}:role/Inner\nsource_profile=outer\n"
            f"role_session_name=session\n"
        )
    for name in ("outer", "inner"):
        arn = boto3.Session(profile_name=name).client("sts").get_caller_identity()["Arn"]
        assert arn == session_arn(name.capitalize())


@step("a presigned GetCallerIdentity identifies its signer")
def _():
    url = s.ann.sts.generate_presigned_url("get_caller_identity", HttpMethod="GET")
    asked = urllib.request.Request(url, headers={"Accept": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(asked) as answer:
        result = json.load(answer)["GetCallerIdentityResponse"]["GetCallerIdentityResult"]
    assert result["Arn"] == s.ann_arn


@step("pages, exceptions and documents are as boto3 expects them")
def _():
    for n in range(7):
        s.partner.iam.create_user(UserName=f"user{n}", Tags=[{"Key": "n", "Value": str(n)}])
    pages = s.partner.iam.get_paginator("list_users").paginate(PaginationConfig={"PageSize": 3})
    assert [len(page["Users"]) for page in pages] == [3, 3, 1]
    for call, exception in (
        (lambda: s.partner.iam.get_user(UserName="nobody"), s.partner.iam.exceptions.NoSuchEntityException),
        (lambda: s.partner.iam.create_user(UserName="user0"), s.partner.iam.exceptions.EntityAlreadyExistsException),
        (
            lambda: s.partner.iam.create_policy(PolicyName="bad", PolicyDocument="{}"),
            s.partner.iam.exceptions.MalformedPolicyDocumentException,
        ),
    ):
        try:
            call()
        except exception:
            continue
        raise AssertionError(f"no {exception.__name__}")
    found = s.partner.iam.get_role(RoleName="Auditor")["Role"]
    statement = found["AssumeRolePolicyDocument"]["Statement"][0]
    assert statement["Principal"] == {"AWS": f"arn:aws:iam::{account}:root"}


@step("revocation: older sessions denied, the role deleted, and made again under the same name")
def _():
    arn = role(s.partner, "Short", trusts(account), allow("iam:List*"))
    session = s.ann.assume(arn)
    session.iam.list_users()
    later = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + ahead + 2))
    deny = {"Effect": "Deny", "Action": "*", "Resource": "*", "Condition": {"DateLessThan": {"aws:TokenIssueTime": later}}}
    s.partner.iam.put_role_policy(RoleName="Short", PolicyName="AWSRevokeOlderSessions", PolicyDocument=policy(deny))
    because = " with an explicit deny in an identity-based policy"
    no_user_list(session.iam.list_users, session_arn("Short"), because)
    for name in ("AWSRevokeOlderSessions", "own"):
        s.partner.iam.delete_role_policy(RoleName="Short", PolicyName=name)
    s.partner.iam.delete_role(RoleName="Short")
    dead = ("InvalidClientTokenId", 403, "The security token included in the request is invalid.")
    refused(session.arn, *dead)
    role(s.partner, "Short", trusts(account))
    refused(session.arn, *dead)
    assert s.ann.assume(arn).arn() == session_arn("Short")


for title, function in steps:
    try:
        function()
        say(step=title)
    except Exception:
        say(step=title, error=traceback.format_exc())
