// The executable killed in the middle of its work: what it answered is there when it is started again, what it did not is
// there whole or not at all, and everything that is there has its record. (Loss of power under the store itself is in
// src/store/sqlite-crash.test.ts.)
import assert from 'node:assert/strict'
import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { execPath } from 'node:process'
import { test } from 'node:test'
import { fileURLToPath } from 'node:url'
import { folder } from './folder.ts'
import { allow, trusts } from './people.ts'
import { type Answer, send, signed } from './raw.ts'
import type { Keys } from './server.ts'

const program = fileURLToPath(new URL('../../bin/hallpass.js', import.meta.url))
const data = folder()

interface Served {
  readonly child: ChildProcess
  readonly port: number
}

/** Starts the executable; resolves when it says where it serves. */
function serve(): Promise<Served> {
  const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('HALLPASS_')))
  const child = spawn(execPath, [program, 'serve', '--data', data, '--listen', '127.0.0.1:0'], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: environment,
  })
  return new Promise((resolve, reject) => {
    let said = ''
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text
      const port = /at http:\/\/127\.0\.0\.1:(\d+)/.exec(said)?.[1]
      if (port !== undefined) resolve({ child, port: Number(port) })
    })
    child.once('close', (code) => reject(new Error(`hallpass ended with ${code}: ${said}`)))
  })
}

const gone = ({ child }: Served, signal: NodeJS.Signals) =>
  new Promise<void>((resolve) => {
    child.once('close', () => resolve())
    child.kill(signal)
  })

test('kill -9 in the middle of writes: nothing that was answered is lost, nothing is half there', async () => {
  const first = await serve()
  const root = JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8'))
  const keys: Keys = { accessKeyId: root.AccessKeyId, secretAccessKey: root.SecretAccessKey }
  const ask = ({ port }: Served, service: 'iam' | 'sts', parameters: Readonly<Record<string, string>>, who = keys) =>
    send(port, signed(port, { keys: who, now: new Date(), service, parameters }))
  const field = ({ text }: Answer, name: string) => new RegExp(`<${name}>([^<]*)</${name}>`).exec(text)?.[1] ?? ''

  await ask(first, 'iam', { Action: 'CreateUser', UserName: 'ann' })
  await ask(first, 'iam', {
    Action: 'PutUserPolicy',
    UserName: 'ann',
    PolicyName: 'own',
    PolicyDocument: allow('sts:*'),
  })
  const made = await ask(first, 'iam', { Action: 'CreateAccessKey', UserName: 'ann' })
  const ann: Keys = { accessKeyId: field(made, 'AccessKeyId'), secretAccessKey: field(made, 'SecretAccessKey') }
  const trust = trusts(`arn:aws:iam::${root.AccountId}:user/ann`)
  await ask(first, 'iam', { Action: 'CreateRole', RoleName: 'Target', AssumeRolePolicyDocument: trust })

  const users: string[] = []
  const sessions: Keys[] = []
  let next = 0
  let ended = false
  const worker = async () => {
    while (!ended) {
      const UserName = `user${next++}`
      const tags = { 'Tags.member.1.Key': 'made', 'Tags.member.1.Value': UserName }
      const created = await ask(first, 'iam', { Action: 'CreateUser', UserName, ...tags })
      if (created.status === 200) users.push(UserName)
      const RoleArn = `arn:aws:iam::${root.AccountId}:role/Target`
      const assumed = await ask(first, 'sts', { Action: 'AssumeRole', RoleArn, RoleSessionName: 'session' }, ann)
      if (assumed.status === 200) {
        const [accessKeyId, secretAccessKey] = [field(assumed, 'AccessKeyId'), field(assumed, 'SecretAccessKey')]
        sessions.push({ accessKeyId, secretAccessKey, sessionToken: field(assumed, 'SessionToken') })
      }
      if (users.length >= 60 && !ended) {
        ended = true
        await gone(first, 'SIGKILL')
      }
    }
  }
  // Those that were in flight as it was killed have no answer.
  await Promise.allSettled(Array.from({ length: 16 }, worker))
  assert.ok(users.length >= 60 && sessions.length > 0)

  const second = await serve()
  try {
    const listed: string[] = []
    let Marker = ''
    do {
      const page = await ask(second, 'iam', { Action: 'ListUsers', ...(Marker === '' ? {} : { Marker }) })
      assert.equal(page.status, 200, page.text)
      for (const [, name = ''] of page.text.matchAll(/<UserName>([^<]*)</g)) listed.push(name)
      Marker = field(page, 'Marker')
    } while (Marker !== '')
    for (const name of users) assert.ok(listed.includes(name), `${name} was answered and is lost`)
    for (const UserName of listed.filter((name) => name !== 'ann')) {
      const { text } = await ask(second, 'iam', { Action: 'ListUserTags', UserName })
      assert.ok(text.includes(`<Value>${UserName}</Value>`), `${UserName} is half there`)
    }
    const summary = await ask(second, 'iam', { Action: 'GetAccountSummary' })
    assert.equal(/<key>Users<\/key>\s*<value>(\d+)</.exec(summary.text)?.[1], String(listed.length))
    for (const session of sessions) {
      assert.equal((await ask(second, 'sts', { Action: 'GetCallerIdentity' }, session)).status, 200)
    }
  } finally {
    await gone(second, 'SIGTERM')
  }
})
