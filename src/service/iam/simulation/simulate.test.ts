// What a simulation decides, and what it may cost, through the operation records: the policy engine, as callers may ask it.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ACCOUNT, OTHER, refusalOf, run } from '../../testing/operations-kit.ts'
import { openIam } from '../testing/iam-kit.ts'
import { ada, allow, deny, object, policy, type SimulationInput, simulated } from '../testing/simulation-kit.ts'

describe('a decision', () => {
  const rows: readonly {
    readonly title: string
    readonly input: SimulationInput
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

describe('a simulation is refused', () => {
  const PolicyInputList = [policy(allow('*'))]
  const rows: readonly { readonly title: string; readonly input: SimulationInput }[] = [
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
      const { b, ops } = await openIam()
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
