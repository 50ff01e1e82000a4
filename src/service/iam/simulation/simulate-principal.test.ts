// Simulations of a principal that is there, through the operation records.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { accounts } from '../../records.ts'
import { ACCOUNT, addRole, addUser, OTHER, questionsOf, refusalOf, run } from '../../testing/operations-kit.ts'
import { openIam } from '../testing/iam-kit.ts'
import { ada, allow, deny, policy } from '../testing/simulation-kit.ts'

describe('SimulatePrincipalPolicy', () => {
  test('takes the principal’s own policies and boundary, and those handed in', async () => {
    const { b, ops } = await openIam()
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
    const { b, ops } = await openIam()
    await addUser(b, 'Ada')
    await run(b, ops.CreatePolicy, { PolicyName: 'bound', PolicyDocument: policy(deny('s3:Get*')) })
    const PermissionsBoundary = `arn:aws:iam::${ACCOUNT}:policy/bound`
    await run(b, ops.PutUserPermissionsBoundary, { UserName: 'Ada', PermissionsBoundary })
    const input = { PolicySourceArn: ada, ActionNames: ['s3:GetObject'] }
    const { EvaluationResults } = await run(b, ops.SimulatePrincipalPolicy, input)
    assert.equal(EvaluationResults?.[0]?.MatchedStatements?.[0]?.SourcePolicyId, 'bound')
  })

  test('tells two policies of one name apart', async () => {
    const { b, ops } = await openIam()
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
    const { b, ops } = await openIam()
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
    const { b, ops } = await openIam()
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
    const { b, ops } = await openIam()
    await addUser(b, 'Ada')
    const [question] = await questionsOf(ops.SimulatePrincipalPolicy, {
      PolicySourceArn: ada,
      ActionNames: ['s3:GetObject'],
    })
    assert.equal(question?.action, 'iam:SimulatePrincipalPolicy')
    assert.equal(question?.resource, ada)
  })
})
