// Single steps in a hot loop (policy decisions, seals, opens, verifications), compared with one HMAC-SHA256 of 600 bytes
// in the same rounds. A hot loop is optimistic: inside the server each step costs about twice as much.
import { createHmac, hash, randomBytes } from 'node:crypto'
import { performance } from 'node:perf_hooks'
import type { Pass } from '../src/core/identity.ts'
import { allowanceFor } from '../src/core/policy/allowance.ts'
import { compile } from '../src/core/policy/compile.ts'
import { decide } from '../src/core/policy/decide.ts'
import type { AccessRequest } from '../src/core/policy/model.ts'
import { Secret } from '../src/core/secret.ts'
import { readAuthorization } from '../src/core/sigv4/credential.ts'
import { createSigningKeys } from '../src/core/sigv4/keys.ts'
import { isRejection } from '../src/core/sigv4/rejection.ts'
import { signRequest } from '../src/core/sigv4/sign.ts'
import { verify } from '../src/core/sigv4/verify.ts'
import { median, spread, table } from './print.ts'

interface Step {
  readonly name: string
  readonly run: () => unknown
}

export function measureSteps(rounds: number, say: (line: string) => void, steps: readonly Step[]): void {
  const all = [{ name: 'HMAC-SHA256 of 600 bytes', run: hmac() }, ...steps]
  const costs = new Map<string, number[]>(all.map(({ name }) => [name, []]))
  for (let round = 0; round <= rounds; round++) {
    for (const { name, run } of all) {
      const cost = time(run)
      if (round > 0) costs.get(name)?.push(cost)
    }
  }
  const base = median(costs.get('HMAC-SHA256 of 600 bytes') ?? [])
  const rows = all.map(({ name }) => {
    const cost = costs.get(name) ?? []
    const middle = median(cost)
    return [
      name,
      middle.toFixed(2),
      spread(cost, 2),
      (middle / base).toFixed(2),
      Math.round(1e6 / middle).toLocaleString('en'),
    ]
  })
  say(`\nSingle steps, ${rounds} rounds, hot loop`)
  say(table(['step', 'µs', 'min–max', '× HMAC', 'per second'], rows))
}

/** µs of one run, over a fifth of a second. */
function time(run: () => unknown): number {
  const started = performance.now()
  let done = 0
  do {
    for (let i = 0; i < 200; i++) run()
    done += 200
  } while (performance.now() - started < 200)
  return (1000 * (performance.now() - started)) / done
}

function hmac() {
  const key = randomBytes(32)
  const text = randomBytes(600)
  return () => createHmac('sha256', key).update(text).digest()
}

/** A typical decision with its reasons: 3 policies, 10 statements, 2 conditions. */
export function decision(): Step {
  const allow = (action: string | string[], resource: string, condition?: object) => ({
    Effect: 'Allow',
    Action: action,
    Resource: resource,
    ...(condition === undefined ? {} : { Condition: condition }),
  })
  const policy = (statements: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })
  const identity = [
    compile(
      policy([
        allow('dynamodb:Query', 'arn:aws:dynamodb:*:111122223333:table/Orders'),
        allow(['sqs:SendMessage', 'sqs:ReceiveMessage'], 'arn:aws:sqs:*:*:jobs'),
        allow('s3:ListBucket', 'arn:aws:s3:::bucket'),
        // biome-ignore lint/suspicious/noTemplateCurlyInString: a variable of the policy language
        allow('s3:GetObject', 'arn:aws:s3:::bucket/${aws:PrincipalTag/team}/*', {
          StringEquals: { 'aws:RequestedRegion': 'eu-west-1' },
        }),
      ]),
      { kind: 'identity', source: 'inline:work' },
    ),
    compile(
      policy([
        allow('iam:Get*', '*'),
        allow('iam:List*', '*'),
        allow('cloudwatch:*', '*'),
        { Effect: 'Deny', Action: 's3:*', Resource: '*', Condition: { Bool: { 'aws:SecureTransport': 'false' } } },
      ]),
      { kind: 'identity', source: 'arn:aws:iam::111122223333:policy/Common' },
    ),
  ]
  const boundary = compile(policy([allow('s3:*', '*'), allow('dynamodb:*', '*')]), {
    kind: 'boundary',
    source: 'arn:aws:iam::111122223333:policy/Edge',
  })
  const request: AccessRequest = {
    action: 's3:GetObject',
    resource: 'arn:aws:s3:::bucket/blue/report.csv',
    owner: '111122223333',
    requester: {
      kind: 'role-session',
      account: '111122223333',
      arn: 'arn:aws:sts::111122223333:assumed-role/Reader/alice',
      principalArn: 'arn:aws:iam::111122223333:role/Reader',
      principalId: 'AROAABCDEFGHIJKLMNOPQ',
    },
    keys: new Map<string, string>([
      ['aws:requestedregion', 'eu-west-1'],
      ['aws:principaltag/team', 'blue'],
      ['aws:securetransport', 'true'],
    ]),
  }
  const policies = { identity, boundary, scps: [], rcps: [] }
  const run = () => decide(request, policies, allowanceFor(1))
  if (!run().allow) throw new Error('the bench decision must be allowed')
  return { name: 'policy decision (3 policies, 10 statements)', run }
}

export function verification(): Step {
  const secret = new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')
  const now = new Date()
  const body = `Action=AssumeRole&Version=2011-06-15&Policy=${'x'.repeat(540)}`
  const payloadHash = hash('sha256', body, 'hex')
  const headers = new Map([
    ['host', 'sts.example.org'],
    ['content-type', 'application/x-www-form-urlencoded; charset=utf-8'],
    ['content-length', String(body.length)],
  ])
  const signer = { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secret, region: 'us-east-1', service: 'sts', now }
  const message = signRequest({ method: 'POST', target: '/', headers }, signer, payloadHash)
  const keys = { cache: createSigningKeys(100), identity: 'bench' }
  const run = () => {
    const presented = readAuthorization(message)
    if (presented === undefined || isRejection(presented)) throw new Error('the bench request must present a signature')
    const verdict = verify(message, presented, { secret, keys, payloadHash, now, services: ['sts'] })
    if (isRejection(verdict)) throw new Error(`the bench signature must verify: ${verdict.rejected}`)
    return verdict
  }
  return { name: 'SigV4 verification, key cached', run }
}

/** A pass such as AssumeRole makes with a session policy. */
export function somePass(): Pass {
  const now = Math.floor(Date.now() / 1000)
  return {
    id: randomBytes(16).toString('hex'),
    accessKeyId: 'ASIAQNZGKIQY56JQ7WML',
    secret: new Secret(randomBytes(30).toString('base64')),
    issuedAt: now,
    expiresAt: now + 3600,
    kind: 'role',
    account: '029608264753',
    principal: 'AROAABCDEFGHIJKLMNOPQ',
    name: 'bench-session',
    version: 17,
    tags: { team: 'blue' },
    transitive: [],
    keys: new Map(),
    policies: {
      inline:
        '{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::bucket/blue/*"}]}',
      managed: [],
    },
    ancestors: [
      { id: 'AKIAQNZGKIQY56JQ7WML', principal: 'AIDAABCDEFGHIJKLMNOPQ', version: 3, account: '029608264753' },
    ],
    by: 'AIDAABCDEFGHIJKLMNOPQ',
    vouched: true,
  }
}
