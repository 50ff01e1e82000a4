// Organizations through its operation records: an organization, accounts made in it, and the role that comes with them.
import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { quotasOf } from '../../core/quotas.ts'
import { chaos } from '../../store/testing/chaos.ts'
import { iamOperations } from '../iam/operations.ts'
import { accounts, roles } from '../records.ts'
import { ACCOUNT, type Kit, OTHER, openKit, questionsOf, refusalOf, rootOf, run } from '../testing/operations-kit.ts'
import { organizationsOperations } from './operations.ts'
import { accountRequests, organizations } from './records.ts'

const ADMIN = 'arn:aws:iam::aws:policy/AdministratorAccess'

async function made() {
  const b = await openKit([organizations, accountRequests])
  return { b, ops: organizationsOperations(b.parts) }
}

async function organized() {
  const { b, ops } = await made()
  await run(b, ops.CreateOrganization, {})
  return { b, ops }
}

async function newAccount(b: Kit, Email: string, AccountName = 'Member') {
  const ops = organizationsOperations(b.parts)
  const requested = await run(b, ops.CreateAccount, { Email, AccountName })
  const CreateAccountRequestId = requested.CreateAccountStatus?.Id ?? ''
  return (await run(b, ops.DescribeCreateAccountStatus, { CreateAccountRequestId })).CreateAccountStatus
}

describe('CreateOrganization', () => {
  test('makes the caller’s account the management account', async () => {
    const { b, ops } = await made()
    const { Organization } = await run(b, ops.CreateOrganization, {})
    assert.match(Organization?.Id ?? '', /^o-[a-z0-9]{10}$/)
    assert.equal(Organization?.MasterAccountId, ACCOUNT)
    assert.equal(Organization?.Arn, `arn:aws:organizations::${ACCOUNT}:organization/${Organization?.Id}`)
    assert.equal(Organization?.FeatureSet, 'ALL')
    assert.deepEqual((await run(b, ops.DescribeOrganization, {})).Organization, Organization)
    assert.equal((await b.store.get(accounts, [ACCOUNT]))?.organization?.id, Organization?.Id)
  })

  test('refuses an account that is in one', async () => {
    const { b, ops } = await organized()
    const answer = await refusalOf(run(b, ops.CreateOrganization, {}))
    assert.equal(answer, 'AlreadyInOrganizationException: The AWS account is already a member of an organization.')
  })

  test('two at once make one', async () => {
    const { b, ops } = await made()
    const answers = await Promise.all([1, 2].map(() => refusalOf(run(b, ops.CreateOrganization, {}))))
    assert.equal(answers.filter((answer) => answer === 'no refusal').length, 1)
  })
})

describe('CreateAccount', () => {
  test('makes ten accounts with the management account, unless told; refused ones have made nothing', async () => {
    const refusal = 'ConstraintViolationException: You have exceeded the allowed number of AWS accounts.'
    for (const [most, quotas] of [
      [10, quotasOf([])],
      [3, quotasOf(['AccountsPerOrganization=2', `${ACCOUNT}:AccountsPerOrganization=3`])],
    ] as const) {
      const b = await openKit([organizations, accountRequests], quotas)
      const ops = organizationsOperations(b.parts)
      await run(b, ops.CreateOrganization, {})
      for (let nth = 2; nth <= most; nth++) {
        assert.equal((await newAccount(b, `a${nth}@example.com`))?.State, 'SUCCEEDED')
      }
      const next = run(b, ops.CreateAccount, { Email: 'next@example.com', AccountName: 'Next' })
      assert.equal(await refusalOf(next), refusal)
      assert.equal((await run(b, ops.ListAccounts, {})).Accounts?.length, most)
    }
  })

  test('answers IN_PROGRESS; the status then says SUCCEEDED and which account', async () => {
    const { b, ops } = await organized()
    const requested = await run(b, ops.CreateAccount, { Email: 'a@example.com', AccountName: 'Data' })
    assert.equal(requested.CreateAccountStatus?.State, 'IN_PROGRESS')
    assert.match(requested.CreateAccountStatus?.Id ?? '', /^car-[a-z0-9]{32}$/)
    const CreateAccountRequestId = requested.CreateAccountStatus?.Id ?? ''
    const { CreateAccountStatus } = await run(b, ops.DescribeCreateAccountStatus, { CreateAccountRequestId })
    assert.equal(CreateAccountStatus?.State, 'SUCCEEDED')
    const id = CreateAccountStatus?.AccountId ?? ''
    assert.match(id, /^\d{12}$/)
    const member = await b.store.get(accounts, [id])
    assert.equal(member?.name, 'Data')
    assert.equal(member?.organization?.joinedMethod, 'CREATED')
  })

  test('makes OrganizationAccountAccessRole, which trusts the management account and may do everything', async () => {
    const { b } = await organized()
    const id = (await newAccount(b, 'a@example.com'))?.AccountId ?? ''
    const iam = iamOperations(b.parts)
    const as = rootOf(id)
    const { Role } = await run(b, iam.GetRole, { RoleName: 'OrganizationAccountAccessRole' }, { as })
    assert.deepEqual(JSON.parse(decodeURIComponent(Role?.AssumeRolePolicyDocument ?? '')), {
      Version: '2012-10-17',
      Statement: [{ Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${ACCOUNT}:root` }, Action: 'sts:AssumeRole' }],
    })
    const attached = await run(b, iam.ListAttachedRolePolicies, { RoleName: Role?.RoleName ?? '' }, { as })
    assert.deepEqual(attached.AttachedPolicies, [{ PolicyName: 'AdministratorAccess', PolicyArn: ADMIN }])
  })

  test('names the role as asked', async () => {
    const { b, ops } = await organized()
    await run(b, ops.CreateAccount, { Email: 'a@example.com', AccountName: 'x', RoleName: 'Deployer' })
    const { items } = await b.store.list(accounts, 'email', { prefix: ['a@example.com'], limit: 1 })
    assert.ok(await b.store.get(roles, [items[0]?.id ?? '', 'deployer']))
  })

  test('an email address that an account has, in whatever case, is a status of FAILED and no account', async () => {
    const { b } = await organized()
    await newAccount(b, 'a@example.com')
    const status = await newAccount(b, 'A@Example.com')
    assert.equal(status?.State, 'FAILED')
    assert.equal(status?.FailureReason, 'EMAIL_ALREADY_EXISTS')
    assert.equal((await run(b, organizationsOperations(b.parts).ListAccounts, {})).Accounts?.length, 2)
  })

  test('two at once with one address: one account', async () => {
    const { b } = await organized()
    const states = await Promise.all([1, 2].map(() => newAccount(b, 'a@example.com')))
    assert.deepEqual(states.map((status) => status?.State).sort(), ['FAILED', 'SUCCEEDED'])
  })

  const refused = [
    {
      title: 'an account in no organization',
      as: rootOf(OTHER),
      says: 'AWSOrganizationsNotInUseException: Your account is not a member of an organization.',
    },
    {
      title: 'a member account',
      as: 'member',
      says: "AccessDeniedException: You don't have permissions to access this resource.",
    },
  ] as const
  for (const { title, as, says } of refused) {
    test(`is refused to ${title}`, async () => {
      const { b, ops } = await organized()
      const caller = as === 'member' ? rootOf((await newAccount(b, 'm@example.com'))?.AccountId ?? '') : as
      const input = { Email: 'b@example.com', AccountName: 'x' }
      assert.equal(await refusalOf(run(b, ops.CreateAccount, input, { as: caller })), says)
      assert.equal(await refusalOf(run(b, ops.ListAccounts, {}, { as: caller })), says)
    })
  }

  test('whichever store call fails, there is no account without its role, and no role without its account', async () => {
    let failAt = 1
    for (; failAt < 100; failAt++) {
      const { b } = await organized()
      const broken = { ...b, store: chaos(b.store, { twice: true, failAt }) }
      const ops = organizationsOperations({ ...b.parts, store: broken.store })
      const input = { Email: 'a@example.com', AccountName: 'x' }
      const done = await run(broken, ops.CreateAccount, input).then(
        () => true,
        () => false,
      )
      const { items } = await b.store.list(accounts, 'email', { prefix: ['a@example.com'], limit: 1 })
      const requests = await b.store.list(accountRequests, 'key', { prefix: [ACCOUNT], limit: 9 })
      assert.equal(items.length, done ? 1 : 0)
      assert.equal(requests.items.length, done ? 1 : 0)
      for (const { id } of items) assert.ok(await b.store.get(roles, [id, 'organizationaccountaccessrole']))
      if (done) break
    }
    assert.ok(failAt > 5 && failAt < 100)
  })
})

describe('what an organization is made of', () => {
  const child = "ChildNotFoundException: We can't find an organizational unit (OU) or AWS account with the ChildId"
  const target = "TargetNotFoundException: We can't find a root, OU, account, or policy with the TargetId"

  test('one root, which stays the same, and every account directly under it', async () => {
    const { b, ops } = await organized()
    const { Roots = [] } = await run(b, ops.ListRoots, {})
    const id = (await run(b, ops.DescribeOrganization, {})).Organization?.Id ?? ''
    const Id = Roots[0]?.Id ?? ''
    assert.match(Id, /^r-[0-9a-z]{4,32}$/)
    const Arn = `arn:aws:organizations::${ACCOUNT}:root/${id}/${Id}`
    assert.deepEqual(Roots, [{ Id, Arn, Name: 'Root', PolicyTypes: [] }])
    assert.deepEqual((await run(b, ops.ListRoots, {})).Roots, Roots)
    const member = (await newAccount(b, 'a@example.com'))?.AccountId ?? ''
    for (const ChildId of [ACCOUNT, member]) {
      assert.deepEqual((await run(b, ops.ListParents, { ChildId })).Parents, [{ Id, Type: 'ROOT' }])
    }
    for (const ChildId of [OTHER, 'ou-ab12-12345678']) {
      assert.equal(await refusalOf(run(b, ops.ListParents, { ChildId })), `${child} that you specified.`)
    }
  })

  test('tags of what is there, of which there are none', async () => {
    const { b, ops } = await organized()
    const root = (await run(b, ops.ListRoots, {})).Roots?.[0]
    for (const ResourceId of [ACCOUNT, root?.Id ?? '']) {
      assert.deepEqual(await run(b, ops.ListTagsForResource, { ResourceId }), { Tags: [] })
    }
    for (const ResourceId of [OTHER, 'r-none', 'p-12345678']) {
      assert.equal(await refusalOf(run(b, ops.ListTagsForResource, { ResourceId })), `${target} that you specified.`)
    }
  })

  test('no policies, services or delegated administrators', async () => {
    const { b, ops } = await organized()
    assert.deepEqual(await run(b, ops.ListPolicies, { Filter: 'SERVICE_CONTROL_POLICY' }), { Policies: [] })
    assert.deepEqual(await run(b, ops.ListAWSServiceAccessForOrganization, {}), { EnabledServicePrincipals: [] })
    assert.deepEqual(await run(b, ops.ListDelegatedAdministrators, {}), { DelegatedAdministrators: [] })
  })

  test('is told the management account alone, and with no token but one of its own', async () => {
    const { b, ops } = await organized()
    const member = rootOf((await newAccount(b, 'm@example.com'))?.AccountId ?? '')
    const asks = [
      (input: object, as = rootOf(ACCOUNT)) => run(b, ops.ListRoots, input, { as }),
      (input: object, as = rootOf(ACCOUNT)) => run(b, ops.ListParents, { ChildId: ACCOUNT, ...input }, { as }),
      (input: object, as = rootOf(ACCOUNT)) =>
        run(b, ops.ListTagsForResource, { ResourceId: ACCOUNT, ...input }, { as }),
      (input: object, as = rootOf(ACCOUNT)) => run(b, ops.ListPolicies, { Filter: 'TAG_POLICY', ...input }, { as }),
      (input: object, as = rootOf(ACCOUNT)) => run(b, ops.ListAWSServiceAccessForOrganization, input, { as }),
      (input: object, as = rootOf(ACCOUNT)) => run(b, ops.ListDelegatedAdministrators, input, { as }),
    ]
    for (const ask of asks) {
      assert.match(await refusalOf(ask({}, member)), /^AccessDeniedException: /)
      assert.match(await refusalOf(ask({}, rootOf(OTHER))), /^AWSOrganizationsNotInUseException: /)
      assert.match(await refusalOf(ask({ NextToken: 'x' })), /^InvalidInputException: /)
    }
  })

  test('asks for the account, or the root, that it is about', async () => {
    const { b, ops } = await organized()
    const id = (await run(b, ops.DescribeOrganization, {})).Organization?.Id ?? ''
    const root = (await run(b, ops.ListRoots, {})).Roots?.[0]
    const account = `arn:aws:organizations::${ACCOUNT}:account/${id}/${ACCOUNT}`
    const tagsOfResource = async (ResourceId: string) =>
      (await questionsOf(ops.ListTagsForResource, { ResourceId }))[0]?.resource
    assert.deepEqual([await tagsOfResource(ACCOUNT), await tagsOfResource(root?.Id ?? '')], [account, root?.Arn])
    assert.equal((await questionsOf(ops.ListParents, { ChildId: ACCOUNT }))[0]?.resource, account)
    const [policies] = await questionsOf(ops.ListPolicies, { Filter: 'TAG_POLICY' })
    assert.equal(policies?.keys.get('organizations:policytype'), 'TAG_POLICY')
  })
})

describe('reading an organization', () => {
  test('ListAccounts pages, with the management account among them', async () => {
    const { b, ops } = await organized()
    for (const name of ['a', 'b', 'c']) await newAccount(b, `${name}@example.com`, name)
    const seen: (string | undefined)[] = []
    let NextToken: string | undefined
    do {
      const page = await run(b, ops.ListAccounts, { MaxResults: 2, NextToken })
      assert.ok((page.Accounts?.length ?? 0) <= 2)
      seen.push(...(page.Accounts ?? []).map(({ Name }) => Name))
      NextToken = page.NextToken
    } while (NextToken !== undefined)
    assert.deepEqual(seen.sort(), [ACCOUNT, 'a', 'b', 'c'].sort())
    assert.match(await refusalOf(run(b, ops.ListAccounts, { NextToken: 'garbage' })), /^InvalidInputException/)
  })

  test('DescribeAccount tells of members alone, and asks for the member’s ARN', async () => {
    const { b, ops } = await organized()
    const AccountId = (await newAccount(b, 'a@example.com'))?.AccountId ?? ''
    const { Account } = await run(b, ops.DescribeAccount, { AccountId })
    assert.equal(Account?.Email, 'a@example.com')
    const [question] = await questionsOf(ops.DescribeAccount, { AccountId })
    assert.equal(question?.resource, Account?.Arn)
    const answer = await refusalOf(run(b, ops.DescribeAccount, { AccountId: OTHER }))
    assert.match(answer, /^AccountNotFoundException/)
  })

  test('a request of another account’s is not found', async () => {
    const { b, ops } = await organized()
    const CreateAccountRequestId = 'car-00000000000000000000000000000000'
    const answer = await refusalOf(run(b, ops.DescribeCreateAccountStatus, { CreateAccountRequestId }))
    assert.match(answer, /^CreateAccountStatusNotFoundException/)
  })
})
