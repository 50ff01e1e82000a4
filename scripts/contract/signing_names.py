"""Writes extract/signing-names.txt from the botocore that is installed: what AWS's services are called in signatures and in endpoints.

Run by hand, seldom (`python3 scripts/contract/signing_names.py`, then `npm run contract`); what it writes is checked in.
"""
import gzip
import json
import pathlib
import re

import botocore

here = pathlib.Path(__file__).parent / "extract"
data = pathlib.Path(botocore.__file__).parent / "data"
names = set()
for model in data.glob("*/*/service-2.json.gz"):
    meta = json.loads(gzip.decompress(model.read_bytes()))["metadata"]
    names |= {meta.get("signingName"), meta["endpointPrefix"], model.parent.parent.name}
for rules in data.glob("*/*/endpoint-rule-set-1.json.gz"):
    names |= set(re.findall(r'"signingName": ?"([a-z0-9-]+)"', gzip.decompress(rules.read_bytes()).decode()))
# A label alone: an endpoint's name may have several.
labels = {name.split(".")[-1].lower() for name in names if name} | {name.split(".")[0].lower() for name in names if name}
(here / "signing-names.txt").write_text("\n".join(sorted(labels)) + "\n")
