// AWS's own clients for a served demonstration, and the JSON output of commands.
import { equal } from 'node:assert/strict'
import { after } from 'node:test'
import { IAMClient } from '@aws-sdk/client-iam'
import { AssumeRoleCommand, type Credentials, GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { awsFiles, readSections } from '../../client/aws-files.ts'
import { invoke, type Served } from './world.ts'

export interface Keys {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

const clients: { destroy(): void }[] = []
export const sts = (url: string, credentials: Keys) => {
  const client = new STSClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 })
  clients.push(client)
  return client
}
export const iam = (url: string, credentials: Keys) => {
  const client = new IAMClient({ endpoint: url, region: 'us-east-1', credentials, maxAttempts: 1 })
  clients.push(client)
  return client
}
export const whoIs = async (url: string, keys: Keys) =>
  (await sts(url, keys).send(new GetCallerIdentityCommand({}))).Arn

export function profile({ data }: { data: string }, name: string): Keys {
  const section = readSections(awsFiles(data).credentials).get(name) ?? {}
  return { accessKeyId: section.aws_access_key_id ?? '', secretAccessKey: section.aws_secret_access_key ?? '' }
}

export const keysOf = ({
  AccessKeyId = '',
  SecretAccessKey = '',
  SessionToken = '',
}: Partial<Credentials> = {}): Keys => ({
  accessKeyId: AccessKeyId,
  secretAccessKey: SecretAccessKey,
  sessionToken: SessionToken,
})

export async function session(
  { data, url }: Served,
  user = 'alice',
  more: object = {},
  role = 'team-data',
): Promise<Keys> {
  const Tags = [{ Key: 'team', Value: user === 'alice' ? 'orders' : 'payments' }]
  const RoleArn = `arn:aws:iam::111122223333:role/${role}`
  const command = new AssumeRoleCommand({ RoleArn, RoleSessionName: user, Tags, ...more })
  return keysOf((await sts(url, profile({ data }, user)).send(command)).Credentials)
}

/** Runs a command with `--json` and parses its output. */
export const json = async <T>(...words: string[]) => {
  const { code, out, err } = await invoke([...words, '--json'])
  equal(code, 0, err)
  return JSON.parse(out) as T
}

after(() => {
  for (const client of clients) client.destroy()
})
