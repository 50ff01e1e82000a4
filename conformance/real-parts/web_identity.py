"""boto3 with a web identity: nothing but the environment tells it of a role and a token file.

web-identity-cli.test.ts runs it. It writes one line: who it is, or the code and message it was refused with.
"""

import json

import boto3
from botocore.exceptions import ClientError

session = boto3.Session()
method = session.get_credentials().method
try:
    identity = session.client("sts").get_caller_identity()
    print(json.dumps({"method": method, "Account": identity["Account"], "Arn": identity["Arn"]}))
except ClientError as error:
    told = error.response["Error"]
    print(json.dumps({"method": method, "Code": told["Code"], "Message": told["Message"]}))
