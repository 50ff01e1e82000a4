// Simulation, through the operation records: the policy engine, as callers may ask it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { accounts } from '../../records.ts'
import { ACCOUNT, addRole, addUser, OTHER, openKit, questionsOf, refusalOf, run } from '../../testing/operations-kit.ts'
import type { IamInput } from '../define.ts'
import { iamOperations } from '../operations.ts'

type Input = IamInput<'SimulateCustomPolicy'>

const policy = (...statements: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })
const allow = (Action: string, Resource = '*', more: object = {}) => ({ Effect: 'Allow', Action, Resource, ...more })
const deny = (Action: string, Resource = '*') => ({ Effect: 'Deny', Action, Resource })
const ada = `arn:aws:iam::${ACCOUNT}:user/Ada`
const object = 'arn:aws:s3:::bucket/key'

async function made() {
  const b = await openKit()
  return { b, ops: iamOperations(b.parts) }
}

async function simulated(input: Partial<Input> & Pick<Input, 'PolicyInputList'>) {
  const { b, ops } = await made()
  const { EvaluationResults } = await run(b, ops.SimulateCustomPolicy, { ActionNames: ['s3:GetObject'], ...input })
  return EvaluationResults ?? []
}

describe('a decision', () => {
  const rows: readonly {
    readonly title: string
    readonly input: Parameters<typeof simulated>[0]
    readonly decision: string
  }[] = [
    { title: 'allowed by an Allow', input: { PolicyInputList: [policy(allow('s3:*'))] }, decision: 'allowed' },
    {
      title: 'implicitly denied without one',
      input: { PolicyInputList: [policy(allow('s3:Put*'))] },
      decision: 'implicitDeny',
    },
    {
      title: 'explicitly denied by a Deny',
      input: { PolicyInputList: [policy(allow('*'), deny('s3:Get*'))] },
      decision: 'explicitDeny',
    },
    {
      title: 'implicitly denied by a boundary',
      input: { PolicyInputList: [policy(allow('*'))], PermissionsBoundaryPolicyInputList: [policy(allow('iam:*'))] },
      decision: 'implicitDeny',
    },
    {
      title: 'allowed within a boundary',
      input: { PolicyInputList: [policy(allow('*'))], PermissionsBoundaryPolicyInputList: [policy(allow('s3:*'))] },
      decision: 'allowed',
    },
    {
      title: 'allowed by the resource’s policy alone, to the caller it names',
      input: {
        PolicyInputList: [policy(allow('iam:*'))],
        CallerArn: ada,
        ResourceArns: [object],
        ResourcePolicy: policy({ Effect: 'Allow', Principal: { AWS: ada }, Action: 's3:GetObject', Resource: object }),
      },
      decision: 'allowed',
    },
    {
      title: 'denied by the resource’s policy',
      input: {
        PolicyInputList: [policy(allow('*'))],
        CallerArn: ada,
        ResourceArns: [object],
        ResourcePolicy: policy({ Effect: 'Deny', Principal: '*', Action: 's3:*', Resource: object }),
      },
      decision: 'explicitDeny',
    },
    {
      title: 'implicitly denied in another account, whose resource says nothing',
      input: {
        PolicyInputList: [policy(allow('*'))],
        ResourceArns: [object],
        ResourceOwner: `arn:aws:iam::${OTHER}:root`,
      },
      decision: 'implicitDeny',
    },
    {
      title: 'allowed for assuming a role: trust is no part of it',
      input: {
        PolicyInputList: [policy(allow('sts:AssumeRole'))],
        ActionNames: ['sts:AssumeRole'],
        ResourceArns: [`arn:aws:iam::${ACCOUNT}:role/R`],
      },
      decision: 'allowed',
    },
    {
      title: 'denied by an organization’s policy that does not allow it',
      input: {
        PolicyInputList: [policy(allow('*'))],
        OrderedOrganizationPolicyInputList: [
          { ServiceControlPolicyInputList: [policy(allow('*'))] },
          { ServiceControlPolicyInputList: [policy(allow('iam:*'))] },
        ],
      },
      decision: 'implicitDeny',
    },
  ]
  for (const { title, input, decision } of rows) {
    test(`is ${title}`, async () => assert.equal((await simulated(input))[0]?.EvalDecision, decision))
  }

  test('reads the caller’s name in variables', async () => {
    const home = policy(allow('s3:GetObject', 'arn:aws:s3:::bucket/$' + '{aws:username}'))
    const of = async (CallerArn: string) =>
      (await simulated({ PolicyInputList: [home], CallerArn, ResourceArns: ['arn:aws:s3:::bucket/Ada'] }))[0]
        ?.EvalDecision
    assert.equal(await of(ada), 'allowed')
    assert.equal(await of(ada.replace('Ada', 'Eve')), 'implicitDeny')
  })

  test('says whether boundary and organization allowed it', async () => {
    const [result] = await simulated({
      PolicyInputList: [policy(allow('*'))],
      PermissionsBoundaryPolicyInputList: [policy(allow('iam:*'))],
      OrderedOrganizationPolicyInputList: [{ ServiceControlPolicyInputList: [policy(allow('*'))] }],
    })
    assert.deepEqual(result?.PermissionsBoundaryDecisionDetail, { AllowedByPermissionsBoundary: false })
    assert.deepEqual(result?.OrganizationsDecisionDetail, { AllowedByOrganizations: true })
  })
})

describe('what an answer tells', () => {
  test('which statement matched, and where it stands; a Deny is the only entry', async () => {
    const text = `{"Version":"2012-10-17",\n "Statement":[\n  {"Effect":"Allow","Action":"s3:*","Resource":"*"},\n  {"Effect":"Deny","Action":"s3:DeleteObject","Resource":"*"}]}`
    const [read, removed] = await simulated({
      PolicyInputList: [text],
      ActionNames: ['s3:GetObject', 's3:DeleteObject'],
    })
    const source = { SourcePolicyId: 'PolicyInputList.1', SourcePolicyType: 'IAM Policy' }
    assert.deepEqual(read?.MatchedStatements, [
      { ...source, StartPosition: { Line: 2, Column: 15 }, EndPosition: { Line: 3, Column: 52 } },
    ])
    assert.deepEqual(removed?.MatchedStatements, [
      { ...source, StartPosition: { Line: 3, Column: 52 }, EndPosition: { Line: 4, Column: 62 } },
    ])
  })

  test('which context keys are missing, each once, as written', async () => {
    const conditioned = policy(
      allow('s3:*', 'arn:aws:s3:::$' + '{aws:PrincipalTag/Team}/*', {
        Condition: { StringEquals: { 's3:Prefix': 'a' } },
      }),
      allow('s3:*', '*', { Condition: { Bool: { 'S3:PREFIX': 'a', 'aws:SecureTransport': 'true' } } }),
    )
    const ContextEntries = [
      { ContextKeyName: 'aws:securetransport', ContextKeyType: 'boolean' as const, ContextKeyValues: ['true'] },
    ]
    const [result] = await simulated({ PolicyInputList: [conditioned], ContextEntries })
    assert.deepEqual(result?.MissingContextValues, ['aws:PrincipalTag/Team', 's3:Prefix'])
    const { b, ops } = await made()
    const keys = await run(b, ops.GetContextKeysForCustomPolicy, { PolicyInputList: [conditioned] })
    assert.deepEqual(keys.ContextKeyNames, ['aws:PrincipalTag/Team', 's3:Prefix', 'aws:SecureTransport'])
  })

  test('with each resource, where resources are named', async () => {
    const conditioned = policy(allow('s3:*', '*', { Condition: { StringEquals: { 's3:prefix': 'a' } } }))
    const [result] = await simulated({ PolicyInputList: [conditioned], ResourceArns: [object] })
    assert.deepEqual(result?.MissingContextValues, [])
    assert.deepEqual(result?.ResourceSpecificResults?.[0]?.MissingContextValues, ['s3:prefix'])
  })

  test('one result for an action, with what restricts most on top and every resource in it; in pages', async () => {
    const { b, ops } = await made()
    const other = 'arn:aws:s3:::bucket/other'
    const input = {
      PolicyInputList: [policy(allow('s3:Get*', object), deny('s3:Delete*', other), allow('s3:Delete*', object))],
      ActionNames: ['s3:GetObject', 's3:PutObject', 's3:DeleteObject', 's3:GetObject'],
      ResourceArns: [object, other],
    }
    const seen: unknown[] = []
    let Marker: string | undefined
    do {
      const page = await run(b, ops.SimulateCustomPolicy, { ...input, MaxItems: 3, Marker })
      for (const one of page.EvaluationResults ?? []) {
        const specific = one.ResourceSpecificResults?.map((each) => [each.EvalResourceName, each.EvalResourceDecision])
        seen.push([one.EvalActionName, one.EvalResourceName, one.EvalDecision, specific])
      }
      Marker = page.Marker
    } while (Marker !== undefined)
    const [read, write, remove] = [
      ['s3:GetObject', '*', 'implicitDeny', [[object, 'allowed'], [other, 'implicitDeny']]], // biome-ignore format: a row
      ['s3:PutObject', '*', 'implicitDeny', [[object, 'implicitDeny'], [other, 'implicitDeny']]], // biome-ignore format: a row
      ['s3:DeleteObject', '*', 'explicitDeny', [[object, 'allowed'], [other, 'explicitDeny']]], // biome-ignore format: a row
    ]
    assert.deepEqual(seen, [read, write, remove, read])
  })

  test('what a statement on top decided, and in a resource what decided there', async () => {
    const [result] = await simulated({
      PolicyInputList: [policy(allow('s3:Get*', object), deny('s3:Get*', 'arn:aws:s3:::bucket/other'))],
      ResourceArns: [object, 'arn:aws:s3:::bucket/other'],
    })
    const [first, second] = result?.ResourceSpecificResults ?? []
    assert.equal(first?.MatchedStatements?.length, 1)
    assert.notDeepEqual(first?.MatchedStatements, second?.MatchedStatements)
    assert.deepEqual(result?.MatchedStatements, second?.MatchedStatements)
  })

  test('that a boundary denied, by the boundary’s name and type; that it allowed is no statement', async () => {
    const bounded = (boundary: string) =>
      simulated({ PolicyInputList: [policy(allow('*'))], PermissionsBoundaryPolicyInputList: [boundary] })
    const [denied] = await bounded(policy(allow('*'), deny('s3:Get*')))
    assert.deepEqual(
      denied?.MatchedStatements?.map(({ SourcePolicyId, SourcePolicyType }) => [SourcePolicyId, SourcePolicyType]),
      [['PermissionsBoundaryPolicyInputList.1', 'Permissions Boundary Policy']],
    )
    assert.deepEqual(denied?.PermissionsBoundaryDecisionDetail, { AllowedByPermissionsBoundary: false })
    const [allowed] = await bounded(policy(allow('s3:*')))
    assert.deepEqual(
      allowed?.MatchedStatements?.map(({ SourcePolicyId }) => SourcePolicyId),
      ['PolicyInputList.1'],
    )
  })
})

describe('whose a resource is', () => {
  const decisionOf = async (resource: string, ResourceOwner?: string) =>
    (
      await simulated({
        PolicyInputList: [policy(allow('*'))],
        CallerArn: ada,
        ActionNames: ['lambda:InvokeFunction'],
        ResourceArns: [resource],
        ...(ResourceOwner === undefined ? {} : { ResourceOwner }),
      })
    )[0]?.EvalDecision
  const lambda = (account: string) => `arn:aws:lambda:eu-west-1:${account}:function:f`

  test('its ARN says, whatever owner is given', async () => {
    assert.equal(await decisionOf(lambda(ACCOUNT), `arn:aws:iam::${OTHER}:root`), 'allowed')
    assert.equal(await decisionOf(lambda(OTHER)), 'implicitDeny')
  })
  test('the owner that is given, where the ARN names none', async () => {
    assert.equal(await decisionOf(object, `arn:aws:iam::${OTHER}:root`), 'implicitDeny')
    assert.equal(await decisionOf(object), 'allowed')
  })
  test('a role of another account is asked about as if it trusted the caller’s', async () => {
    const [result] = await simulated({
      PolicyInputList: [policy(allow('sts:AssumeRole'))],
      ActionNames: ['sts:AssumeRole'],
      ResourceArns: [`arn:aws:iam::${OTHER}:role/R`],
    })
    assert.equal(result?.EvalDecision, 'allowed')
  })
})

describe('EvalDecisionDetails', () => {
  // AWS's own examples (IAM API Reference, SimulateCustomPolicy and SimulatePrincipalPolicy).
  const iamOnly = policy(allow('iam:*'))
  const granting = policy({ Effect: 'Allow', Principal: { AWS: ada }, Action: ['s3:List*', 's3:Get*'], Resource: 'arn:aws:s3:::bucket/*' }) // biome-ignore format: a policy
  const asked = {
    PolicyInputList: [iamOnly],
    PermissionsBoundaryPolicyInputList: [iamOnly],
    CallerArn: ada,
    ResourceArns: [object],
    ResourcePolicy: granting,
  }
  const owner = { ResourceOwner: `arn:aws:iam::${OTHER}:root` }

  test('is empty in one account', async () => {
    const [result] = await simulated(asked)
    assert.deepEqual(result?.EvalDecisionDetails, {})
    assert.equal(result?.EvalDecision, 'allowed')
    assert.deepEqual(result?.PermissionsBoundaryDecisionDetail, { AllowedByPermissionsBoundary: false })
    const [specific] = result?.ResourceSpecificResults ?? []
    assert.equal(specific?.EvalDecisionDetails, undefined)
    assert.equal(specific?.MatchedStatements?.[0]?.SourcePolicyType, 'Resource Policy')
  })

  test('says across accounts what each type of policy says, and what grants although not all do', async () => {
    const details = {
      'IAM Policy': 'implicitDeny',
      'Resource Policy': 'allowed',
      'Permissions Boundary Policy': 'implicitDeny',
    }
    const [result] = await simulated({ ...asked, ...owner })
    const [specific] = result?.ResourceSpecificResults ?? []
    assert.equal(result?.EvalDecision, 'implicitDeny')
    assert.deepEqual([result?.EvalDecisionDetails, specific?.EvalDecisionDetails], [details, details])
    assert.deepEqual(result?.MatchedStatements, [])
    assert.deepEqual(
      specific?.MatchedStatements?.map(({ SourcePolicyId }) => SourcePolicyId),
      ['ResourcePolicy'],
    )
  })

  test('is left out for everything, and where an organization refuses', async () => {
    const [everything] = await simulated({ PolicyInputList: [iamOnly] })
    assert.equal(everything?.EvalDecisionDetails, undefined)
    assert.equal(everything?.ResourceSpecificResults, undefined)
    const OrderedOrganizationPolicyInputList = [{ ServiceControlPolicyInputList: [iamOnly] }]
    const [refused] = await simulated({ ...asked, ...owner, OrderedOrganizationPolicyInputList })
    assert.equal(refused?.EvalDecisionDetails, undefined)
    assert.equal(refused?.ResourceSpecificResults?.[0]?.EvalDecisionDetails, undefined)
    assert.deepEqual(refused?.OrganizationsDecisionDetail, { AllowedByOrganizations: false })
  })
})

describe('a resource’s policy of any service is taken', () => {
  const rows: readonly (readonly [string, action: string, resource: string, statement: object, decision: string])[] = [
    [
      'a key’s, for everything in its account',
      'kms:Decrypt',
      `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234`,
      { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:user/Ada` }, Action: 'kms:*', Resource: '*' },
      'allowed',
    ],
    [
      'a repository’s, which names no resource',
      'ecr:BatchGetImage',
      `arn:aws:ecr:eu-west-1:${ACCOUNT}:repository/r`,
      { Effect: 'Allow', Principal: { AWS: ada }, Action: 'ecr:BatchGetImage' },
      'allowed',
    ],
    [
      'a bucket’s, for a canonical user, who is nobody here',
      's3:GetObject',
      object,
      { Effect: 'Allow', Principal: { CanonicalUser: '79a59df900b949e5' }, Action: 's3:*', Resource: object },
      'implicitDeny',
    ],
    [
      'a queue’s Deny',
      'sqs:SendMessage',
      `arn:aws:sqs:eu-west-1:${ACCOUNT}:q`,
      { Effect: 'Deny', Principal: '*', Action: 'SQS:*', Resource: `arn:aws:sqs:eu-west-1:${ACCOUNT}:q` },
      'explicitDeny',
    ],
  ]
  for (const [what, action, resource, statement, decision] of rows) {
    test(what, async () => {
      const [result] = await simulated({
        PolicyInputList: [policy(allow('iam:*'))],
        CallerArn: ada,
        ActionNames: [action],
        ResourceArns: [resource],
        ResourcePolicy: policy(statement),
      })
      assert.equal(result?.EvalDecision, decision)
    })
  }
})

describe('context entries', () => {
  const fits: readonly (readonly [string, readonly string[]])[] = [
    ['string', ['x']],
    ['stringList', ['x', 'y']],
    ['stringList', []],
    ['numeric', ['-1.5']],
    ['numericList', ['1', '2']],
    ['boolean', ['TRUE']],
    ['ip', ['203.0.113.0/24']],
    ['ipList', ['2001:db8::1', '10.0.0.1']],
    ['binary', ['AQID']],
    ['date', ['2026-03-01T00:00:00Z']],
    ['dateList', ['1772323200']],
  ]
  const misfits: readonly (readonly [string, readonly string[]])[] = [
    ['string', ['x', 'y']],
    ['string', []],
    ['numeric', ['one']],
    ['numericList', ['1', '']],
    ['boolean', ['yes']],
    ['ip', ['203.0.113.0/33']],
    ['ip', ['localhost']],
    ['binary', ['***']],
    ['date', ['soon']],
    ['imaginary', ['i']],
    ['constructor', ['x']],
    ['constructorList', ['x', 'y']],
    ['toString', ['x']],
    ['__proto__', ['x']],
  ]
  const entry = ([type, values]: readonly [string, readonly string[]]) =>
    simulated({
      PolicyInputList: [policy(allow('s3:*'))],
      ContextEntries: [{ ContextKeyName: 'k:x', ContextKeyType: type as 'string', ContextKeyValues: [...values] }],
    })
  for (const row of fits) {
    test(`${row[0]} may be ${JSON.stringify(row[1])}`, async () => assert.equal((await entry(row)).length, 1))
  }
  for (const row of misfits) {
    test(`${row[0]} may not be ${JSON.stringify(row[1])}`, async () => {
      assert.match(await refusalOf(entry(row)), /^InvalidInput/)
    })
  }

  test('a list of one stays a list, one value stays one', async () => {
    const conditions = { 'ForAnyValue:StringEquals': { 'k:x': 'a' } }
    const PolicyInputList = [policy(allow('s3:*', '*', { Condition: conditions }))]
    const with1 = { ContextKeyName: 'K:X', ContextKeyType: 'stringList' as const, ContextKeyValues: ['a'] }
    assert.equal((await simulated({ PolicyInputList, ContextEntries: [with1] }))[0]?.EvalDecision, 'allowed')
  })
})

describe('a simulation is refused', () => {
  const PolicyInputList = [policy(allow('*'))]
  const rows: readonly { readonly title: string; readonly input: Parameters<typeof simulated>[0] }[] = [
    { title: 'with a policy that is none', input: { PolicyInputList: ['{}'] } },
    { title: 'with an action that is none', input: { PolicyInputList, ActionNames: ['GetObject'] } },
    { title: 'with actions by wildcard', input: { PolicyInputList, ActionNames: ['s3:*'] } },
    {
      title: 'with two boundaries',
      input: { PolicyInputList, PermissionsBoundaryPolicyInputList: [policy(), policy()] },
    },
    { title: 'for a role as caller', input: { PolicyInputList, CallerArn: `arn:aws:iam::${ACCOUNT}:role/R` } },
    {
      title: 'with a resource policy and nobody who asks',
      input: {
        PolicyInputList,
        ResourcePolicy: policy({ Effect: 'Allow', Principal: '*', Action: 's3:*', Resource: object }),
      },
    },
    { title: 'for an owner that is no account', input: { PolicyInputList, ResourceOwner: 'me' } },
    {
      title: 'with more to answer than a simulation may cost',
      input: { PolicyInputList, ResourceArns: Array.from({ length: 1001 }, (_, i) => `arn:aws:s3:::b/${i}`) },
    },
    {
      title: 'with more statements times answers than that',
      input: {
        PolicyInputList: [policy(...Array.from({ length: 500 }, () => allow('s3:GetObject')))],
        ResourceArns: Array.from({ length: 500 }, (_, i) => `arn:aws:s3:::b/${i}`),
      },
    },
    {
      title: 'with patterns that take more steps than that',
      input: {
        PolicyInputList: [
          policy({ ...allow('*'), Resource: Array.from({ length: 100 }, () => `arn:aws:s3:::${'a*'.repeat(100)}b`) }),
        ],
        ActionNames: Array.from({ length: 1000 }, (_, i) => `s3:Get${i}`),
        ResourceArns: [`arn:aws:s3:::${'a'.repeat(2000)}`],
      },
    },
  ]
  for (const { title, input } of rows) {
    test(title, async () => assert.match(await refusalOf(simulated(input)), /^InvalidInput/))
  }
})

describe('a long simulation lets others run in between', () => {
  const resources = (count: number) => Array.from({ length: count }, (_, i) => `arn:aws:s3:::b/${i}`)
  const rows = [
    {
      title: 'of many statements',
      PolicyInputList: [policy(...Array.from({ length: 100 }, (_, i) => allow(`s3:Get${i}`)))],
      ResourceArns: resources(1000),
    },
    {
      title: 'of one statement with many resources',
      PolicyInputList: [
        policy({ ...allow('s3:*'), Resource: Array.from({ length: 4000 }, (_, i) => `arn:aws:s3:::c${i}*`) }),
      ],
      ResourceArns: resources(500),
    },
  ]
  for (const { title, ...input } of rows) {
    test(title, async () => {
      const { b, ops } = await made()
      let turns = 0
      let over = false
      const count = () => {
        turns++
        if (!over) setImmediate(count)
      }
      setImmediate(count)
      await run(b, ops.SimulateCustomPolicy, { ActionNames: ['s3:GetObject'], ...input })
      over = true
      assert.ok(turns >= 20)
    })
  }
})

describe('SimulatePrincipalPolicy', () => {
  test('takes the principal’s own policies and boundary, and those handed in', async () => {
    const { b, ops } = await made()
    await addUser(b, 'Ada')
    await run(b, ops.PutUserPolicy, { UserName: 'Ada', PolicyName: 'p', PolicyDocument: policy(allow('s3:Get*')) })
    await run(b, ops.AttachUserPolicy, { UserName: 'Ada', PolicyArn: 'arn:aws:iam::aws:policy/IAMReadOnlyAccess' })
    const decisions = async (more: object = {}) => {
      const ActionNames = ['s3:GetObject', 'iam:GetUser', 'sqs:SendMessage']
      const input = { PolicySourceArn: ada, ActionNames, ...more }
      const { EvaluationResults } = await run(b, ops.SimulatePrincipalPolicy, input)
      return (EvaluationResults ?? []).map(({ EvalDecision, MatchedStatements }) => [
        EvalDecision,
        MatchedStatements?.[0]?.SourcePolicyId,
      ])
    }
    assert.deepEqual(await decisions(), [
      ['allowed', 'user_Ada_p'],
      ['allowed', 'IAMReadOnlyAccess'],
      ['implicitDeny', undefined],
    ])
    assert.deepEqual((await decisions({ PolicyInputList: [policy(allow('sqs:*'))] }))[2], [
      'allowed',
      'PolicyInputList.1',
    ])
    await run(b, ops.PutUserPermissionsBoundary, {
      UserName: 'Ada',
      PermissionsBoundary: 'arn:aws:iam::aws:policy/AmazonS3FullAccess',
    })
    assert.deepEqual((await decisions())[1], ['implicitDeny', undefined])
  })

  test('names a boundary by its policy’s name', async () => {
    const { b, ops } = await made()
    await addUser(b, 'Ada')
    await run(b, ops.CreatePolicy, { PolicyName: 'bound', PolicyDocument: policy(deny('s3:Get*')) })
    const PermissionsBoundary = `arn:aws:iam::${ACCOUNT}:policy/bound`
    await run(b, ops.PutUserPermissionsBoundary, { UserName: 'Ada', PermissionsBoundary })
    const input = { PolicySourceArn: ada, ActionNames: ['s3:GetObject'] }
    const { EvaluationResults } = await run(b, ops.SimulatePrincipalPolicy, input)
    assert.equal(EvaluationResults?.[0]?.MatchedStatements?.[0]?.SourcePolicyId, 'bound')
  })

  test('tells two policies of one name apart', async () => {
    const { b, ops } = await made()
    await addUser(b, 'Ada')
    const own = `arn:aws:iam::${ACCOUNT}:policy/IAMReadOnlyAccess`
    await run(b, ops.CreatePolicy, { PolicyName: 'IAMReadOnlyAccess', PolicyDocument: policy(allow('s3:*')) })
    for (const PolicyArn of ['arn:aws:iam::aws:policy/IAMReadOnlyAccess', own]) {
      await run(b, ops.AttachUserPolicy, { UserName: 'Ada', PolicyArn })
    }
    const input = { PolicySourceArn: ada, ActionNames: ['s3:GetObject'] }
    const [result] = (await run(b, ops.SimulatePrincipalPolicy, input)).EvaluationResults ?? []
    assert.deepEqual(
      result?.MatchedStatements?.map(({ StartPosition }) => StartPosition),
      [{ Line: 1, Column: 38 }],
    )
  })

  test('says that an organization allows, for an account that is in one', async () => {
    const { b, ops } = await made()
    await addUser(b, 'Ada')
    const detail = async () => {
      const input = { PolicySourceArn: ada, ActionNames: ['s3:GetObject'] }
      return (await run(b, ops.SimulatePrincipalPolicy, input)).EvaluationResults?.[0]?.OrganizationsDecisionDetail
    }
    assert.equal(await detail(), undefined)
    const organization = { id: 'o-exampleorgid', joinedAt: '2026-01-01T00:00:00Z', joinedMethod: 'CREATED' } as const
    await b.store.transact(async (tx) => {
      const account = await tx.get(accounts, [ACCOUNT])
      if (account !== undefined) await tx.replace(accounts, { ...account, organization })
    })
    assert.deepEqual(await detail(), { AllowedByOrganizations: true })
  })

  test('of a role, and of one that is not there', async () => {
    const { b, ops } = await made()
    await addRole(b, 'R', '/p/')
    const of = (PolicySourceArn: string) =>
      refusalOf(run(b, ops.SimulatePrincipalPolicy, { PolicySourceArn, ActionNames: ['s3:GetObject'] }))
    assert.equal(await of(`arn:aws:iam::${ACCOUNT}:role/p/R`), 'no refusal')
    const none = 'NoSuchEntity: The role with name R cannot be found.'
    assert.equal(await of(`arn:aws:iam::${ACCOUNT}:role/R`), none)
    assert.equal(await of(`arn:aws:iam::${OTHER}:role/p/R`), none)
    assert.match(await of(`arn:aws:iam::${ACCOUNT}:group/g`), /^InvalidInput/)
  })

  test('asks about the principal', async () => {
    const { b, ops } = await made()
    await addUser(b, 'Ada')
    const [question] = await questionsOf(ops.SimulatePrincipalPolicy, {
      PolicySourceArn: ada,
      ActionNames: ['s3:GetObject'],
    })
    assert.equal(question?.action, 'iam:SimulatePrincipalPolicy')
    assert.equal(question?.resource, ada)
  })
})
