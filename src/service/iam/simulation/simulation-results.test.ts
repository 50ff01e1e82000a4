// What the answer of a simulation holds, through the operation records.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { OTHER, run } from '../../testing/operations-kit.ts'
import { openIam } from '../testing/iam-kit.ts'
import { ada, allow, deny, object, policy, simulated } from '../testing/simulation-kit.ts'

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
    const { b, ops } = await openIam()
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
    const { b, ops } = await openIam()
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
      for (const result of page.EvaluationResults ?? []) {
        const specific = result.ResourceSpecificResults?.map((each) => [
          each.EvalResourceName,
          each.EvalResourceDecision,
        ])
        seen.push([result.EvalActionName, result.EvalResourceName, result.EvalDecision, specific])
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

describe('EvalDecisionDetails', () => {
  // AWS's own examples (IAM API Reference, SimulateCustomPolicy and SimulatePrincipalPolicy).
  const iamOnly = policy(allow('iam:*'))
  const granting = policy({ Effect: 'Allow', Principal: { AWS: ada }, Action: ['s3:List*', 's3:Get*'], Resource: 'arn:aws:s3:::bucket/*' }) // biome-ignore format: a policy
  const input = {
    PolicyInputList: [iamOnly],
    PermissionsBoundaryPolicyInputList: [iamOnly],
    CallerArn: ada,
    ResourceArns: [object],
    ResourcePolicy: granting,
  }
  const owner = { ResourceOwner: `arn:aws:iam::${OTHER}:root` }

  test('is empty in one account', async () => {
    const [result] = await simulated(input)
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
    const [result] = await simulated({ ...input, ...owner })
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
    const [refused] = await simulated({ ...input, ...owner, OrderedOrganizationPolicyInputList })
    assert.equal(refused?.EvalDecisionDetails, undefined)
    assert.equal(refused?.ResourceSpecificResults?.[0]?.EvalDecisionDetails, undefined)
    assert.deepEqual(refused?.OrganizationsDecisionDetail, { AllowedByOrganizations: false })
  })
})
