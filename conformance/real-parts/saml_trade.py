"""Trades a provider's response by boto3, as aws-azure-login and saml2aws do by their SDKs: unsigned, with the endpoint of the
environment alone. Reads {"role", "provider", "response"}; writes who one is then, and what the answer says of the proof."""

import json
import sys

import boto3
from botocore import UNSIGNED
from botocore.config import Config

given = json.load(sys.stdin)
anyone = boto3.client("sts", config=Config(signature_version=UNSIGNED))
answer = anyone.assume_role_with_saml(
    RoleArn=given["role"], PrincipalArn=given["provider"], SAMLAssertion=given["response"]
)
keys = answer["Credentials"]
person = boto3.client(
    "sts",
    aws_access_key_id=keys["AccessKeyId"],
    aws_secret_access_key=keys["SecretAccessKey"],
    aws_session_token=keys["SessionToken"],
)
said = {name: answer.get(name) for name in ("Subject", "SubjectType", "Issuer", "Audience", "SourceIdentity")}
print(json.dumps({"arn": person.get_caller_identity()["Arn"], **said}))
