// Organizations requests that break the API's constraints: AWS's client gets InvalidInputException with its Reason, whatever
// the operation, and before authorization.
import assert from 'node:assert/strict'
import { test } from 'node:test'
import {
  CloseAccountCommand,
  CreateAccountCommand,
  CreateOrganizationCommand,
  DescribeAccountCommand,
  DescribeCreateAccountStatusCommand,
  ListAccountsCommand,
  ListParentsCommand,
  ListPoliciesCommand,
  ListTagsForResourceCommand,
  type OrganizationFeatureSet,
  type PolicyType,
  RemoveAccountFromOrganizationCommand,
  TagResourceCommand,
  UntagResourceCommand,
} from '@aws-sdk/client-organizations'
import { manager } from './people.ts'
import { type Clients, testServer } from './server.ts'

const server = await testServer()
const admin = await manager(server)

const ResourceId = '111122223333'
const pattern = ['INVALID_PATTERN', 'You provided a value that does not match the required pattern.'] as const
const missing = ['INPUT_REQUIRED', 'You must include a value for all required parameters.'] as const
const listed = ['INVALID_ENUM', 'You specified an invalid value.'] as const
const duplicate = ['DUPLICATE_TAG_KEY', 'Tag keys must be unique among the tags attached to the same entity.'] as const

const rows: readonly (readonly [
  title: string,
  ask: (by: Clients['organizations']) => Promise<unknown>,
  told: readonly [reason: string, message: string],
])[] = [
  [
    'DescribeAccount of an ARN',
    (by) => by.send(new DescribeAccountCommand({ AccountId: 'arn:aws:iam::1:root' })),
    pattern,
  ],
  ['DescribeAccount of none', (by) => by.send(new DescribeAccountCommand({ AccountId: undefined })), missing],
  ['CloseAccount of an email', (by) => by.send(new CloseAccountCommand({ AccountId: 'a@example.com' })), pattern],
  [
    'RemoveAccountFromOrganization of eleven digits',
    (by) => by.send(new RemoveAccountFromOrganizationCommand({ AccountId: '1'.repeat(11) })),
    pattern,
  ],
  ['ListParents of a root', (by) => by.send(new ListParentsCommand({ ChildId: 'r-ab12' })), pattern],
  ['ListTagsForResource of an ARN', (by) => by.send(new ListTagsForResourceCommand({ ResourceId: 'arn:x' })), pattern],
  [
    'DescribeCreateAccountStatus of another kind of id',
    (by) => by.send(new DescribeCreateAccountStatusCommand({ CreateAccountRequestId: 'x' })),
    pattern,
  ],
  ['ListPolicies of no such type', (by) => by.send(new ListPoliciesCommand({ Filter: 'X' as PolicyType })), listed],
  [
    'CreateOrganization with no such features',
    (by) => by.send(new CreateOrganizationCommand({ FeatureSet: 'X' as OrganizationFeatureSet })),
    listed,
  ],
  [
    'ListAccounts of too many',
    (by) => by.send(new ListAccountsCommand({ MaxResults: 1000 })),
    ['MAX_VALUE_EXCEEDED', 'You provided a numeric parameter that has a larger value than allowed.'],
  ],
  [
    'ListAccounts with a token that was not given',
    (by) => by.send(new ListAccountsCommand({ NextToken: 'x' })),
    ['INVALID_NEXT_TOKEN', 'You specified an invalid value for nextToken.'],
  ],
  [
    'CreateAccount with an email that is none',
    (by) => by.send(new CreateAccountCommand({ AccountName: 'a', Email: 'a.example.com' })),
    pattern,
  ],
  [
    'CreateAccount without a name',
    (by) => by.send(new CreateAccountCommand({ AccountName: undefined, Email: 'a@example.com' })),
    missing,
  ],
  [
    'CreateAccount with a key twice',
    (by) =>
      by.send(
        new CreateAccountCommand({
          AccountName: 'a',
          Email: 'a@example.com',
          Tags: ['k', 'k'].map((Key) => ({ Key, Value: '' })),
        }),
      ),
    duplicate,
  ],
  [
    'TagResource with a percent sign',
    (by) => by.send(new TagResourceCommand({ ResourceId, Tags: [{ Key: 'k', Value: '%3a' }] })),
    pattern,
  ],
  [
    'TagResource with a value of 257 characters',
    (by) => by.send(new TagResourceCommand({ ResourceId, Tags: [{ Key: 'k', Value: 'v'.repeat(257) }] })),
    ['MAX_LENGTH_EXCEEDED', 'You provided a string parameter that is longer than allowed.'],
  ],
  [
    'UntagResource with a key that is too long',
    (by) => by.send(new UntagResourceCommand({ ResourceId, TagKeys: ['k'.repeat(129)] })),
    ['INVALID_LIST_MEMBER', 'You provided a list to a parameter that contains at least one invalid value.'],
  ],
]

for (const [title, ask, [Reason, message]] of rows)
  test(title, async () => {
    await assert.rejects(ask(admin.organizations), { name: 'InvalidInputException', Reason, message })
  })
