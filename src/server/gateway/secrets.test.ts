import { deepEqual, equal, ok } from 'node:assert/strict'
import { test } from 'node:test'
import { format, inspect } from 'node:util'
import { Secret } from '../../core/secret.ts'
import { createGateway } from './gateway.ts'
import { brokenBodies, garbledHeads } from './testing/hostile-backend.ts'
import {
  accessKeyId,
  failureOf,
  getItem,
  now,
  raw,
  region,
  secretAccessKey,
  settingsOf,
  textOf,
  tried,
  verifying,
} from './testing/kit.ts'

const planted = [secretAccessKey, 'planted-token', 'planted-private-key', 'AWS4-HMAC-SHA256']

function isFree(what: string, value: unknown) {
  const text = [inspect(value, { depth: 20, showHidden: true }), format('%o', value), String(value)].join('\n')
  for (const one of planted) ok(!text.includes(one), `${what} prints ${one}`)
}

test('no failure prints credentials, or its connection', async () => {
  for (const [what, script] of Object.entries({ ...garbledHeads, ...brokenBodies })) {
    const { backend } = tried((await raw(script)).url)
    const failure = await failureOf(backend.send(getItem()))
    isFree(what, failure)
    deepEqual(Object.keys(failure).sort(), ['name', 'sent', 'why'])
    equal(failure.cause, undefined)
    isFree(`state after ${what}`, backend.state())
  }
})

test('neither an answer nor a gateway prints credentials', async () => {
  const server = await verifying()
  const access = {
    credentials: { accessKeyId, secret: new Secret(secretAccessKey), token: new Secret('planted-token') },
    certificate: 'certificate',
    key: new Secret('planted-private-key'),
  }
  isFree('settings', settingsOf(server.url, { access }))
  const { backend } = tried(server.url)
  const answer = await backend.send(getItem())
  isFree('an answer', answer)
  isFree('a backend', backend)
  await textOf(answer)
  const gateway = createGateway([settingsOf(server.url, { region })], { clock: () => now })
  isFree('a gateway', gateway)
  isFree('what doctor sees', await gateway.probe())
  gateway.close()
})
