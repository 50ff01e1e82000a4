"""Pods of a cluster get roles, with boto3 unmodified: nothing but AWS_ENDPOINT_URL tells it of Hallpass.

pods.test.ts runs it. Each step writes a line {"step": …, "error": …}; "error" is absent when it held.
"""

import json
import os
import sys
import traceback

import boto3
from botocore.exceptions import ClientError

cluster = os.environ["FLOW_CLUSTER"]
token, forged = os.environ["FLOW_TOKEN"], os.environ["FLOW_FORGED"]
account = os.environ["FLOW_ACCOUNT"]
iam, eks, eks_auth = (boto3.client(name) for name in ("iam", "eks", "eks-auth"))
made = {}


def policy(**statement):
    return json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", **statement}]})


def refused(call, code, status):
    try:
        answer = call()
    except ClientError as error:
        got = (error.response["Error"]["Code"], error.response["ResponseMetadata"]["HTTPStatusCode"])
        assert got == (code, status), f"{got}: {error}"
        return error.response["Error"]["Message"]
    raise AssertionError(f"answered instead of {code}: {answer}")


def registered():
    found = eks.describe_cluster(name=cluster)["cluster"]
    assert found["status"] == "ACTIVE" and found["identity"]["oidc"]["issuer"].endswith(".example"), found
    assert eks.list_clusters()["clusters"] == [cluster]
    assert eks.get_waiter("cluster_active").wait(name=cluster) is None


def associated():
    trust = policy(Principal={"Service": "pods.eks.amazonaws.com"}, Action=["sts:AssumeRole", "sts:TagSession"])
    role = iam.create_role(RoleName="web", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName="web", PolicyName="own", PolicyDocument=policy(Action="iam:ListUsers", Resource="*"))
    wish = {"clusterName": cluster, "namespace": "shop", "serviceAccount": "web", "roleArn": role}
    association = eks.create_pod_identity_association(**wish, tags={"team": "shop"})["association"]
    made["id"], made["arn"] = association["associationId"], association["associationArn"]
    assert association["roleArn"] == role and association["tags"] == {"team": "shop"}, association
    error = refused(lambda: eks.create_pod_identity_association(**wish), "ResourceInUseException", 409)
    assert error == f"Association already exists: {made['id']}", error
    pages = eks.get_paginator("list_pod_identity_associations").paginate(clusterName=cluster, PaginationConfig={"PageSize": 1})
    assert [one["associationId"] for page in pages for one in page["associations"]] == [made["id"]]


def tagged():
    arn = made["arn"]
    eks.tag_resource(resourceArn=arn, tags={"a b/=+": "x"})
    eks.untag_resource(resourceArn=arn, tagKeys=["team"])
    assert eks.list_tags_for_resource(resourceArn=arn)["tags"] == {"a b/=+": "x"}


def given():
    answer = eks_auth.assume_role_for_pod_identity(clusterName=cluster, token=token)
    assert answer["subject"] == {"namespace": "shop", "serviceAccount": "web"}, answer["subject"]
    assert answer["podIdentityAssociation"]["associationId"] == made["id"]
    credentials = answer["credentials"]
    made["pod"] = boto3.Session(
        aws_access_key_id=credentials["accessKeyId"],
        aws_secret_access_key=credentials["secretAccessKey"],
        aws_session_token=credentials["sessionToken"],
    )
    assert made["pod"].client("sts").get_caller_identity()["Arn"] == answer["assumedRoleUser"]["arn"]
    made["pod"].client("iam").list_users()
    refused(made["pod"].client("iam").list_roles, "AccessDenied", 403)


def not_given():
    ask = eks_auth.assume_role_for_pod_identity
    refused(lambda: ask(clusterName=cluster, token=forged), "InvalidTokenException", 400)
    refused(lambda: ask(clusterName="nowhere", token=token), "ResourceNotFoundException", 404)
    pod = made["pod"].client("eks-auth")
    refused(lambda: pod.assume_role_for_pod_identity(clusterName=cluster, token=token), "AccessDeniedException", 400)


def ended():
    eks.delete_pod_identity_association(clusterName=cluster, associationId=made["id"])
    refused(made["pod"].client("sts").get_caller_identity, "InvalidClientTokenId", 403)
    refused(
        lambda: eks_auth.assume_role_for_pod_identity(clusterName=cluster, token=token),
        "ResourceNotFoundException",
        404,
    )


for title, step in (
    ("the registered cluster is described, listed and waited for", registered),
    ("a service account is associated with a role", associated),
    ("its tags, whose ARN and keys stand in paths and queries", tagged),
    ("a pod gets its role by its token", given),
    ("by no other", not_given),
    ("what it got ends with the association", ended),
):
    try:
        step()
        print(json.dumps({"step": title}), flush=True)
    except Exception:
        print(json.dumps({"step": title, "error": traceback.format_exc()}), flush=True)
        sys.exit(1)
