// What a guest of the enhanced flow may do at most: a row for each action, whichever of the two policies allows it.
import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { compile } from '../../../core/policy/compile.ts'
import { applicable, decide, policy, request } from '../../../core/policy/testing/policies.ts'
import { awsManagedPolicy } from '../../aws-managed/policies.ts'
import { guestManagedPolicy, guestPolicy } from './guest-policy.ts'

const managed = awsManagedPolicy(guestManagedPolicy)
assert.ok(managed)
const session = [guestPolicy, managed.text].map((text) => compile(text, { kind: 'session', source: 'session' }))

const allowed = [
  ...['kinesis:PutRecord', 'mobiletargeting:PutEvents', 'codewhisperer:GenerateRecommendations', 's3:GetObject'],
  ...['dynamodb:GetItem', 'execute-api:Invoke', 'sdb:Select', 'rum:PutRumEvents', 'textract:AnalyzeDocument'],
  ...['geo:GetMapTile', 'geo:ListMaps', 'geo:SearchPlaceIndexForText', 'geo:CalculateRouteMatrix'],
  ...['geo:PutGeofence', 'geo:BatchEvaluateGeofences', 'geo:BatchUpdateDevicePosition'],
  ...['kms:Decrypt', 'kms:ReEncryptTo', 'kms:GenerateDataKeyPairWithoutPlaintext', 'sagemaker:InvokeEndpoint'],
]
const refused = [
  ...['iam:ListUsers', 'sts:AssumeRole', 'ssm:GetParameter', 'ec2:RunInstances', 'secretsmanager:GetSecretValue'],
  ...['geo:CreateMap', 'geo:DeletePlaceIndex', 'kms:CreateGrant', 'kms:ReEncryptAnything', 'kms:ScheduleKeyDeletion'],
  ...['kinesisanalytics:StartApplication', 'sumerian:View', 'sagemaker:CreateModel', 'textract:StartDocumentAnalysis'],
]

describe('a guest', () => {
  const decided = (action: string) =>
    decide(request({ action, resource: '*' }), applicable({ identity: [policy('identity', {})], session })).allow
  for (const action of allowed) it(`may have ${action}`, () => assert.equal(decided(action), true))
  for (const action of refused) it(`may not have ${action}`, () => assert.equal(decided(action), false))
})
