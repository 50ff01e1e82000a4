# A program that runs for long: for each line that it reads, it says who it is.
import json
import sys

import boto3

session = boto3.Session()
client = session.client('sts', region_name='us-east-1')
for line in sys.stdin:
    arn = client.get_caller_identity()['Arn']
    print(json.dumps({'Arn': arn, 'Key': session.get_credentials().access_key}), flush=True)
