// Others come between: what was authorized is what is changed, and what limits a role's sessions is lifted by nobody who may not pass the role.
import { deepEqual, equal } from 'node:assert/strict'
import { describe, test } from 'node:test'
import { DescribePodIdentityAssociationCommand, UpdatePodIdentityAssociationCommand } from '@aws-sdk/client-eks'
import type { Store } from '../../src/store/store.ts'
import { bundle, certificateRole, certificateWorld, idIn } from './certificates-kit.ts'
import { type Misfortune, misfortune } from './misfortune.ts'
import { allow, person, policy } from './people.ts'
import { associate, podsPrincipal, podsTrust, testCluster } from './pods-kit.ts'
import { type Refused, refused } from './refused.ts'

let store = undefined as unknown as Misfortune
const world = await certificateWorld({
  over(made) {
    store = misfortune(made)
    return store
  },
})
const { server, root, call, done, roleArn } = world
const admin = server.as(server.root)
await testCluster(server, 'main')

/** Somebody does something just before the next transaction. */
function before(work: () => Promise<unknown>) {
  store.through(
    (inner): Store => ({
      ...inner,
      async transact(change) {
        store.through()
        await work()
        return store.transact(change)
      },
    }),
  )
}

const mine = await certificateRole(server, 'Mine', podsTrust())
const theirs = await certificateRole(server, 'Theirs', podsTrust())
const passes = (service: string) => ({
  Action: 'iam:PassRole',
  Resource: mine,
  Condition: { StringEquals: { 'iam:PassedToService': service } },
})

describe('an association whose role another request exchanges', () => {
  test('is not changed by whoever may pass the role that it had', async () => {
    const changer = await person(admin, 'changer', policy({ Action: 'eks:*', Resource: '*' }, passes(podsPrincipal)))
    const limit = { disableSessionTags: true, policy: allow('iam:ListUsers') }
    const associationId = await associate(admin, 'main', mine, limit)
    const place = { clusterName: 'main', associationId }
    before(() => admin.eks.send(new UpdatePodIdentityAssociationCommand({ ...place, roleArn: theirs })))
    const update = server.as(changer.keys).eks.send(new UpdatePodIdentityAssociationCommand({ ...place, policy: '' }))
    const changed: Refused = ['InvalidRequestException', 400, 'The resource was changed by another request. Try again.']
    await refused(update, changed)
    const { association } = await admin.eks.send(new DescribePodIdentityAssociationCommand(place))
    deepEqual([association?.roleArn, association?.policy], [theirs, limit.policy])
  })
})

describe('what limits the sessions of a profile', () => {
  const limits = { sessionPolicy: allow('iam:ListUsers'), durationSeconds: 900, managedPolicyArns: [] }
  const profile = async (roleArns: readonly string[]) =>
    idIn((await done('POST', '/profiles', { name: 'p', roleArns, ...limits })).profile.profileArn)

  test('is not lifted by whoever may not pass its roles', async () => {
    const ann = await person(admin, 'ann', policy({ Action: 'rolesanywhere:*', Resource: '*' }))
    const id = await profile([roleArn])
    for (const lifted of [
      { sessionPolicy: allow('*') },
      { durationSeconds: 43_200 },
      { acceptRoleSessionName: true },
      { managedPolicyArns: [] },
    ]) {
      const { status, code } = await call('PATCH', `/profile/${id}`, lifted, ann.keys)
      deepEqual([status, code], [403, 'AccessDeniedException'], JSON.stringify(lifted))
    }
    equal((await call('PATCH', `/profile/${id}`, { name: 'q' }, ann.keys)).status, 200)
    equal((await call('PATCH', `/profile/${id}`, { roleArns: [] }, ann.keys)).status, 200)
  })

  test('nor where another request gives it other roles meanwhile', async () => {
    const may = policy({ Action: 'rolesanywhere:*', Resource: '*' }, passes('rolesanywhere.amazonaws.com'))
    const bob = await person(admin, 'bob', may)
    const id = await profile([mine])
    equal((await call('PATCH', `/profile/${id}`, { durationSeconds: 1800 }, bob.keys)).status, 200)
    before(() => call('PATCH', `/profile/${id}`, { roleArns: [theirs] }))
    const { status, code } = await call('PATCH', `/profile/${id}`, { durationSeconds: 43_200 }, bob.keys)
    deepEqual([status, code], [400, 'ValidationException'])
    const shown = (await done('GET', `/profile/${id}`)).profile as unknown as { durationSeconds: number }
    equal(shown.durationSeconds, 1800)
  })
})

test('what is made with tags is made by whoever may tag it', async () => {
  const cat = await person(
    admin,
    'cat',
    policy({ Action: ['rolesanywhere:Create*', 'rolesanywhere:ImportCrl'], Resource: '*' }),
  )
  const tags = [{ key: 'team', value: 'ops' }]
  const crlData = root.revoke([]).der.toString('base64')
  for (const [path, body] of [
    ['/trustanchors', { name: 'a', source: bundle(root.pem) }],
    ['/profiles', { name: 'a', roleArns: [] }],
    ['/crls', { name: 'a', crlData, trustAnchorArn: world.anchorArn }],
  ] as const) {
    equal((await call('POST', path, body, cat.keys)).status, 201, path)
    const { status, code } = await call('POST', path, { ...body, tags }, cat.keys)
    deepEqual([status, code], [403, 'AccessDeniedException'], path)
  }
})
