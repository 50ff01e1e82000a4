// hallpass clusters, with a running server and without one.
import { deepEqual, equal, match } from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { exportJWK } from 'jose'
import { accountOfKeyId } from '../core/ids.ts'
import { certificate, newKey } from '../federation/testing/idp.ts'
import { json } from './testing/clients.ts'
import { invoke, newPath, serving } from './testing/world.ts'

const data = newPath()
const served = await serving('serve', data)
const root = JSON.parse(readFileSync(join(data, 'root-credentials.json'), 'utf8')) as { AccessKeyId: string }
const account = accountOfKeyId(root.AccessKeyId) ?? ''

const jwks = newPath()
const key = await newKey()
writeFileSync(jwks, JSON.stringify({ keys: [key.jwk] }))
const secret = newPath()
writeFileSync(secret, JSON.stringify({ keys: [{ ...key.jwk, ...(await exportJWK(key.privateKey)) }] }))
const ca = newPath()
writeFileSync(ca, certificate('ca'))
const leaf = newPath()
writeFileSync(leaf, certificate('server'))

const place = ['--account', account, '--region', 'eu-central-1']
const issuer = 'https://kubernetes.default.svc.cluster.local'
const add = (name: string, ...words: string[]) =>
  invoke(['clusters', 'add', name, ...place, '--issuer', issuer, ...words, '--data', data])

test('a cluster is registered, listed and removed', async () => {
  const { code, out, err } = await add('main', '--jwks', jwks, '--tag', 'stage=live=1')
  deepEqual([code, out], [0, `main (${account}) is registered`])
  match(err, /^next: aws eks create-pod-identity-association --cluster-name main --region eu-central-1 /)
  const { clusters } = await json<{ clusters: object[] }>('clusters', 'list', '--data', data)
  const row = {
    ...{ name: 'main', account, region: 'eu-central-1', issuer, audience: 'pods.eks.amazonaws.com', keys: 'given' },
    ...{ tagsWebIdentity: false, associations: 0, tags: [{ Key: 'stage', Value: 'live=1' }] },
  }
  deepEqual(clusters, [row])
  await served.stop()
  // Without a server the command works on the store itself.
  const { out: table } = await invoke(['clusters', 'list', '--data', data])
  deepEqual(
    table.split('\n').map((line) => line.split(/ +/)),
    [
      ['NAME', 'ACCOUNT', 'REGION', 'ISSUER', 'AUDIENCE', 'KEYS', 'ASSOCIATIONS'],
      ['main', account, 'eu-central-1', issuer, 'pods.eks.amazonaws.com', 'given', '0'],
    ],
  )
  const gone = await invoke(['clusters', 'remove', 'main', ...place, '--data', data])
  deepEqual([gone.code, gone.out], [0, `main (${account}) is removed`])
  deepEqual((await json<{ clusters: object[] }>('clusters', 'list', '--data', data)).clusters, [])
})

test('every way to register it', async () => {
  const fetched = await add('fetched', '--ca', ca, '--audience', 'corp', '--session-tags', '--json')
  const { keys, audience, tagsWebIdentity } = JSON.parse(fetched.out)
  deepEqual([keys, audience, tagsWebIdentity], ['fetched', 'corp', true])
})

for (const [what, words, said] of [
  [
    'an account that is not there',
    ['x', '--account', '000000000000', '--region', 'eu-central-1', '--issuer', issuer],
    'there is no open account 000000000000',
  ],
  [
    'a region that is none',
    ['x', '--account', account, '--region', 'europe', '--issuer', issuer],
    'europe is no region, such as eu-central-1',
  ],
  [
    'a name that is none',
    ['a/b', ...place, '--issuer', issuer],
    'a/b is no name of a cluster: letters, digits, "-" and "_", 100 at most',
  ],
  [
    'an issuer without TLS',
    ['x', ...place, '--issuer', 'http://issuer.example'],
    'http://issuer.example is no issuer: the https URL that tokens of the cluster have as iss',
  ],
  [
    'an issuer that is taken',
    ['x', ...place, '--issuer', issuer],
    `${issuer} signs for the cluster fetched of that account: give each its own issuer`,
  ],
  [
    'keys that are none',
    ['x', ...place, '--issuer', 'https://x.example', '--jwks', ca],
    'the keys: not a JWKS document; see `kubectl get --raw /openid/v1/jwks`',
  ],
  [
    'keys that sign',
    ['x', ...place, '--issuer', 'https://x.example', '--jwks', secret],
    'the keys are private or secret: give the public ones',
  ],
  [
    'a certificate that is no authority',
    ['x', ...place, '--issuer', 'https://x.example', '--ca', leaf],
    'the authority is no PEM of a certificate authority',
  ],
  [
    'tags that differ in case alone',
    ['tagged', ...place, '--issuer', 'https://z.example', '--tag', 'team=a', '--tag', 'Team=b'],
    'tags have keys of their own, whatever their case, and none of AWS’s: Team',
  ],
  [
    'tags that policies read as one',
    ['tagged', ...place, '--issuer', 'https://z.example', '--tag', 'straße=a', '--tag', 'straẞe=b'],
    'tags have keys of their own, whatever their case, and none of AWS’s: straẞe',
  ],
  [
    'a tag of AWS’s',
    ['tagged', ...place, '--issuer', 'https://z.example', '--tag', 'AWS:team=a'],
    'tags have keys of their own, whatever their case, and none of AWS’s: AWS:team',
  ],
  [
    'a name that is taken',
    ['fetched', ...place, '--issuer', 'https://y.example'],
    `there is a cluster fetched in account ${account} and region eu-central-1`,
  ],
] as const) {
  test(`${what}: refused, and nothing is kept`, async () => {
    const { code, err } = await invoke(['clusters', 'add', ...words, '--data', data])
    deepEqual([code, err.replace(/^hallpass: /, '')], [1, said])
    equal((await json<{ clusters: object[] }>('clusters', 'list', '--data', data)).clusters.length, 1)
  })
}

test('what is missing or malformed is said', async () => {
  match((await invoke(['clusters', 'add', 'x', '--data', data])).err, /--account is missing/)
  match((await add('x', '--jwks', newPath())).err, /--jwks: .*there is no such file/)
  match((await add('x', '--tag', 'a')).err, /--tag: a is not KEY=VALUE/)
  match(
    (await invoke(['clusters', 'remove', 'x', ...place, '--data', data])).err,
    /there is no cluster x there: see hallpass clusters list/,
  )
})
