// What a response proves to the provider records that it names, as the sign-in endpoint asks.
import { deepEqual, equal } from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { beforeEach, describe, test } from 'node:test'
import {
  type ResponseChoice,
  roleAttribute,
  samlProvider,
  sessionNameAttribute,
} from '../../federation/saml/testing/idp.ts'
import type { CompiledSamlProvider, KnownSamlProvider, SamlProviderSettings, SignInProof } from '../contracts/saml.ts'
import { createSaml } from './verify.ts'

const now = new Date('2026-09-01T12:00:05.500Z')
const publicUrl = 'https://hallpass.example'
const [idp, stranger] = [samlProvider(), samlProvider('https://stranger.example/saml')]
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const [home, away] = ['111122223333', '444455556666']
const arnOf = (account: string, name: string) => `arn:aws:iam::${account}:saml-provider/${name}`
const roleOf = (account: string, name: string) => `arn:aws:iam::${account}:role/${name}`

/** Records of providers, by ARN; and what was looked up. */
let records: Map<string, KnownSamlProvider>
let lookedUp: string[]

function register(account: string, name: string, more: Partial<CompiledSamlProvider> = {}, of = idp) {
  const compiled = { provider: of.compiled, decryptionKeys: [], encryption: 'none', ...more } as const
  const arn = arnOf(account, name)
  records.set(arn, { account, name, arn, uuid: `UUID-${account}-${name}`, version: 1, compiled })
}

beforeEach(() => {
  records = new Map()
  lookedUp = []
})

const saml = (settings: readonly SamlProviderSettings[] = []) =>
  createSaml({
    ...{ settings, publicUrl, skewSeconds: 60 },
    providers: {
      byName(account, name) {
        lookedUp.push(arnOf(account, name))
        return records.get(arnOf(account, name))
      },
      byUuid: (uuid) => [...records.values()].find((one) => one.uuid === uuid),
    },
    subjects: {
      roleByName: (account, name) =>
        name === 'Missing'
          ? undefined
          : ({ arn: roleOf(account, name), account: { status: account === away ? 'SUSPENDED' : 'ACTIVE' } } as never),
    },
  })

const pair = (account: string, role: string, provider: string) => `${roleOf(account, role)},${arnOf(account, provider)}`
const respond = (roles: readonly string[], choice: ResponseChoice = {}) =>
  idp.respond({
    ...{ now, recipient: `${publicUrl}/saml` },
    attributes: [
      [roleAttribute, roles],
      [sessionNameAttribute, ['jane']],
    ],
    ...choice,
  })
const asShown = (proof: SignInProof) =>
  'rejected' in proof
    ? [proof.provider.arn, proof.rejected]
    : [proof.provider.arn, ...proof.choices.map(({ arn, exists }) => `${arn}${exists ? '' : ' missing'}`)]

async function signIn(text: string, uuid?: string, settings: readonly SamlProviderSettings[] = []) {
  const found = await saml(settings).signIn(text, uuid === undefined ? {} : { uuid }, now)
  return 'rejected' in found ? found.rejected : found.map(asShown)
}

describe('a posted response', () => {
  test('is verified for each provider that it names, in that order, with the roles of each', async () => {
    register(home, 'Company')
    register(away, 'Company')
    const text = respond([
      pair(away, 'Writer', 'Company'),
      pair(home, 'Reader', 'Company'),
      pair(home, 'Missing', 'Company'),
      // A role of one account with a provider of the other counts for neither.
      `${roleOf(home, 'Root')},${arnOf(away, 'Company')}`,
    ])
    deepEqual(await signIn(text), [
      [arnOf(away, 'Company'), `${roleOf(away, 'Writer')} missing`],
      [arnOf(home, 'Company'), roleOf(home, 'Reader'), `${roleOf(home, 'Missing')} missing`],
    ])
  })

  test('is a person of each provider, with what the session would be', async () => {
    register(home, 'Company')
    const text = respond([pair(home, 'Reader', 'Company')], {
      inResponseTo: '_asked',
      sessionNotOnOrAfter: new Date(now.getTime() + 100_000),
    })
    const [proof] = (await saml().signIn(text, {}, now)) as readonly SignInProof[]
    if (proof === undefined || 'rejected' in proof) throw new Error(JSON.stringify(proof))
    const { identity, sessionName, longest, assertion, oneUse } = proof
    deepEqual(
      [identity.provider, identity.subject, sessionName, longest, assertion.inResponseTo, oneUse],
      [arnOf(home, 'Company'), 'jane@example.com', 'jane', 100, '_asked', undefined],
    )
  })

  test('proves nothing to a provider of other keys, whoever else it is good for', async () => {
    register(home, 'Company')
    register(home, 'Other', {}, stranger)
    deepEqual(await signIn(respond([pair(home, 'Reader', 'Other'), pair(home, 'Reader', 'Company')])), [
      [arnOf(home, 'Other'), 'issuer'],
      [arnOf(home, 'Company'), roleOf(home, 'Reader')],
    ])
  })

  test('is verified once for all records of one metadata, and apart where the operator says so', async () => {
    const accounts = Array.from({ length: 40 }, (_, n) => String(100_000_000_000 + n))
    for (const account of accounts) register(account, 'Company')
    const text = respond(accounts.map((account) => pair(account, 'Reader', 'Company')))
    /** How many assertions were read of it: what is verified once is one object. */
    const verifications = async (settings: readonly SamlProviderSettings[]) => {
      const proofs = await saml(settings).signIn(text, {}, now)
      if ('rejected' in proofs) throw new Error(proofs.rejected)
      equal(proofs.length, 40)
      return new Set(proofs.map((proof) => ('rejected' in proof ? proof.rejected : proof.assertion))).size
    }
    equal(await verifications([]), 1)
    const old = { provider: arnOf(accounts[0] ?? '', 'Company'), sha1: true, responseSignature: false, oneUse: false }
    equal(await verifications([old]), 2)
  })

  test('is looked at for no more providers than 250, and none of them is looked up beyond', async () => {
    // In one value: whom a response names is looked for in its text.
    const many = (length: number) => respond([Array.from({ length }, (_, n) => arnOf(home, `p${n}`)).join(' ')])
    equal(await signIn(many(251)), 'many-providers')
    equal(lookedUp.length, 0)
    equal(await signIn(many(250)), 'no-provider')
    equal(lookedUp.length, 250)
  })

  test('is verified against no more than eight metadata documents', async () => {
    const names = Array.from({ length: 9 }, (_, n) => `p${n}`)
    for (const [n, name] of names.entries()) {
      register(home, name, { provider: { ...idp.compiled, entityId: `https://idp${n}.example` } })
    }
    const text = respond(names.map((name) => pair(home, 'Reader', name)))
    equal(await signIn(text), 'many-providers')
  })

  test('that names no provider, or is no response, is nobody’s', async () => {
    equal(await signIn(respond([pair(home, 'Reader', 'Company')])), 'no-provider')
    equal(await signIn(respond([])), 'no-provider')
    equal(await signIn('no base64!'), 'not-base64')
    equal(await signIn('A'.repeat(100_001)), 'too-large')
    equal(await signIn(Buffer.from(arnOf(home, 'Company')).toString('base64')), 'not-xml')
  })

  test('is decrypted for nobody, whomever it names beside what is encrypted', async () => {
    register(home, 'Company', { decryptionKeys: [privateKey], encryption: 'Allowed' })
    const text = respond([pair(home, 'Reader', 'Company')], {
      encryptFor: publicKey,
      response: (xml) => xml.replace(' Version="2.0"', ` Version="2.0" Consent="${arnOf(home, 'Company')}"`),
    })
    equal(await signIn(text), 'no-provider')
  })

  test('counts only where it was made for our sign-in endpoint', async () => {
    register(home, 'Company')
    const roles = [pair(home, 'Reader', 'Company')]
    for (const recipient of ['https://signin.aws.amazon.com/saml', `${publicUrl}/saml/acs/UUID-${home}-Company`]) {
      deepEqual(await signIn(respond(roles, { recipient, destination: undefined })), [
        [arnOf(home, 'Company'), 'recipient'],
      ])
    }
    deepEqual(await signIn(respond(roles, { destination: 'https://signin.aws.amazon.com/saml' })), [
      [arnOf(home, 'Company'), 'destination'],
    ])
  })
})

describe('a response at a provider’s own address', () => {
  const uuid = `UUID-${home}-Company`
  const recipient = `${publicUrl}/saml/acs/${uuid}`

  test('is verified for that provider alone, whomever it names', async () => {
    register(home, 'Company')
    register(away, 'Company')
    const roles = [pair(home, 'Reader', 'Company'), pair(away, 'Writer', 'Company')]
    const expected = [[arnOf(home, 'Company'), roleOf(home, 'Reader')]]
    deepEqual(await signIn(respond(roles, { recipient }), uuid), expected)
    deepEqual(await signIn(respond(roles), uuid), expected)
    equal(await signIn(respond(roles, { recipient }), 'NOBODY'), 'no-provider')
    const theirs = `${publicUrl}/saml/acs/UUID-${away}-Company`
    deepEqual(await signIn(respond(roles, { recipient: theirs, destination: undefined }), uuid), [
      [arnOf(home, 'Company'), 'recipient'],
    ])
  })

  test('is decrypted, and where encryption is required was made for that address', async () => {
    register(home, 'Company', { decryptionKeys: [privateKey], encryption: 'Required' })
    const roles = [pair(home, 'Reader', 'Company')]
    const encrypted = { encryptFor: publicKey }
    deepEqual(await signIn(respond(roles, { recipient, ...encrypted }), uuid), [
      [arnOf(home, 'Company'), roleOf(home, 'Reader')],
    ])
    for (const [choice, reason] of [
      [{ recipient }, 'not-encrypted'],
      [{ ...encrypted, destination: undefined }, 'recipient'],
    ] as const) {
      deepEqual(await signIn(respond(roles, choice), uuid), [[arnOf(home, 'Company'), reason]])
    }
  })
})

describe('no response proves anything to a provider', () => {
  test('whose record cannot be used, or whose metadata has ended', async () => {
    const text = respond([pair(home, 'Reader', 'Company')])
    records.set(arnOf(home, 'Company'), {
      account: home,
      name: 'Company',
      arn: arnOf(home, 'Company'),
      uuid: 'U',
      version: 1,
      compiled: { unusable: 'not-xml' },
    })
    deepEqual(await signIn(text), [[arnOf(home, 'Company'), 'unusable']])
    register(home, 'Company', { provider: { ...idp.compiled, validUntil: now } })
    deepEqual(await signIn(text), [[arnOf(home, 'Company'), 'metadata-ended']])
    register(home, 'Company', { provider: { ...idp.compiled, validUntil: new Date(now.getTime() + 1) } })
    deepEqual(await signIn(text), [[arnOf(home, 'Company'), roleOf(home, 'Reader')]])
  })
})

test('the only use of an assertion is known by the provider and a hash of its id, for as long as it is fresh', async () => {
  register(home, 'Company')
  const settings = [{ provider: arnOf(home, 'Company'), sha1: false, responseSignature: false, oneUse: true }]
  const text = (assertionId: string) => respond([pair(home, 'Reader', 'Company')], { assertionId })
  const useOf = async (id: string) => {
    const proof = await saml(settings).prove(home, 'Company', text(id), now)
    return 'rejected' in proof ? proof.rejected : proof.oneUse
  }
  const use = await useOf('_a')
  deepEqual(typeof use === 'object' && { ...use, key: use.key.replace(/[\w-]{43}$/, '#') }, {
    ...{ account: home, scope: 'saml', key: `UUID-${home}-Company #`, until: now.getTime() + 360_000 },
  })
  deepEqual(await useOf('_a'), use)
  equal(JSON.stringify(await useOf('_b')) === JSON.stringify(use), false)
})
