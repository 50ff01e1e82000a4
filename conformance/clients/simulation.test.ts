// A simulation's answer, as AWS's own client reads it.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { SimulateCustomPolicyCommand, type SimulateCustomPolicyCommandInput } from '@aws-sdk/client-iam'
import { allow, policy } from './people.ts'
import { testServer } from './server.ts'

const server = await testServer()

const object = 'arn:aws:s3:::bucket/key'
const resultOf = async (input: Partial<SimulateCustomPolicyCommandInput>) => {
  const asked = { PolicyInputList: [allow('s3:*')], ActionNames: ['s3:GetObject'], ResourceArns: [object], ...input }
  const { EvaluationResults } = await server.as(server.root).iam.send(new SimulateCustomPolicyCommand(asked))
  assert.equal(EvaluationResults?.length, 1)
  return EvaluationResults[0]
}

test('within an account, the details are there and empty', async () => {
  const result = await resultOf({})
  assert.deepEqual(result?.EvalDecisionDetails, {})
  assert.deepEqual([result?.EvalResourceName, result?.EvalDecision], [object, 'allowed'])
  assert.equal(result?.ResourceSpecificResults?.[0]?.EvalResourceDecision, 'allowed')
})

test('across accounts, the details say what each type of policy says', async () => {
  const CallerArn = `arn:aws:iam::${server.account}:user/ann`
  const result = await resultOf({
    CallerArn,
    ResourceOwner: 'arn:aws:iam::444455556666:root',
    ResourcePolicy: policy({ Principal: { AWS: CallerArn }, Action: 's3:*', Resource: object }),
    PermissionsBoundaryPolicyInputList: [allow('iam:*')],
  })
  assert.equal(result?.EvalDecision, 'implicitDeny')
  assert.deepEqual(result?.EvalDecisionDetails, {
    'IAM Policy': 'allowed',
    'Resource Policy': 'allowed',
    'Permissions Boundary Policy': 'implicitDeny',
  })
})
