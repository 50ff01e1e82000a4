// The operations on policies of tables and streams: what may be written, by whom, under which revision, and what is shown.
import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { users } from '../records.ts'
import { ACCOUNT, addRole, addUser, type Caller, OTHER, refusalOf, root, rootOf } from '../testing/operations-kit.ts'
import { arnOf, ask, ended, everything, openPolicies, policy, userWith } from './testing/policies-kit.ts'

const music = arnOf('Music')
const label = '2026-02-01T00:00:00.000'
const stream = `${music}/stream/${label}`
const to = (AWS: string | readonly string[], Action: string | readonly string[] = 'dynamodb:GetItem') => ({
  Effect: 'Allow',
  Principal: { AWS },
  Action,
  Resource: '*',
})
const simple = policy(to(OTHER))

const open = async () => {
  const kit = await openPolicies()
  kit.backend.streams.add(`table/Music/stream/${label}`)
  const put = (Policy: string, more: object = {}, as = root) =>
    ask(kit, kit.ops.PutResourcePolicy, { ResourceArn: music, Policy, ...more }, as) as Promise<{ RevisionId: string }>
  const get = (ResourceArn = music) =>
    ask(kit, kit.ops.GetResourcePolicy, { ResourceArn }, root) as Promise<{ Policy: string; RevisionId: string }>
  const remove = (more: object = {}, as = root) =>
    ask(kit, kit.ops.DeleteResourcePolicy, { ResourceArn: music, ...more }, as) as Promise<{ RevisionId?: string }>
  return { kit, put, get, remove }
}

const notFound = 'PolicyNotFoundException: Resource-based policy not found for the provided ResourceArn:'

describe('a policy', () => {
  test('is shown as it was written, with its revision', async () => {
    const { put, get } = await open()
    const Policy = policy(to(`arn:aws:iam::${OTHER}:root`))
    const { RevisionId } = await put(Policy)
    deepEqual(await get(), { Policy, RevisionId })
    match(RevisionId, /^\d{13}$/)
  })
  test('that there is none is said', async () => {
    const { get } = await open()
    equal(await refusalOf(get()), `${notFound} ${music}`)
  })
  test('a stream’s is its own', async () => {
    const { kit, get } = await open()
    const Policy = policy(to(OTHER, 'dynamodb:GetRecords'))
    await ask(kit, kit.ops.PutResourcePolicy, { ResourceArn: stream, Policy }, root)
    equal(JSON.parse((await get(stream)).Policy).Statement[0].Action, 'dynamodb:GetRecords')
    equal(await refusalOf(get()), `${notFound} ${music}`)
  })
  test('nothing of it reaches the backend', async () => {
    const { kit, put, get, remove } = await open()
    await put(simple)
    await get()
    await remove()
    deepEqual(kit.backend.seen, [])
  })
})

describe('revisions', () => {
  test('the same policy again changes nothing, however it is written', async () => {
    const { put } = await open()
    const { RevisionId } = await put(policy(to(OTHER)))
    const [statement] = JSON.parse(simple).Statement
    const others = [
      simple,
      JSON.stringify(JSON.parse(simple), null, 2),
      JSON.stringify({ Statement: statement, Version: '2012-10-17' }),
      policy(to([`arn:aws:iam::${OTHER}:root`], ['dynamodb:GetItem'])),
    ]
    for (const Policy of others) equal((await put(Policy)).RevisionId, RevisionId)
  })
  test('another one has a later revision, though no time has passed', async () => {
    const { put } = await open()
    const first = await put(simple)
    const second = await put(policy(to(OTHER, 'dynamodb:PutItem')))
    equal(Number(second.RevisionId) > Number(first.RevisionId), true)
  })
  test('a number in another spelling is another policy: conditions compare texts', async () => {
    const { put } = await open()
    const withNumber = (text: string) =>
      simple.replace('"Resource"', `"Condition":{"StringEquals":{"aws:PrincipalTag/grade":${text}}},"Resource"`)
    const first = await put(withNumber('5.5'))
    const second = await put(withNumber('5.50'))
    equal(first.RevisionId === second.RevisionId, false)
  })
  test('the same text means somebody else once a principal was made anew', async () => {
    const { kit, put } = await open()
    const ann = await addUser(kit, 'Ann')
    const Policy = policy(to(`arn:aws:iam::${ACCOUNT}:user/Ann`))
    const first = await put(Policy)
    await kit.store.transact((tx) => tx.delete(users, [ACCOUNT, 'ann']))
    const again = await addUser(kit, 'Ann')
    equal(ann.id === again.id, false)
    const second = await put(Policy)
    equal(first.RevisionId === second.RevisionId, false)
  })
  test('one that is expected must be there', async () => {
    const { put, remove } = await open()
    equal(
      await refusalOf(put(simple, { ExpectedRevisionId: '1' })),
      `${notFound} Requested update for policy with revision id 1, but table Music has no associated policy.`,
    )
    const { RevisionId } = await put(simple, { ExpectedRevisionId: 'NO_POLICY' })
    const other = policy(to(OTHER, 'dynamodb:Scan'))
    equal(
      await refusalOf(put(other, { ExpectedRevisionId: 'NO_POLICY' })),
      `${notFound} Requested policy update expecting none to be present for table Music, but a policy exists with revision id ${RevisionId}.`,
    )
    const stale = `${notFound} Requested update for policy with revision id 1, but the policy associated to target table Music has revision id ${RevisionId}.`
    equal(await refusalOf(put(other, { ExpectedRevisionId: '1' })), stale)
    equal(await refusalOf(remove({ ExpectedRevisionId: '1' })), stale)
    const { RevisionId: next } = await put(other, { ExpectedRevisionId: RevisionId })
    deepEqual(await remove({ ExpectedRevisionId: next }), { RevisionId: next })
  })
  test('removing says which one was removed, and nothing when there is none', async () => {
    const { put, remove } = await open()
    deepEqual(await remove(), {})
    const { RevisionId } = await put(simple)
    deepEqual(await remove(), { RevisionId })
    deepEqual(await remove(), {})
    match(await refusalOf(remove({ ExpectedRevisionId: RevisionId })), /has no associated policy/)
  })
})

describe('principals', () => {
  test('a name that moves is shown as it is now; one that is gone by its id', async () => {
    const { kit, put, get } = await open()
    const ann = await addUser(kit, 'Ann')
    const role = await addRole(kit, 'Reader')
    await put(
      policy(to([`arn:aws:iam::${ACCOUNT}:user/Ann`, OTHER]), {
        ...to(''),
        Effect: 'Deny',
        Principal: undefined,
        NotPrincipal: { AWS: [`arn:aws:iam::${ACCOUNT}:role/Reader`, ACCOUNT] },
      }),
    )
    const shown = async () => {
      const { Statement } = JSON.parse((await get()).Policy)
      return [...Statement[0].Principal.AWS, ...Statement[1].NotPrincipal.AWS]
    }
    const roots = [`arn:aws:iam::${OTHER}:root`, `arn:aws:iam::${ACCOUNT}:root`] as const
    await kit.store.transact((tx) => tx.replace(users, { ...ann, path: '/staff/' }))
    deepEqual(await shown(), [
      `arn:aws:iam::${ACCOUNT}:user/staff/Ann`,
      roots[0],
      `arn:aws:iam::${ACCOUNT}:role/Reader`,
      roots[1],
    ])
    await kit.store.transact((tx) => tx.delete(users, [ACCOUNT, 'ann']))
    await addUser(kit, 'Ann')
    deepEqual(await shown(), [ann.id, roots[0], `arn:aws:iam::${ACCOUNT}:role/Reader`, roots[1]])
    equal(role.name, 'Reader')
  })
  for (const [what, principal] of [
    ['a user that is not there', { AWS: `arn:aws:iam::${ACCOUNT}:user/Nobody` }],
    ['an account that is not there', { AWS: '999999999999' }],
    ['a unique id', { AWS: 'AIDAABCDEFGHIJKLMNOPQ' }],
    ['a canonical user', { CanonicalUser: 'abc' }],
    ['a host that is no service', { Service: 'ec2.example.com' }],
  ] as const) {
    test(`cannot be: ${what}`, async () => {
      const { put } = await open()
      const says =
        'ValidationException: One or more parameter values were invalid: Invalid principal in policy document.'
      equal(await refusalOf(put(policy({ ...to(OTHER), Principal: principal }))), says)
      const spared = { Effect: 'Deny', NotPrincipal: principal, Action: 'dynamodb:Scan', Resource: '*' }
      equal(await refusalOf(put(policy(spared))), says)
    })
  }
})

describe('which table', () => {
  for (const [what, arn, says] of [
    ['a name', 'Music', "One or more parameter values were invalid: ARNs must start with 'arn:': Music"],
    ['another service’s', 'arn:aws:s3:::Music', /Provided Arn is not a DynamoDB resource arn/],
    ['another region’s', music.replace('us-east-1', 'eu-west-1'), /Invalid resource Arn/],
    ['another partition’s', music.replace('arn:aws:', 'arn:aws-cn:'), /Invalid resource Arn/],
    ['an index', `${music}/index/ByDay`, /only table or stream is accepted/],
    ['a backup', `${music}/backup/01`, /only table or stream is accepted/],
    ['more than a table', `${music}/stream/a/b`, /Invalid resource Arn/],
    ['another account’s', arnOf('Music', OTHER), /accounts that match the resource owner’s account/],
  ] as const) {
    test(`cannot be: ${what}`, async () => {
      const { kit } = await open()
      for (const operation of [kit.ops.PutResourcePolicy, kit.ops.GetResourcePolicy, kit.ops.DeleteResourcePolicy]) {
        const refused = await refusalOf(ask(kit, operation, { ResourceArn: arn, Policy: simple }, root))
        if (typeof says === 'string') equal(refused, `ValidationException: ${says}`)
        else match(refused, says)
      }
    })
  }
  test('must be there, once it is allowed', async () => {
    const { kit } = await open()
    const ResourceArn = arnOf('Missing')
    const gone = 'ResourceNotFoundException: Requested resource not found: Table: Missing not found'
    const nobody = userWith(await addUser(kit, 'Nobody'))
    for (const operation of [kit.ops.PutResourcePolicy, kit.ops.GetResourcePolicy, kit.ops.DeleteResourcePolicy]) {
      equal(await refusalOf(ask(kit, operation, { ResourceArn, Policy: simple }, root)), gone)
      equal(await ended(ask(kit, operation, { ResourceArn, Policy: simple }, nobody)), 'denied')
    }
  })
  test('a stream must be there as well: names of streams are no room for policies', async () => {
    const { kit } = await open()
    const Policy = policy(to(OTHER, 'dynamodb:GetRecords'))
    const ResourceArn = `${music}/stream/2000-01-01T00:00:00.000`
    equal(
      await refusalOf(ask(kit, kit.ops.PutResourcePolicy, { ResourceArn, Policy }, root)),
      'ResourceNotFoundException: Requested resource not found: Stream: 2000-01-01T00:00:00.000 not found for Table: Music',
    )
  })
  test('while the backend does not say, nothing is written, and clients try again', async () => {
    const { kit, put, get } = await open()
    kit.backend.faults.set('DescribeTable', 'away')
    equal(await ended(put(simple)), 'ServiceUnavailable')
    equal(await ended(get()), 'ServiceUnavailable')
  })
  test('nor while it does not say of a stream', async () => {
    const { kit, get } = await open()
    kit.backend.faults.set('DescribeStream', 'lost')
    equal(
      await ended(
        ask(
          kit,
          kit.ops.PutResourcePolicy,
          { ResourceArn: stream, Policy: policy(to(OTHER, 'dynamodb:GetRecords')) },
          root,
        ),
      ),
      'ServiceUnavailable',
    )
    equal(await ended(get(stream)), 'PolicyNotFoundException')
  })
})

describe('whoever writes a policy', () => {
  const denied =
    'AccessDeniedException: The new resource policy will not allow you to update the resource policy in the future.'
  const lock = (Action: string, more: object = {}) =>
    policy({ Effect: 'Deny', Principal: '*', Action, Resource: '*', ...more })

  test('is not locked out unknowingly', async () => {
    const { kit, put, get } = await open()
    const ann = userWith(await addUser(kit, 'Ann'), everything)
    const byArn = { Condition: { StringEquals: { 'aws:PrincipalArn': `arn:aws:iam::${ACCOUNT}:user/Ann` } } }
    for (const Policy of [
      lock('dynamodb:PutResourcePolicy'),
      lock('dynamodb:*'),
      lock('dynamodb:PutResourcePolicy', byArn),
    ]) {
      equal(await refusalOf(put(Policy, {}, ann)), denied)
      equal(await refusalOf(put(Policy, { ConfirmRemoveSelfResourceAccess: false }, ann)), denied)
    }
    equal(await ended(get()), 'PolicyNotFoundException')
  })
  test('may be, if it says so: then only root can remove the policy', async () => {
    const { kit, put, remove } = await open()
    const ann = userWith(await addUser(kit, 'Ann'), everything)
    await put(lock('dynamodb:*'), { ConfirmRemoveSelfResourceAccess: true }, ann)
    equal(await ended(put(simple, { ConfirmRemoveSelfResourceAccess: true }, ann)), 'denied')
    equal(await ended(remove({}, ann)), 'denied')
    equal(await ended(put(simple, {}, root)), 'denied')
    equal(await ended(remove({}, rootOf(OTHER))), 'ValidationException')
    equal(await ended(remove({}, root)), 'ok')
    equal(await ended(put(simple, {}, ann)), 'ok')
  })
  test('is locked out by what its policy no longer grants', async () => {
    const { kit, put } = await open()
    const ann = userWith(await addUser(kit, 'Ann'))
    const mine = (Action: readonly string[]) => policy(to(`arn:aws:iam::${ACCOUNT}:user/Ann`, Action))
    equal(await ended(put(mine(['dynamodb:PutResourcePolicy']), {}, ann)), 'denied')
    await put(mine(['dynamodb:PutResourcePolicy']))
    equal(await refusalOf(put(mine(['dynamodb:GetItem']), {}, ann)), denied)
    equal(await ended(put(mine(['dynamodb:GetItem', 'dynamodb:PutResourcePolicy']), {}, ann)), 'ok')
    equal(await ended(put(mine(['dynamodb:GetItem']), { ConfirmRemoveSelfResourceAccess: true }, ann)), 'ok')
    equal(await ended(put(mine(['dynamodb:PutResourcePolicy']), {}, ann)), 'denied')
  })
  test('a Deny on DeleteResourcePolicy alone is taken, as at DynamoDB', async () => {
    const { kit, put, remove } = await open()
    const ann = userWith(await addUser(kit, 'Ann'), everything)
    equal(await ended(put(lock('dynamodb:DeleteResourcePolicy'), {}, ann)), 'ok')
    equal(await ended(remove({}, ann)), 'denied')
  })
})

test('what was decided by one policy does not change another', async () => {
  const { kit } = await open()
  const ann = userWith(await addUser(kit, 'Ann'), everything)
  const put = (Policy: string, as: Caller) => ask(kit, kit.ops.PutResourcePolicy, { ResourceArn: stream, Policy }, as)
  const Principal = { AWS: `arn:aws:iam::${ACCOUNT}:user/Ann` }
  // Between Ann's decision and her change the owner keeps her out.
  kit.backend.during.set('DescribeStream', async () => {
    kit.backend.during.clear()
    await put(policy({ Effect: 'Deny', Principal, Action: '*', Resource: '*' }), root)
  })
  equal(await ended(put(policy(to(OTHER, 'dynamodb:GetRecords')), ann)), 'ResourceInUseException')
  equal(await ended(put(policy(to(OTHER, 'dynamodb:GetRecords')), ann)), 'denied')
})
