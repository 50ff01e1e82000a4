// Pools, attribute maps, tags and identities, as their owner administers them.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Check } from '../../operation.ts'
import { refusalOf } from '../../testing/operations-kit.ts'
import { sweepDoomedPools } from '../identities/identities.ts'
import { identities, loginLinks } from '../records.ts'
import { arnOf, type CreateInput, create, idIn, noPool, on, whole } from '../testing/owners-pools.ts'
import { ACCOUNT, google, idOf, OTHER, oidc, oidcArn, openKit, poolOf } from '../testing/pools-kit.ts'

describe('a pool', () => {
  it('is described as it was created', async () => {
    const made = await create(whole)
    assert.match(made.IdentityPoolId ?? '', /^eu-west-1:[0-9a-f-]{36}$/)
    const { IdentityPoolId = '', ...rest } = made
    assert.deepEqual(rest, { IdentityPoolName: 'app', AllowUnauthenticatedIdentities: false, ...whole })
    assert.deepEqual(await on.run('DescribeIdentityPool', { IdentityPoolId }), made)
  })

  it('answers AllowClassicFlow as it was set, and leaves it out when it was not', async () => {
    for (const AllowClassicFlow of [true, false, undefined]) {
      const made = await create(AllowClassicFlow === undefined ? {} : { AllowClassicFlow })
      assert.equal('AllowClassicFlow' in made, AllowClassicFlow !== undefined)
      assert.equal(made.AllowClassicFlow, AllowClassicFlow)
      assert.deepEqual(await on.run('DescribeIdentityPool', { IdentityPoolId: made.IdentityPoolId ?? '' }), made)
    }
  })

  it('is replaced as a whole, except its tags and its developer provider', async () => {
    const IdentityPoolId = await idIn(create(whole))
    const input = { IdentityPoolId, IdentityPoolName: 'other', AllowUnauthenticatedIdentities: true }
    const after = {
      ...input,
      DeveloperProviderName: 'login.my.app',
      IdentityPoolTags: { team: 'blue' },
    }
    assert.deepEqual(await on.run('UpdateIdentityPool', input), after)
    assert.equal(
      await refusalOf(on.run('UpdateIdentityPool', { ...input, DeveloperProviderName: 'login.other.app' })),
      'InvalidParameterException: The developer provider name of an identity pool cannot be changed.',
    )
    const named = oidcArn.replace('idp.example', 'login.my.app')
    assert.equal(
      await refusalOf(on.run('UpdateIdentityPool', { ...input, OpenIdConnectProviderARNs: [named] })),
      'InvalidParameterException: login.my.app is the name of an OpenID Connect provider of the pool.',
    )
  })

  const refusals: readonly (readonly [title: string, input: Partial<CreateInput>, refusal: string])[] = [
    [
      'a public provider that is none',
      { SupportedLoginProviders: { 'idp.example': 'x' } },
      'idp.example is not a supported login provider.',
    ],
    [
      "another account's provider",
      { OpenIdConnectProviderARNs: [oidcArn.replace(ACCOUNT, OTHER)] },
      `Invalid provider ARN: ${oidcArn.replace(ACCOUNT, OTHER)}`,
    ],
    [
      "another account's SAML provider",
      { SamlProviderARNs: [`arn:aws:iam::${OTHER}:saml-provider/corp`] },
      `Invalid provider ARN: arn:aws:iam::${OTHER}:saml-provider/corp`,
    ],
    ['a provider twice', { OpenIdConnectProviderARNs: [oidcArn, oidcArn] }, 'A provider ARN stands twice.'],
    [
      'a wildcard',
      { OpenIdConnectProviderARNs: [oidcArn.replace('idp.example', 'idp.*')] },
      `Invalid provider ARN: ${oidcArn.replace('idp.example', 'idp.*')}`,
    ],
    [
      'a user pool that is none',
      { CognitoIdentityProviders: [{ ProviderName: 'idp.example', ClientId: 'c' }] },
      'Invalid Cognito identity provider: idp.example',
    ],
    [
      'a user pool without a client',
      { CognitoIdentityProviders: [{ ProviderName: 'cognito-idp.eu-west-1.amazonaws.com/x' }] },
      'A user pool needs ProviderName and ClientId.',
    ],
    [
      'a developer provider named like a public one',
      { DeveloperProviderName: 'accounts.google.com' },
      'accounts.google.com cannot be the name of a developer provider.',
    ],
    [
      'a developer provider named like our tokens',
      { DeveloperProviderName: 'cognito-identity.amazonaws.com' },
      'cognito-identity.amazonaws.com cannot be the name of a developer provider.',
    ],
    [
      "a developer provider named like one of the pool's",
      { DeveloperProviderName: 'idp.example', OpenIdConnectProviderARNs: [oidcArn] },
      'idp.example is the name of an OpenID Connect provider of the pool.',
    ],
    ['tags that differ in case alone', { IdentityPoolTags: { a: '1', A: '2' } }, 'Duplicate tag key: A'],
    ["tags of AWS's own", { IdentityPoolTags: { 'aws:a': '1' } }, 'Invalid tag key: aws:a'],
    [
      'too many tags',
      { IdentityPoolTags: Object.fromEntries(Array.from({ length: 51 }, (_, at) => [`t${at}`, ''])) },
      'A pool can have at most 50 tags.',
    ],
  ]
  for (const [title, input, refusal] of refusals) {
    it(`is not created with ${title}`, async () =>
      assert.equal(await refusalOf(create(input)), `InvalidParameterException: ${refusal}`))
  }

  it('does not exist for another account, in any operation', async () => {
    const IdentityPoolId = await idIn(create())
    const as = { as: OTHER }
    const gone = noPool(IdentityPoolId)
    const update = { IdentityPoolId, IdentityPoolName: 'x', AllowUnauthenticatedIdentities: true }
    assert.equal(await refusalOf(on.run('DescribeIdentityPool', { IdentityPoolId }, as)), gone)
    assert.equal(await refusalOf(on.run('UpdateIdentityPool', update, as)), gone)
    assert.equal(await refusalOf(on.run('DeleteIdentityPool', { IdentityPoolId }, as)), gone)
    assert.equal(await refusalOf(on.run('GetIdentityPoolRoles', { IdentityPoolId }, as)), gone)
    assert.equal(await refusalOf(on.run('SetIdentityPoolRoles', { IdentityPoolId, Roles: {} }, as)), gone)
    assert.equal(await refusalOf(on.run('ListIdentities', { IdentityPoolId, MaxResults: 1 }, as)), gone)
    assert.equal(await refusalOf(on.run('ListTagsForResource', { ResourceArn: arnOf(IdentityPoolId) }, as)), gone)
    assert.equal(
      await refusalOf(on.run('ListTagsForResource', { ResourceArn: arnOf(IdentityPoolId, OTHER) }, as)),
      gone,
    )
  })

  it('is listed in its region, a page at a time; a marker is valid for that list alone', async () => {
    const region = 'ap-south-1'
    const ids: string[] = []
    for (let at = 0; at < 3; at++) {
      ids.push(await idIn(create({ IdentityPoolName: `p${at}` }, region)))
      await on.move(1)
    }
    const first = await on.run('ListIdentityPools', { MaxResults: 2 }, { region })
    assert.deepEqual(
      first.IdentityPools?.map(({ IdentityPoolId }) => IdentityPoolId),
      ids.slice(0, 2),
    )
    const NextToken = first.NextToken ?? ''
    const second = await on.run('ListIdentityPools', { MaxResults: 2, NextToken }, { region })
    assert.deepEqual(
      [second.IdentityPools?.map((pool) => pool.IdentityPoolId), second.NextToken],
      [ids.slice(2), undefined],
    )
    const invalid = 'InvalidParameterException: Invalid NextToken.'
    assert.equal(await refusalOf(on.run('ListIdentityPools', { MaxResults: 2, NextToken })), invalid)
    assert.equal(
      await refusalOf(on.run('ListIdentityPools', { MaxResults: 2, NextToken }, { region, as: OTHER })),
      invalid,
    )
  })

  it('that is deleted takes its identities with it', async () => {
    const other = await openKit()
    const IdentityPoolId = await poolOf(other)
    const kept = await idOf(other, await poolOf(other), oidc('ann'))
    const id = await idOf(other, IdentityPoolId, { ...oidc('ann'), ...google('ann') })
    for (let at = 0; at < 450; at++) await idOf(other, IdentityPoolId)
    await other.run('DeleteIdentityPool', { IdentityPoolId })
    const credentials = other.run('GetCredentialsForIdentity', { IdentityId: id, Logins: oidc('ann') })
    assert.equal(await refusalOf(credentials), `ResourceNotFoundException: Identity '${id}' not found.`)
    assert.equal(await sweepDoomedPools(other.inner), 451)
    assert.equal(await sweepDoomedPools(other.inner), 0)
    const left = await other.inner.list(identities, 'key', { prefix: [], limit: 10 })
    assert.deepEqual(
      left.items.map(({ id }) => id),
      [kept],
    )
    assert.equal((await other.inner.list(loginLinks, 'key', { prefix: [], limit: 10 })).items.length, 1)
    await other.close()
  })
})

describe('the tags of a pool', () => {
  it('are added, replaced whatever their case, removed, and checked', async () => {
    const IdentityPoolId = await idIn(create({ IdentityPoolTags: { team: 'blue' } }))
    const ResourceArn = arnOf(IdentityPoolId)
    const keys: unknown[] = []
    const see = (check: Check) => void keys.push(Object.fromEntries(check.keys ?? [])) as undefined
    await on.run('TagResource', { ResourceArn, Tags: { Team: 'red', cost: '7' } }, { decide: see })
    assert.deepEqual(keys, [
      {
        'aws:resourcetag/team': 'blue',
        'aws:requesttag/team': 'red',
        'aws:requesttag/cost': '7',
        'aws:tagkeys': ['Team', 'cost'],
      },
    ])
    assert.deepEqual(await on.run('ListTagsForResource', { ResourceArn }), { Tags: { Team: 'red', cost: '7' } })
    await on.run('UntagResource', { ResourceArn, TagKeys: ['cost', 'absent'] })
    assert.deepEqual(await on.run('ListTagsForResource', { ResourceArn }), { Tags: { Team: 'red' } })
  })

  for (const arn of [
    'arn:aws:s3:::bucket-of-some-name',
    `arn:aws:cognito-identity:us-east-1:${ACCOUNT}:identitypool/eu-west-1:0`,
  ]) {
    it(`are not those of ${arn}`, async () => {
      assert.equal(
        await refusalOf(on.run('ListTagsForResource', { ResourceArn: arn })),
        `InvalidParameterException: Invalid resource ARN: ${arn}`,
      )
    })
  }
})

describe('the attribute map of a provider', () => {
  it('is answered as it was set; the default map in full', async () => {
    const IdentityPoolId = await idIn(create())
    const base = { IdentityPoolId, IdentityProviderName: 'idp.example' }
    const get = () => on.run('GetPrincipalTagAttributeMap', base)
    assert.equal(
      await refusalOf(get()),
      `ResourceNotFoundException: No attribute map for idp.example in IdentityPool '${IdentityPoolId}'.`,
    )
    await on.run('SetPrincipalTagAttributeMap', { ...base, PrincipalTags: { team: 'team' } })
    assert.deepEqual(await get(), { ...base, UseDefaults: false, PrincipalTags: { team: 'team' } })
    await on.run('SetPrincipalTagAttributeMap', { ...base, UseDefaults: true, PrincipalTags: { team: 'team' } })
    assert.deepEqual(await get(), { ...base, UseDefaults: true, PrincipalTags: { username: 'sub', client: 'aud' } })
  })

  it('has claim names of 460 bytes at most', async () => {
    const input = {
      IdentityPoolId: await idIn(create()),
      IdentityProviderName: 'idp',
      PrincipalTags: { a: 'x'.repeat(461) },
    }
    assert.equal(
      await refusalOf(on.run('SetPrincipalTagAttributeMap', input)),
      'InvalidParameterException: Attribute names may have 460 bytes together.',
    )
  })
})

describe('the identities of a pool', () => {
  it('are listed a page at a time, with those that were merged or without', async () => {
    const IdentityPoolId = await poolOf(on)
    const login = oidc('ann')
    const signedIn = await idOf(on, IdentityPoolId, login)
    const guest = await idOf(on, IdentityPoolId)
    await on.run('GetCredentialsForIdentity', { IdentityId: guest, Logins: login })
    const others = [await idOf(on, IdentityPoolId), await idOf(on, IdentityPoolId)]
    const listed = async (HideDisabled: boolean) => {
      const ids: (string | undefined)[] = []
      let NextToken: string | undefined
      do {
        const answer = await on.run('ListIdentities', {
          IdentityPoolId,
          MaxResults: 1,
          HideDisabled,
          ...(NextToken && { NextToken }),
        })
        ids.push(...(answer.Identities ?? []).map(({ IdentityId }) => IdentityId))
        NextToken = answer.NextToken
      } while (NextToken !== undefined)
      return ids.sort()
    }
    assert.deepEqual(await listed(false), [signedIn, guest, ...others].sort())
    assert.deepEqual(await listed(true), [signedIn, ...others].sort())
  })

  it('are described: the providers of their logins, never the users', async () => {
    const IdentityPoolId = await poolOf(on)
    const IdentityId = await idOf(on, IdentityPoolId, { ...oidc('ann'), ...google('ann') })
    const { Logins, CreationDate } = await on.run('DescribeIdentity', { IdentityId })
    assert.deepEqual(Logins, ['idp.example', 'accounts.google.com'])
    assert.equal(CreationDate?.getTime(), Math.floor(on.now().getTime() / 1000) * 1000)
    const foreign = on.run('DescribeIdentity', { IdentityId }, { as: OTHER })
    assert.equal(await refusalOf(foreign), `ResourceNotFoundException: Identity '${IdentityId}' not found.`)
  })

  it("are removed; another account's, and those that do not exist, are not", async () => {
    const IdentityPoolId = await poolOf(on)
    const id = await idOf(on, IdentityPoolId, oidc('ann'))
    const remove = (as: string) => on.run('DeleteIdentities', { IdentityIdsToDelete: [id, 'eu-west-1:0'] }, { as })
    assert.deepEqual((await remove(OTHER)).UnprocessedIdentityIds, [
      { IdentityId: id, ErrorCode: 'AccessDenied' },
      { IdentityId: 'eu-west-1:0', ErrorCode: 'AccessDenied' },
    ])
    assert.deepEqual((await remove(ACCOUNT)).UnprocessedIdentityIds, [
      { IdentityId: 'eu-west-1:0', ErrorCode: 'AccessDenied' },
    ])
    assert.notEqual(await idOf(on, IdentityPoolId, oidc('ann')), id)
  })
})
