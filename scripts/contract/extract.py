"""Writes extract/<service>.json from the botocore that is installed: names, shapes and numbers, no documentation text.

Run by hand, seldom (`python3 scripts/contract/extract.py`, then `npm run contract`); what it writes is checked in, so
that neither Python nor botocore is needed to build. Member order is botocore's, which is the model's own.
"""
import gzip
import json
import pathlib
import sys

import botocore

KEPT = ["min", "max", "pattern", "enum", "sensitive", "union"]
here = pathlib.Path(__file__).parent / "extract"
# A new service is named once, as an argument: from then on its extract is there.
SERVICES = sorted({path.stem for path in here.glob("*.json")} | set(sys.argv[1:]))
data = pathlib.Path(botocore.__file__).parent / "data"
# Where botocore's folder is not called as AWS's JavaScript client is.
FOLDERS = {"dynamodb-streams": "dynamodbstreams"}
# Traits of members that change nothing about what is on the wire: documentation, hints to choose an endpoint by, and that clients
# make up a token where none is given.
IGNORED = {
    "shape", "documentation", "box", "deprecated", "deprecatedMessage", "deprecatedSince", "contextParam", "idempotencyToken"
}
# Where a member stands in a request, if not in its body.
PLACES = {"uri": "labels", "querystring": "query"}


def shape(model):
    out = {"type": model["type"]}
    if model["type"] == "structure":
        out["members"] = {name: member["shape"] for name, member in model["members"].items()}
        if model.get("required"):
            out["required"] = model["required"]
        if model.get("exception"):
            out["error"] = {k: v for k, v in model.get("error", {}).items()}
        if model.get("fault"):
            out["fault"] = True
        for name, member in model["members"].items():
            unknown = set(member) - IGNORED
            if "location" in member:
                unknown -= {"location", "locationName"}
                out.setdefault(PLACES[member["location"]], {})[name] = member["locationName"]
            assert not unknown, unknown
        assert "payload" not in model
    if model["type"] == "list":
        out["member"] = model["member"]["shape"]
    if model["type"] == "map":
        out["key"] = model["key"]["shape"]
        out["value"] = model["value"]["shape"]
    if "timestampFormat" in model:
        assert model["timestampFormat"] == "iso8601"
        out["format"] = "iso8601"
    return out | {trait: model[trait] for trait in KEPT if trait in model}


def operation(model, protocol, shapes):
    out = {}
    if protocol == "rest-json":
        http = model["http"]
        path = http["requestUri"]
        for name, label in shapes.get(model.get("input", {}).get("shape"), {}).get("labels", {}).items():
            path = path.replace("{" + label + "}", "{" + name + "}")
        out["http"] = [http["method"], path, http.get("responseCode", 200)]
    for side in ("input", "output"):
        if side in model:
            out[side] = model[side]["shape"]
    out["errors"] = [error["shape"] for error in model.get("errors", [])]
    if model.get("authtype") == "none":
        out["auth"] = "none"
    return out


def lines(table):
    return "{\n" + ",\n".join(f"    {json.dumps(k)}: {json.dumps(v)}" for k, v in table.items()) + "\n  }"


for service in SERVICES:
    folder = data / FOLDERS.get(service, service)
    version = sorted(p.name for p in folder.iterdir())[-1]
    model = json.loads(gzip.open(folder / version / "service-2.json.gz").read())
    metadata = model["metadata"]
    wanted = ["apiVersion", "protocol", "jsonVersion", "targetPrefix", "xmlNamespace"]
    if metadata["protocol"] == "rest-json":
        wanted.remove("jsonVersion")
    head = {k: metadata[k] for k in wanted if k in metadata}
    head["signingName"] = metadata.get("signingName", metadata["endpointPrefix"])
    shapes = {n: shape(s) for n, s in model["shapes"].items()}
    operations = {n: operation(o, metadata["protocol"], shapes) for n, o in model["operations"].items()}
    for one in shapes.values():
        # The template names the members themselves.
        one.pop("labels", None)
    (here / f"{service}.json").write_text(
        "{\n"
        + f'  "metadata": {json.dumps(head)},\n'
        + f'  "operations": {lines(operations)},\n'
        + f'  "shapes": {lines(shapes)}\n'
        + "}\n"
    )
(here / "SOURCE").write_text(
    f"""{", ".join(f"{service}.json" for service in SERVICES)}: an extract of data/*/*/service-2.json.gz of
botocore {botocore.__version__} (https://github.com/boto/botocore), made by scripts/contract/extract.py.

Kept: names of operations, members, shapes and errors; types, bounds, patterns, enumeration values, error codes and
statuses, authentication types, protocol names, methods, paths and places of members in requests. Left out: all documentation text.

botocore is Copyright 2012-2026 Amazon.com, Inc. or its affiliates, licensed under the Apache License, Version 2.0.
"""
)
