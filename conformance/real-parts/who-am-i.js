// A program that runs for long. For each line that it reads, it says who it is, or why it is nobody now; or, for `endpoint`, what the
// endpoint of its credentials answers.
import { createInterface } from 'node:readline'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'

const { AWS_CONTAINER_CREDENTIALS_FULL_URI: uri, AWS_CONTAINER_AUTHORIZATION_TOKEN: authorization } = process.env
const sts = new STSClient({})

async function whoAmI() {
  try {
    const { Arn } = await sts.send(new GetCallerIdentityCommand({}))
    const { accessKeyId } = await sts.config.credentials()
    return { Arn, Key: accessKeyId }
  } catch ({ name, message }) {
    return { Refused: name, Message: message }
  }
}

async function endpoint() {
  const answer = await fetch(uri, { headers: { authorization } })
  const { AccessKeyId, Message } = await answer.json()
  return { Status: answer.status, Key: AccessKeyId, Message }
}

for await (const line of createInterface({ input: process.stdin }))
  console.log(JSON.stringify(await (line === 'endpoint' ? endpoint() : whoAmI())))
