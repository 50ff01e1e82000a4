// The options of `hallpass credential-process` that choose a way, and what each way needs. What each brings is tried in conformance/clients.
import { deepEqual, equal, match } from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, test } from 'node:test'
import { call, credentials, home } from './testing/credential-process-kit.ts'
import { newPath } from './testing/world.ts'

const vector = (name: string) => new URL(`../../conformance/vectors/roles-anywhere/${name}`, import.meta.url).pathname
const role = ['--role-arn', 'arn:aws:iam::111122223333:role/r']
const arn = 'arn:aws:rolesanywhere:eu-central-1:111122223333'
const anchored = ['--trust-anchor-arn', `${arn}:trust-anchor/a`, '--profile-arn', `${arn}:profile/p`]
const certificate = ['--certificate', vector('ec.cert.pem'), '--private-key', vector('ec.key.pem')]

for (const [words, says] of [
  [
    ['--certificate', 'c', '--sign-in', 'https://h'],
    /--(certificate does not go with --sign-in|sign-in does not go with --certificate)/,
  ],
  [['--machine', '--role-arn', 'x'], /--role-arn does not go with --machine/],
  [['--machine', '--source-profile', 'x'], /--source-profile does not go with --machine/],
  [['--machine', '--duration-seconds', 'x'], /--duration-seconds: must be a whole number/],
  [['--task', 'web', ...role], /--task goes with --machine/],
  [['--private-key', 'k', ...role], /--private-key goes with --certificate/],
  [['--account', '111122223333', ...role], /--account goes with --sign-in/],
  [['--certificate', 'c', ...role, '--external-id', 'x'], /--external-id does not go with --certificate/],
  [['--certificate', 'c', ...anchored, ...role], /--certificate goes with --private-key/],
  [[...certificate, ...anchored], /--certificate goes with --role-arn/],
  [[...certificate, ...role], /--certificate goes with --trust-anchor-arn/],
  [['--web-identity-token-file', 't'], /--web-identity-token-file goes with --role-arn/],
  [['--web-identity-token-file', 't', ...role, '--tag', 'a=b'], /--tag does not go with --web-identity-token-file/],
] as const) {
  test(`${words.filter((word) => word.startsWith('--')).join(' ')} is refused with what goes together`, async () => {
    const { code, out, err } = await call(home(), words)
    deepEqual([code, out], [2, ''])
    match(err, says)
  })
}

for (const way of ['certificate', 'web-identity-token-file'] as const) {
  test(`--${way} is asked nowhere where nothing says where Hallpass is`, async () => {
    const words = way === 'certificate' ? [...certificate, ...anchored, ...role] : [`--${way}`, 't', ...role]
    const { code, err } = await call(home({ AWS_ENDPOINT_URL: '' }), words)
    equal(code, 2)
    match(err, /^hallpass: where is Hallpass\?/)
  })
}

for (const [what, words, says] of [
  [
    'a token’s file that is not there',
    ['--web-identity-token-file', '/nowhere/t', ...role],
    /^hallpass: \/nowhere\/t: there is no such file$/,
  ],
  [
    'a certificate’s file that is not there',
    ['--certificate', '/nowhere/c', '--private-key', 'k', ...anchored, ...role],
    /^hallpass: the certificate: \/nowhere\/c: there is no such file$/,
  ],
  [
    'another’s key',
    ['--certificate', vector('rsa.cert.pem'), '--private-key', vector('ec.key.pem'), ...anchored, ...role],
    /^hallpass: the private key is not that of the certificate$/,
  ],
  ['a machine that has not joined', ['--machine'], /machine\.json: there is no such file$/],
] as const) {
  test(`${what} is said`, async () => {
    const { code, out, err } = await call(home(), words)
    deepEqual([code, out], [1, ''])
    match(err, says)
  })
}

test('a certificate’s credentials are cached by all that decides them, and asked for at AWS_ENDPOINT_URL_ROLESANYWHERE', async () => {
  const requests: string[] = []
  const server = createServer(({ url = '' }, response) => {
    requests.push(url)
    const expiration = '2026-03-01T13:00:00Z'
    const keys = { accessKeyId: `ASIA${requests.length}`, secretAccessKey: 's', sessionToken: 't', expiration }
    response.writeHead(201).end(JSON.stringify({ credentialSet: [{ credentials: keys }] }))
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  after(() => server.close())
  const there = home({
    AWS_ENDPOINT_URL: 'http://127.0.0.1:9',
    AWS_ENDPOINT_URL_ROLESANYWHERE: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
  })
  const at = (time: string) => () => new Date(`2026-03-01T${time}Z`)
  const words = [...certificate, ...anchored, ...role]
  const first = await credentials(there, words, at('12:00:00'))
  deepEqual(first, {
    ...{ Version: 1, AccessKeyId: 'ASIA1', SecretAccessKey: 's', SessionToken: 't' },
    ...{ Expiration: '2026-03-01T13:00:00Z', AccountId: '111122223333' },
  })
  deepEqual(await credentials(there, words, at('12:29:00')), first)
  equal((await credentials(there, [...words, '--role-session-name', 'x'], at('12:29:00'))).AccessKeyId, 'ASIA2')
  equal((await credentials(there, words, at('12:30:00'))).AccessKeyId, 'ASIA3')
  match(requests[0] ?? '', /^\/sessions\?profileArn=/)
})

test('a foreign enrolment is said', async () => {
  const file = newPath()
  writeFileSync(file, '{}')
  const { code, err } = await call(home({ HALLPASS_MACHINE_FILE: file }), ['--machine'])
  equal(code, 1)
  match(err, /is not the enrolment of a machine: join again with hallpass machines join --replace$/)
})
