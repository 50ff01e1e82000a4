// What tests of `hallpass credential-process` run on: a development server, homes of users with files of AWS's tools, and a call.
import { equal } from 'node:assert/strict'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after } from 'node:test'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { awsFiles, readSections } from '../../client/aws-files.ts'
import { invoke, newPath, serving } from './world.ts'

export const { data, url } = await serving('dev', newPath())
export const role = 'arn:aws:iam::444455556666:role/deployer'
export const assume = ['--role-arn', role, '--external-id', 'example-release']

/** The environment of a user with a new home folder and alice's keys. */
export function home(more: Record<string, string> = {}) {
  const { aws_access_key_id: id = '', aws_secret_access_key: secret = '' } =
    readSections(awsFiles(data).credentials).get('alice') ?? {}
  return {
    HOME: newPath(),
    AWS_ENDPOINT_URL: url,
    AWS_ACCESS_KEY_ID: id,
    AWS_SECRET_ACCESS_KEY: secret,
    ...more,
  }
}
export type Home = ReturnType<typeof home>

export interface Printed {
  readonly Version: number
  readonly AccessKeyId: string
  readonly SecretAccessKey: string
  readonly SessionToken: string
  readonly Expiration: string
}
export const call = (environment: Record<string, string>, words: readonly string[], clock?: () => Date) =>
  invoke(['credential-process', ...words], { environment, ...(clock && { clock }) })
export async function credentials(environment: Record<string, string>, words: readonly string[], clock?: () => Date) {
  const { code, out, err } = await call(environment, words, clock)
  equal(code, 0, err)
  return JSON.parse(out) as Printed
}
export const whoIs = async ({ AccessKeyId, SecretAccessKey, SessionToken }: Printed) => {
  const keys = { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
  const client = new STSClient({ endpoint: url, region: 'us-east-1', credentials: keys })
  after(() => client.destroy())
  return (await client.send(new GetCallerIdentityCommand({}))).Arn
}
export const folder = ({ HOME }: Home) => join(HOME, '.cache', 'hallpass', 'credentials')
export const files = (userHome: Home) => readdirSync(folder(userHome)).filter((name) => name.endsWith('.json'))

/** A home folder with these files in ~/.aws, and an environment with these variables only. */
export function homeWith(config: string, credentialsFile = '', more: Record<string, string> = {}) {
  const HOME = newPath()
  mkdirSync(join(HOME, '.aws'), { recursive: true })
  writeFileSync(join(HOME, '.aws', 'config'), config)
  if (credentialsFile !== '') writeFileSync(join(HOME, '.aws', 'credentials'), credentialsFile)
  return { HOME, ...more }
}
export const keysIn = (name: string) => {
  const { aws_access_key_id: id, aws_secret_access_key: secret } =
    readSections(awsFiles(data).credentials).get(name) ?? {}
  return `aws_access_key_id = ${id}\naws_secret_access_key = ${secret}\n`
}
export const elsewhere = 'http://127.0.0.1:9'
