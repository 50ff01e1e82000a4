// A program that runs for long: for each line that it reads, it says who it is.
import { createInterface } from 'node:readline'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

const sts = new STSClient({})
for await (const _ of createInterface({ input: process.stdin })) {
  const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
  const { accessKeyId } = await sts.config.credentials()
  console.log(JSON.stringify({ Arn, Key: accessKeyId }))
}
