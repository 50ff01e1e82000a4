// An account's provider vouches for that account's roles alone: two accounts that registered one issuer, with other keys.
import { equal, match } from 'node:assert/strict'
import { before, beforeEach, describe, test } from 'node:test'
import { createInspector } from '../../federation/oauth/inspect.ts'
import { createKeySource } from '../../federation/oidc/key-source.ts'
import { newKey, type SigningKey, signToken, type TokenChanges } from '../../federation/testing/idp.ts'
import type { ProviderSettings, WebIdentity } from '../contracts/web-identity.ts'
import { oidcProviders } from '../records.ts'
import { ACCOUNT, type Kit, NOW, OTHER, openKit, refusalOf } from '../testing/operations-kit.ts'
import { createWebIdentity } from './web-identity.ts'

const issuer = 'https://idp.example'
const address = '198.51.100.7'
let mine: SigningKey
let theirs: SigningKey
let home: Kit
let fetched: string[]

before(async () => {
  ;[mine, theirs] = await Promise.all([newKey('ES256', 'one'), newKey('ES256', 'one')])
})
beforeEach(async () => {
  home = await openKit()
  fetched = []
})

const uploaded = (account: string, key: SigningKey): ProviderSettings => ({
  issuer,
  account,
  keys: JSON.stringify({ keys: [key.jwk] }),
})

function make(providers: readonly ProviderSettings[], isOwn = (_issuer: string) => false): WebIdentity {
  const fetch = async (url: URL) => {
    fetched.push(url.href)
    return { rejected: 'unreachable', detail: '' } as const
  }
  return createWebIdentity({
    ...{
      store: home.store,
      clock: () => NOW,
      fetch,
      providers,
      isOwn,
    },
    verifying: { keys: createKeySource({ fetch, clock: () => NOW }), skewSeconds: 60 },
    google: { issuer: 'https://accounts.google.com', trust: { reach: () => true } },
    inspector: createInspector(fetch, {}),
    reach: () => true,
    issuedHere: [],
    tokenTags: () => undefined,
  })
}

const register = (account: string, id = `provider of ${account}`) =>
  home.store.transact((tx) =>
    tx.create(oidcProviders, {
      ...{ account, id, issuer, url: issuer.slice(8), clientIds: ['client'], thumbprints: [], tags: [] },
      createdAt: '2026-01-01T00:00:00Z',
    }),
  )

/** Whose identity it is, or the refusal. */
async function prove(identity: WebIdentity, account: string, key: SigningKey, changes?: TokenChanges): Promise<string> {
  const text = await signToken(issuer, key, NOW, changes)
  const proof = identity.prove({ account, text, address }, NOW)
  const refusal = await refusalOf(proof)
  return refusal === 'no refusal' ? (await proof).provider : refusal
}

describe('one issuer in two accounts', () => {
  test('each verifies with its own keys, in either order, and never with the other’s', async () => {
    for (const account of [ACCOUNT, OTHER]) await register(account)
    const identity = make([uploaded(ACCOUNT, mine), uploaded(OTHER, theirs)])
    for (let round = 0; round < 2; round++) {
      equal(await prove(identity, ACCOUNT, mine), `arn:aws:iam::${ACCOUNT}:oidc-provider/idp.example`)
      match(await prove(identity, OTHER, mine), /^InvalidIdentityToken: Couldn't retrieve verification key/)
      equal(await prove(identity, OTHER, theirs), `arn:aws:iam::${OTHER}:oidc-provider/idp.example`)
      match(await prove(identity, ACCOUNT, theirs), /^InvalidIdentityToken: Couldn't retrieve verification key/)
    }
    equal(fetched.length, 0)
  })

  test('the operator’s settings of a provider hold for the account that they name', async () => {
    for (const account of [ACCOUNT, OTHER]) await register(account)
    const identity = make([uploaded(ACCOUNT, mine)])
    match(await prove(identity, OTHER, mine), /^IDPCommunicationError: /)
    equal(fetched.length, 1)
  })

  test('without a registered provider nothing is believed and nothing fetched, whatever the operator configured', async () => {
    const identity = make([uploaded(ACCOUNT, mine)])
    equal(
      await prove(identity, ACCOUNT, mine),
      'InvalidIdentityToken: No OpenIDConnect provider found in your account for https://idp.example',
    )
    equal(fetched.length, 0)
  })

  test('a provider that is deleted vouches for nobody until it is created again', async () => {
    await register(ACCOUNT)
    const identity = make([uploaded(ACCOUNT, mine)])
    match(await prove(identity, ACCOUNT, mine), /^arn:/)
    await home.store.transact((tx) => tx.delete(oidcProviders as never, [ACCOUNT, 'idp.example']))
    match(await prove(identity, ACCOUNT, mine), /No OpenIDConnect provider found/)
    await register(ACCOUNT, 'another')
    match(await prove(identity, ACCOUNT, mine), /^arn:/)
  })
})

describe('what no provider vouches for', () => {
  test('an issuer of this server, even with a record and keys', async () => {
    await register(ACCOUNT)
    const identity = make([uploaded(ACCOUNT, mine)], (url) => url === issuer)
    match(await prove(identity, ACCOUNT, mine), /could not be validated/)
    equal(identity.isReserved(issuer), true)
  })

  test('an issuer of this server as a login of an identity pool, even with a record and keys', async () => {
    await register(ACCOUNT)
    const text = await signToken(issuer, mine, NOW)
    const expected = { provider: `arn:aws:iam::${ACCOUNT}:oidc-provider/${issuer.slice(8)}` }
    const verified = async (isOwn: (url: string) => boolean) => {
      const identity = make([uploaded(ACCOUNT, mine)], isOwn)
      const proof = await identity.verify({ account: ACCOUNT, text, address, expected }, NOW)
      return proof && ('rejected' in proof ? proof.rejected : proof.audience)
    }
    equal(await verified((url) => url === issuer), 'not-offered')
    equal(await verified(() => false), 'client')
  })

  const tags = { 'https://aws.amazon.com/tags': { principal_tags: { Team: ['red', 'blue'] } } }
  const rows: [string, TokenChanges, RegExp][] = [
    ['session tags that are misshapen', { claims: tags }, /could not be validated/],
    [
      'a source identity that is misshapen',
      { claims: { 'https://aws.amazon.com/source_identity': ' ' } },
      /could not be/,
    ],
    ['an issuer that is not a text', { claims: { iss: [issuer] } }, /could not be validated/],
    [
      'an issuer longer than any provider’s',
      { claims: { iss: `https://${'x'.repeat(5_000)}` } },
      /for https:\/\/x{255}$/,
    ],
  ]
  for (const [name, changes, sentence] of rows) {
    test(name, async () => {
      await register(ACCOUNT)
      match(await prove(make([uploaded(ACCOUNT, mine)]), ACCOUNT, mine, changes), sentence)
    })
  }
})
