import { deepEqual, equal } from 'node:assert/strict'
import { beforeEach, describe, test } from 'node:test'
import { chaos } from '../../../store/testing/chaos.ts'
import type { Operation } from '../../operation.ts'
import { ACCOUNT, type Kit, OTHER, openKit, questionsOf, refusalOf, rootOf, run } from '../../testing/operations-kit.ts'
import { oidcProviderOperations } from './oidc-providers.ts'

const url = 'https://idp.example/realms/one'
const arn = `arn:aws:iam::${ACCOUNT}:oidc-provider/idp.example/realms/one`
const OpenIDConnectProviderArn = arn
const thumbprint = 'A'.repeat(40)
const noAnswer = { rejected: 'unreachable', detail: 'down.example:443: ECONNREFUSED' } as const
let home: Kit
let api: ReturnType<typeof oidcProviderOperations>
/** Issuers the operator has named for the account. */
let named: string[]

beforeEach(async () => {
  home = await openKit()
  named = []
  const settingsOf = (account: string, issuer: string) =>
    account === ACCOUNT && named.includes(issuer) ? { account, issuer } : undefined
  const webIdentity = {
    ...home.parts.webIdentity,
    settingsOf,
    isReserved: (issuer: string) => issuer === 'https://accounts.google.com',
    thumbprintsOf: async (_account: string, issuer: string) => (issuer.includes('down') ? noAnswer : ['0'.repeat(40)]),
  }
  api = oidcProviderOperations({ ...home.parts, webIdentity })
})

const ask = <I, O, T>(operation: Operation<I, O, T>, input: I, options = {}) => run(home, operation, input, options)
const create = (more: object = {}, options = {}) =>
  ask(
    api.CreateOpenIDConnectProvider,
    { Url: url, ClientIDList: ['client'], ThumbprintList: [thumbprint], ...more },
    options,
  )
const get = (options = {}) => ask(api.GetOpenIDConnectProvider, { OpenIDConnectProviderArn }, options)

describe('a provider', () => {
  test('is shown without its scheme, its thumbprints in lower case', async () => {
    const made = await create({ Tags: [{ Key: 'Team', Value: 'red' }] })
    deepEqual(made, { OpenIDConnectProviderArn: arn, Tags: [{ Key: 'Team', Value: 'red' }] })
    deepEqual(await get(), {
      Url: 'idp.example/realms/one',
      ClientIDList: ['client'],
      ThumbprintList: ['a'.repeat(40)],
      CreateDate: new Date('2026-03-01T12:00:00Z'),
      Tags: [{ Key: 'Team', Value: 'red' }],
    })
    deepEqual(await ask(api.ListOpenIDConnectProviders, {}), { OpenIDConnectProviderList: [{ Arn: arn }] })
    deepEqual(await ask(api.ListOpenIDConnectProviders, {}, { as: rootOf(OTHER) }), { OpenIDConnectProviderList: [] })
  })

  test('without thumbprints is asked for its own; one that cannot be reached is not registered', async () => {
    await create({ ThumbprintList: undefined })
    deepEqual((await get()).ThumbprintList, ['0'.repeat(40)])
    equal(
      await refusalOf(create({ Url: 'https://down.example', ThumbprintList: [] })),
      'OpenIdIdpCommunicationError: Could not connect to https://down.example',
    )
  })

  test('is one of its URL in an account', async () => {
    await create()
    equal(await refusalOf(create()), `EntityAlreadyExists: Provider with url ${url} already exists.`)
    await create({}, { as: rootOf(OTHER) })
    await create({ Url: `${url}/` })
  })

  test('is one of a hundred', async () => {
    for (let at = 0; at < 100; at++) await create({ Url: `https://idp-${at}.example` })
    equal(await refusalOf(create()), 'LimitExceeded: Cannot exceed quota for OpenIdConnectProvidersPerAccount: 100')
  })

  test('that is deleted is gone, and may be made again as another', async () => {
    await create()
    await ask(api.DeleteOpenIDConnectProvider, { OpenIDConnectProviderArn })
    equal(await refusalOf(get()), `NoSuchEntity: OpenIDConnect Provider not found for arn ${arn}`)
    equal(
      await refusalOf(ask(api.DeleteOpenIDConnectProvider, { OpenIDConnectProviderArn })),
      `NoSuchEntity: OpenId connect Provider ${arn} cannot be found.`,
    )
    await create()
  })

  test('with tags needs the right to tag as well', async () => {
    const asked = async (Tags?: { Key: string; Value: string }[]) =>
      (await questionsOf(api.CreateOpenIDConnectProvider, { Url: url, Tags })).map(({ action, resource, keys }) => [
        action,
        resource,
        keys.get('aws:requesttag/team'),
      ])
    deepEqual(await asked(), [['iam:CreateOpenIDConnectProvider', arn, undefined]])
    deepEqual(await asked([{ Key: 'Team', Value: 'red' }]), [
      ['iam:CreateOpenIDConnectProvider', arn, 'red'],
      ['iam:TagOpenIDConnectProvider', arn, 'red'],
    ])
  })

  test('draws nothing in its transaction, which may run twice', async () => {
    let draws = 0
    const random = (bytes: number) => {
      draws++
      return home.parts.random(bytes)
    }
    api = oidcProviderOperations({ ...home.parts, random })
    const Url = 'https://idp.example'
    await run({ store: chaos(home.store, { twice: true }) }, api.CreateOpenIDConnectProvider, { Url })
    equal(draws, 1)
  })

  test('of another account is not seen', async () => {
    await create()
    const as = rootOf(OTHER)
    equal(await refusalOf(get({ as })), `NoSuchEntity: OpenIDConnect Provider not found for arn ${arn}`)
    const [question] = await questionsOf(api.GetOpenIDConnectProvider, { OpenIDConnectProviderArn }, as)
    deepEqual([question?.action, question?.resource], ['iam:GetOpenIDConnectProvider', arn])
  })
})

describe('client ids', () => {
  const add = (ClientID: string) => ask(api.AddClientIDToOpenIDConnectProvider, { OpenIDConnectProviderArn, ClientID })
  const remove = (ClientID: string) =>
    ask(api.RemoveClientIDFromOpenIDConnectProvider, { OpenIDConnectProviderArn, ClientID })

  test('are added once, and removed whether they are there or not', async () => {
    await create()
    for (const id of ['second', 'second']) await add(id)
    deepEqual((await get()).ClientIDList, ['client', 'second'])
    for (const id of ['client', 'client']) await remove(id)
    deepEqual((await get()).ClientIDList, ['second'])
  })

  test('are at most a hundred', async () => {
    await create({ ClientIDList: Array.from({ length: 100 }, (_, at) => `c${at}`) })
    const sentence = 'LimitExceeded: Cannot exceed quota for ClientIdsPerOpenIdConnectProvider: 100'
    equal(await refusalOf(add('more')), sentence)
    equal(
      await refusalOf(
        create({ Url: 'https://c.example', ClientIDList: Array.from({ length: 101 }, (_, at) => `c${at}`) }),
      ),
      sentence,
    )
  })
})

describe('thumbprints', () => {
  const update = (ThumbprintList: string[]) =>
    ask(api.UpdateOpenIDConnectProviderThumbprint, { OpenIDConnectProviderArn, ThumbprintList })

  test('are replaced whole', async () => {
    await create()
    await update(['B'.repeat(40)])
    deepEqual((await get()).ThumbprintList, ['b'.repeat(40)])
  })
  test('are at least one and at most five', async () => {
    await create()
    equal(await refusalOf(update([])), 'InvalidInput: Thumbprint list must contain at least one entry.')
    const six = Array.from({ length: 6 }, (_, at) => String(at).repeat(40))
    equal(await refusalOf(update(six)), 'InvalidInput: Thumbprint list must contain fewer than 5 entries.')
  })
})

describe('tags', () => {
  test('are added, replaced without regard to case, listed and taken away', async () => {
    await create()
    const Tags = [{ Key: 'Team', Value: 'red' }]
    await ask(api.TagOpenIDConnectProvider, { OpenIDConnectProviderArn, Tags })
    await ask(api.TagOpenIDConnectProvider, { OpenIDConnectProviderArn, Tags: [{ Key: 'team', Value: 'blue' }] })
    const listed = await ask(api.ListOpenIDConnectProviderTags, { OpenIDConnectProviderArn })
    deepEqual(listed, { Tags: [{ Key: 'team', Value: 'blue' }], IsTruncated: false })
    await ask(api.UntagOpenIDConnectProvider, { OpenIDConnectProviderArn, TagKeys: ['TEAM'] })
    deepEqual((await get()).Tags, undefined)
  })
  test('are what conditions ask about', async () => {
    await create({ Tags: [{ Key: 'Team', Value: 'red' }] })
    const [question] = await questionsOf(api.DeleteOpenIDConnectProvider, { OpenIDConnectProviderArn })
    equal(question?.keys.get('aws:resourcetag/team'), 'red')
  })
})

describe('the URL of a provider', () => {
  const bad = 'InvalidInput: Invalid Open ID Connect Provider URL.'
  const rows: [string, string, string][] = [
    ['no scheme', 'idp.example', 'ValidationError: Invalid Open ID Connect Provider URL'],
    ['http', 'http://idp.example', `${bad} The URL must begin with https://.`],
    ['another scheme', 'ftp://idp.example', `${bad} The URL must begin with https://.`],
    ['a port', 'https://idp.example:8443', bad],
    ['the usual port', 'https://idp.example:443', bad],
    ['userinfo', 'https://user@idp.example', bad],
    ['a password', 'https://user:password@idp.example', bad],
    ['a query', 'https://idp.example?a=b', bad],
    ['a fragment', 'https://idp.example#a', bad],
    ['a backslash', 'https://idp.example\\@evil.example', bad],
    ['white space', 'https://idp.example/ a', bad],
    ['a wildcard', 'https://idp.example/*', bad],
    ['no host', 'https:///path', 'ValidationError: Invalid Open ID Connect Provider URL'],
    ['nothing behind the scheme', 'https://', 'ValidationError: Invalid Open ID Connect Provider URL'],
    ['letters beyond ASCII', 'https://idp.exämple', bad],
    ['a name of one word, as AWS’s own condition keys have', 'https://sts', bad],
    ['another of them', 'https://aws', bad],
    ['a built-in provider', 'https://accounts.google.com', `${bad} The provider is built in.`],
  ]
  for (const [name, Url, refusal] of rows) {
    test(`${name}: ${refusal}`, async () => equal(await refusalOf(create({ Url })), refusal))
  }

  test('a port and plain http are for providers that the operator has named, in their account', async () => {
    named = ['https://idp.example:8443/realm', 'http://localhost:9000']
    for (const Url of named) equal(await refusalOf(create({ Url })), 'no refusal')
    equal(await refusalOf(create({ Url: named[0] }, { as: rootOf(OTHER) })), bad)
    equal(await refusalOf(create({ Url: 'https://idp.example:8443/realm/' })), bad)
  })
})

describe('an ARN that is none', () => {
  for (const text of [
    'nothing-valid-in-here',
    `arn:aws:iam::${ACCOUNT}:saml-provider/x`,
    `arn:aws:iam::${ACCOUNT}:oidc-provider/`,
    `arn:aws:iam:us-east-1:${ACCOUNT}:oidc-provider/x`,
    'arn:aws:iam::12:oidc-provider/x',
  ]) {
    test(text, async () => {
      const asked = ask(api.GetOpenIDConnectProvider, { OpenIDConnectProviderArn: text })
      equal(await refusalOf(asked), 'ValidationError: Invalid ARN:  Could not be parsed!')
    })
  }
})
