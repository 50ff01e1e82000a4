// Simulation, through the operation records: the policy engine's public face.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import type { IamInput } from './define.ts'
import { iamOperations } from './operations.ts'
import { ACCOUNT, addRole, addUser, bench, OTHER, questionsOf, refusalOf, run } from './testing/bench.ts'

type Input = IamInput<'SimulateCustomPolicy'>

const policy = (...statements: readonly object[]) => JSON.stringify({ Version: '2012-10-17', Statement: statements })
const allow = (Action: string, Resource = '*', more: object = {}) => ({ Effect: 'Allow', Action, Resource, ...more })
const deny = (Action: string, Resource = '*') => ({ Effect: 'Deny', Action, Resource })
const ada = `arn:aws:iam::${ACCOUNT}:user/Ada`
const object = 'arn:aws:s3:::bucket/key'

async function made() {
  const b = await bench()
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
      { ...source, StartPosition: { Line: 3, Column: 3 }, EndPosition: { Line: 3, Column: 52 } },
    ])
    assert.deepEqual(removed?.MatchedStatements, [
      { ...source, StartPosition: { Line: 4, Column: 3 }, EndPosition: { Line: 4, Column: 62 } },
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

  test('each action on each resource, in pages', async () => {
    const { b, ops } = await made()
    const input = {
      PolicyInputList: [policy(allow('s3:Get*', object))],
      ActionNames: ['s3:GetObject', 's3:PutObject'],
      ResourceArns: [object, 'arn:aws:s3:::bucket/other'],
    }
    const seen: string[] = []
    let Marker: string | undefined
    do {
      const page = await run(b, ops.SimulateCustomPolicy, { ...input, MaxItems: 3, Marker })
      for (const {
        EvalActionName,
        EvalResourceName,
        EvalDecision,
        ResourceSpecificResults,
      } of page.EvaluationResults ?? []) {
        seen.push(`${EvalActionName} ${EvalResourceName} ${EvalDecision}`)
        assert.equal(ResourceSpecificResults?.[0]?.EvalResourceDecision, EvalDecision)
      }
      Marker = page.Marker
    } while (Marker !== undefined)
    assert.deepEqual(seen, [
      `s3:GetObject ${object} allowed`,
      's3:GetObject arn:aws:s3:::bucket/other implicitDeny',
      `s3:PutObject ${object} implicitDeny`,
      's3:PutObject arn:aws:s3:::bucket/other implicitDeny',
    ])
  })
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
    const [asked] = await questionsOf(ops.SimulatePrincipalPolicy, {
      PolicySourceArn: ada,
      ActionNames: ['s3:GetObject'],
    })
    assert.equal(asked?.action, 'iam:SimulatePrincipalPolicy')
    assert.equal(asked?.resource, ada)
  })
})
