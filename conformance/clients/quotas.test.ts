// Quotas that an operator set, as AWS's own clients meet them.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { CreateUserCommand, GetAccountSummaryCommand } from '@aws-sdk/client-iam'
import {
  type ConstraintViolationException,
  CreateAccountCommand,
  CreateOrganizationCommand,
} from '@aws-sdk/client-organizations'
import { firstAccount, testServer } from './server.ts'

const quotas = `UsersPerAccount=7,${firstAccount}:UsersPerAccount=1,AccountsPerOrganization=1`
const server = await testServer({ settings: { quotas } })

test('are shown by GetAccountSummary, enforced, and named in the refusal', async () => {
  const { iam } = server.as(server.root)
  const { SummaryMap } = await iam.send(new GetAccountSummaryCommand({}))
  assert.equal(SummaryMap?.UsersQuota, 1)
  await iam.send(new CreateUserCommand({ UserName: 'ann' }))
  await assert.rejects(iam.send(new CreateUserCommand({ UserName: 'bob' })), {
    name: 'LimitExceededException',
    message: 'Cannot exceed quota for UsersPerAccount: 1',
  })
})

test('an organization makes no more accounts than it may have', async () => {
  const { organizations } = server.as(server.root)
  await organizations.send(new CreateOrganizationCommand({}))
  const create = organizations.send(new CreateAccountCommand({ Email: 'a@example.com', AccountName: 'Member' }))
  await assert.rejects(create, (error: ConstraintViolationException) => {
    assert.equal(error.name, 'ConstraintViolationException')
    assert.equal(error.Reason, 'ACCOUNT_NUMBER_LIMIT_EXCEEDED')
    assert.match(error.message, /^You have exceeded the allowed number of AWS accounts\.$/)
    return true
  })
})
