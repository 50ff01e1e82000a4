"""DynamoDB with boto3, unmodified: nothing but the environment tells it who it is and where to go.

dynamodb-clients.test.ts runs it with `items TABLE`, `further TABLE`, `rows TABLE` or `resource TABLE`, and compares the line of
JSON that it writes.
"""

import json
import sys
from decimal import Decimal

import boto3
from boto3.dynamodb.conditions import Attr, Key
from botocore.exceptions import ClientError

what, table = sys.argv[1:]
client = boto3.client("dynamodb")


def key(writer, number):
    return {"writer": {"S": writer}, "id": {"S": number}}


def note(writer, number, words):
    return {**key(writer, number), "words": {"S": words}}


def words(item):
    return item.get("words", {}).get("S", "")


def refused(exception, call, **request):
    try:
        call(**request)
    except exception as error:
        return error.response
    raise AssertionError("it was not refused")


def rows():
    """Reads what its caller may, and is refused the rest."""
    own = client.get_item(TableName=table, Key=key("ben", "1"))["Item"]
    told = refused(ClientError, client.get_item, TableName=table, Key=key("ann", "1"))["Error"]
    scan = refused(ClientError, client.scan, TableName=table)["Error"]
    return {
        "own": words(own),
        "refused": {"code": told["Code"], "message": told["Message"]},
        "scan": scan["Code"],
    }


attributes = [{"AttributeName": name, "AttributeType": "S"} for name in ("writer", "id")]
schema = [{"AttributeName": "writer", "KeyType": "HASH"}, {"AttributeName": "id", "KeyType": "RANGE"}]


def items():
    client.create_table(
        TableName=table, AttributeDefinitions=attributes, KeySchema=schema, BillingMode="PAY_PER_REQUEST"
    )
    client.get_waiter("table_exists").wait(TableName=table, WaiterConfig={"Delay": 1})
    arn = client.describe_table(TableName=table)["Table"]["TableArn"]
    client.put_item(TableName=table, Item={**note("ann", "1", "Grüße"), "count": {"N": "42.5"}})
    read = client.get_item(TableName=table, Key=key("ann", "1"))["Item"]
    updated = client.update_item(
        TableName=table,
        Key=key("ann", "1"),
        UpdateExpression="SET #count = #count + :one",
        ExpressionAttributeNames={"#count": "count"},
        ExpressionAttributeValues={":one": {"N": "1"}},
        ReturnValues="UPDATED_NEW",
    )["Attributes"]
    failed = refused(
        client.exceptions.ConditionalCheckFailedException,
        client.put_item,
        TableName=table,
        Item=key("ann", "1"),
        ConditionExpression="attribute_not_exists(writer)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    notes = [note("ann", "2", "two"), note("ann", "3", "three"), note("ben", "1", "mine")]
    client.batch_write_item(RequestItems={table: [{"PutRequest": {"Item": each}} for each in notes]})
    keys = [key(each["writer"]["S"], each["id"]["S"]) for each in notes]
    got = client.batch_get_item(RequestItems={table: {"Keys": keys}})["Responses"][table]
    queried = client.get_paginator("query").paginate(
        TableName=table,
        KeyConditionExpression="writer = :w",
        ExpressionAttributeValues={":w": {"S": "ann"}},
        PaginationConfig={"PageSize": 2},
    )
    ids = [each["id"]["S"] for page in queried for each in page["Items"]]
    scanned = client.scan(TableName=table)["Count"]
    removed = client.delete_item(TableName=table, Key=key("ann", "3"), ReturnValues="ALL_OLD")["Attributes"]
    missing = refused(
        client.exceptions.ResourceNotFoundException, client.get_item, TableName="absent", Key=key("a", "b")
    )
    client.tag_resource(ResourceArn=arn, Tags=[{"Key": "team", "Value": "red"}])
    (tag,) = client.list_tags_of_resource(ResourceArn=arn)["Tags"]
    return {
        "arn": arn,
        "read": {"words": words(read), "count": read["count"]["N"]},
        "updated": updated["count"]["N"],
        "failed": {"code": failed["Error"]["Code"], "words": words(failed.get("Item", {}))},
        "batch": len(got),
        "query": ids,
        "scan": scanned,
        "removed": words(removed),
        "missing": missing["Error"]["Code"],
        "tags": f"{tag['Key']}={tag['Value']}",
    }


def further():
    """What some backends lack: transactions, PartiQL, times to live."""

    def put(item, **condition):
        return {"Put": {"TableName": table, "Item": item, **condition}}

    client.transact_write_items(TransactItems=[put(note("ann", "4", "four")), put(note("ann", "5", "five"))])
    got = client.transact_get_items(
        TransactItems=[{"Get": {"TableName": table, "Key": key("ann", number)}} for number in ("4", "5")]
    )["Responses"]
    condition = put(
        key("ann", "1"),
        ConditionExpression="attribute_not_exists(writer)",
        ReturnValuesOnConditionCheckFailure="ALL_OLD",
    )
    cancelled = refused(
        client.exceptions.TransactionCanceledException,
        client.transact_write_items,
        TransactItems=[condition, put(key("ann", "9"))],
    )["CancellationReasons"]

    def state(statement, *parameters):
        more = {"Parameters": [{"S": each} for each in parameters]} if parameters else {}
        return client.execute_statement(Statement=statement, **more)["Items"]

    state(f"""INSERT INTO "{table}" VALUE {{'writer': 'cleo', 'id': '1', 'words': 'said'}}""")
    state(f"""INSERT INTO "{table}" VALUE {{'writer': 'cleo', 'id': '2', 'words': 'gone'}}""")
    state(f"""UPDATE "{table}" SET words = ? WHERE writer = ? AND id = ?""", "changed", "cleo", "1")
    state(f"""DELETE FROM "{table}" WHERE writer = 'cleo' AND id = '2'""")
    selected = state(f"""SELECT * FROM "{table}" WHERE writer = ?""", "cleo")
    client.update_time_to_live(
        TableName=table, TimeToLiveSpecification={"Enabled": True, "AttributeName": "until"}
    )
    times = client.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
    return {
        "transacted": len(got),
        "cancelled": {
            "codes": [each["Code"] for each in cancelled],
            "words": words(cancelled[0].get("Item", {})),
        },
        "selected": [words(each) for each in selected],
        "until": times["AttributeName"],
    }


def resource():
    """boto3's own objects: tables, batches that send themselves, conditions that are written as Python."""
    database = boto3.resource("dynamodb")
    made = database.create_table(
        TableName=table, AttributeDefinitions=attributes, KeySchema=schema, BillingMode="PAY_PER_REQUEST"
    )
    made.wait_until_exists(WaiterConfig={"Delay": 1})
    with made.batch_writer() as batch:
        for number in range(60):
            batch.put_item(Item={"writer": "ann", "id": f"{number:02}", "rank": Decimal(number) / 2})
        batch.delete_item(Key={"writer": "ann", "id": "30"})
    asked = {
        "KeyConditionExpression": Key("writer").eq("ann") & Key("id").between("10", "19"),
        "FilterExpression": Attr("rank").gte(Decimal("7.5")) & ~Attr("rank").eq(9),
        "ProjectionExpression": "id, #rank",
        "ExpressionAttributeNames": {"#rank": "rank"},
    }
    found = made.query(**asked)["Items"]
    made.update_item(
        Key={"writer": "ann", "id": "00"},
        UpdateExpression="SET #rank = :r ADD seen :s",
        ConditionExpression=Attr("rank").lt(1),
        ExpressionAttributeNames={"#rank": "rank"},
        ExpressionAttributeValues={":r": Decimal("0.25"), ":s": {"bytes", "sets"}},
    )
    changed = made.get_item(Key={"writer": "ann", "id": "00"})["Item"]
    conditional = database.meta.client.exceptions.ConditionalCheckFailedException
    failed = refused(
        conditional,
        made.delete_item,
        Key={"writer": "ann", "id": "00"},
        ConditionExpression=Attr("rank").gt(100) | Attr("seen").not_exists(),
    )
    return {
        "arn": made.table_arn,
        "tables": table in [each.name for each in database.tables.all()],
        "count": made.scan(Select="COUNT")["Count"],
        "found": [[each["id"], str(each["rank"])] for each in found],
        "changed": [str(changed["rank"]), sorted(changed["seen"])],
        "failed": failed["Error"]["Code"],
    }


json.dump({"items": items, "further": further, "rows": rows, "resource": resource}[what](), sys.stdout)
