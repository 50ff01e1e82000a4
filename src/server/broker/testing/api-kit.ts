// What tests of the broker's API run on: its pages. The broker itself, and whom connectors know, are the test's.
import assert from 'node:assert/strict'
import { randomBytes } from 'node:crypto'
import { afterEach } from 'node:test'
import { base32 } from '../../../core/ids.ts'
import type { Secret } from '../../../core/secret.ts'
import { codeOf, stepAt } from '../../../core/totp.ts'
import type { PersonOutcome } from '../../../federation/person.ts'
import type { Allowed, AllowedEntitlement, AllowedRole } from '../../../service/contracts/people-table.ts'
import type { SignIn } from '../../../service/contracts/sign-ins.ts'
import { factorCollections, type PersonFactor, personFactors } from '../../../service/people/factors/factor-records.ts'
import { seedPlace } from '../../../service/people/factors/factors.ts'
import { oauthCollections } from '../../../service/people/oauth/oauth-records.ts'
import { createOauthTokens } from '../../../service/people/oauth/oauth-tokens.ts'
import { ann, corp, newPeopleWorld, type PeopleWorld } from '../../../service/people/testing/people-kit.ts'
import { accountAliases, onces } from '../../../service/records.ts'
import { unusedCodes } from '../../../service/session/code-attempts.ts'
import { start as NOW } from '../../../service/session/testing/world.ts'
import { createPages } from '../../pages/router.ts'
import { exchangeOf } from '../../pages/testing/transport.ts'
import { brokerApiPages } from '../api.ts'
import type { BrokerApiParts } from '../api-parts.ts'
import type { Given, NotGiven } from '../broker.ts'

export const publicUrl = 'https://example.com/sts'
export const account = '000123456789'
export const roleArn = (name: string) => `arn:aws:iam::${account}:role/${name}`
const terms = { account, sessionSeconds: 3600, tags: [], multiFactor: false, places: ['people.yaml:1:1'] }
export const role = (name: string, more: Partial<AllowedRole> = {}): AllowedRole => ({
  ...terms,
  arn: roleArn(name),
  ...more,
})
export const entitlement = (more: Partial<AllowedEntitlement> = {}): AllowedEntitlement => ({
  ...{ ...terms, policyArns: [], policy: '{}' },
  ...more,
})
export const everything: Allowed = {
  roles: [
    role('Reader'),
    role('Admin', { multiFactor: true }),
    role('teams/Far', { target: 'aws', account: '999900001111' }),
  ],
  entitlements: [entitlement()],
  problems: [],
}
export const refusals: PersonOutcome[] = (
  ['unknown', 'password', 'disabled', 'locked', 'password-expired', 'ambiguous', 'attempts', 'input', 'no-id'] as const
).map((rejected) => ({ rejected, detail: `a reason of ${rejected}` }))

interface World {
  readonly allowed?: Allowed
  readonly person?: PersonOutcome
  readonly given?: NotGiven
}

const worlds: PeopleWorld[] = []
afterEach(async () => {
  for (const { store } of worlds.splice(0)) await store.close()
})

export async function served({ allowed = everything, person = { person: ann }, given: notGiven }: World = {}) {
  const random = (bytes: number) => randomBytes(bytes)
  const world = await newPeopleWorld([...oauthCollections, ...factorCollections, onces, accountAliases])
  worlds.push(world)
  const { store, vault, told } = world
  const { signIns } = world.people
  world.table = {
    ...world.table,
    connectors: [corp, { ...corp, name: 'idp', kind: 'oidc' }, { ...corp, name: 'saml', kind: 'saml' }] as never,
    targets: [
      {
        ...{ name: 'aws', accounts: ['999900001111'], sts: 'https://sts.example.org', region: 'eu-west-1' },
        ...{ federation: '', console: '', audience: '', allow: [] },
      },
    ],
  }
  const tokens = createOauthTokens({ store, vault, signIns, random })
  const of = { connector: 'corp', personId: ann.id }
  const factor: PersonFactor = {
    ...{ account: 'system', ...of, id: 'app', kind: 'totp', createdAt: 0, ...unusedCodes },
    seed: vault.seal(...seedPlace(of), base32(seed)),
  }
  await store.transact((tx) => tx.create(personFactors, factor))
  const asked: unknown[] = []
  const refused: string[] = []
  const failed: unknown[] = []
  const waits: number[] = []
  const tables = { count: 0 }
  const answer = (what: object, arn: string): Given | NotGiven => {
    asked.push(what)
    return (
      notGiven ?? {
        credentials: {
          ...{ AccessKeyId: 'ASIAEXAMPLE', SecretAccessKey: 'SECRET', SessionToken: 'TOKEN' },
          Expiration: new Date(NOW.getTime() + 3_600_000),
        },
        ...{ arn, requestId: 'BROKER-REQUEST' },
      }
    )
  }
  const unused = () => assert.fail('not a part of this test')
  const parts: BrokerApiParts = {
    ...{ publicUrl, store, tokens, apiUrl: 'https://api.example.com' },
    people: {
      table: async () => {
        tables.count++
        return world.table
      },
      allowed: () => allowed,
      connectors: {
        logIn: async (_connector: string, _login: string, password: Secret) =>
          password.reveal() === 'right' ? person : { rejected: 'password', detail: 'a reason of password' },
        ...{ findAgain: unused, look: unused, check: unused },
      },
      signIns,
    },
    broker: {
      assumeRole: async (_exchange, signIn, { arn }, seconds) =>
        answer({ signIn: signIn.id, arn, seconds }, `arn:aws:sts::${account}:assumed-role/Reader/ann`),
      federationToken: async (_exchange, signIn, { account: of }, seconds) =>
        answer({ signIn: signIn.id, of, seconds }, `arn:aws:sts::${of}:federated-user/ann-abc`),
      consoleLink: async ({ name: target }, _given, _seconds, destination) =>
        `https://${target}.example/?to=${destination}`,
    },
    codeFlows: {
      of: () =>
        ({
          prove: async (token: string) =>
            token === 'good.token'
              ? { person: { ...ann, connector: 'idp' }, use: { key: token, until: NOW.getTime() + 1000 } }
              : { rejected: 'proof', detail: 'a reason of proof' },
        }) as never,
    },
    samlPeople: {
      brought: async (_connector, response) =>
        response === 'GOOD'
          ? ({ person: { ...ann, connector: 'saml', multiFactor: true }, oneUse: undefined } as never)
          : { rejected: 'proof', detail: 'a reason of proof' },
    },
    signInTokens: { issue: async () => ({ token: 'SIGNIN-TOKEN' }) },
    factors: { store, vault, audit: { expiryOf: (now) => now }, random, signIns },
    clock: () => NOW,
    wait: async (ms) => void waits.push(ms),
    refused: (_exchange, reason) => void refused.push(reason),
  }
  const handler = createPages({
    ...{ publicUrl, pages: brokerApiPages(parts), clock: () => NOW },
    limits: { take: () => true, charge: () => {} },
    fail: (error) => void failed.push(error),
  })

  async function send(path: string, body: object | string, headers: Readonly<Record<string, string>> = {}) {
    const reply = await handler(
      exchangeOf({
        ...{ method: 'POST', url: new URL(`${publicUrl}/broker/${path}`) },
        headers: { 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    )
    return { status: reply.status, answer: JSON.parse(String(reply.body)), headers: reply.headers }
  }
  /** The access token of a command line's sign-in. */
  async function bearer(more: { readonly multiFactorAt?: Date } = {}) {
    const origin = exchangeOf({ method: 'GET', url: new URL(publicUrl), headers: {} })
    // A minute ago: the connector is asked again.
    const begun = new Date(NOW.getTime() - 60_000)
    const signIn = await signIns.begin({ person: ann, client: 'command-line', origin, ...more }, begun)
    return { signIn, authorization: `Bearer ${tokens.first(signIn, NOW).accessToken}` }
  }
  /** The sign-ins that live. */
  const live = async (): Promise<readonly SignIn[]> =>
    (await Promise.all((await signIns.list(NOW)).map(({ id }) => signIns.byId(id, NOW)))).flatMap((one) => one ?? [])
  return { tables, send, bearer, asked, refused, failed, waits, told, store, signIns, live, handler }
}

export const seed = Buffer.alloc(20, 7)
export const codeAt = (steps: number) => codeOf(seed, stepAt(NOW) + steps)
export const rightCode = codeAt(0)
export const wrongCode = codeAt(-5)
export const login = { connector: 'corp', login: 'ann', password: 'right' }
export const seen = ({ status, answer }: { status: number; answer: { code?: string } }) => [status, answer.code]
