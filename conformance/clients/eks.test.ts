// Amazon EKS as its own client sees it: registered clusters, their associations, tags; and whom policies let do what.
import { deepEqual, equal, match } from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CreateClusterCommand,
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  DescribeClusterCommand,
  DescribePodIdentityAssociationCommand,
  ListClustersCommand,
  ListPodIdentityAssociationsCommand,
  ListTagsForResourceCommand,
  paginateListPodIdentityAssociations,
  TagResourceCommand,
  UntagResourceCommand,
  UpdatePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks'
import { allow, person, policy, role } from './people.ts'
import { associate, podsTrust, testCluster } from './pods-kit.ts'
import { type Refused, refused } from './refused.ts'
import { testServer } from './server.ts'

const server = await testServer()
const root = server.as(server.root)
const { eks } = root
await testCluster(server, 'main', { tags: [{ Key: 'stage', Value: 'live' }] })
await testCluster(server, 'abroad', { region: 'eu-west-1' })
const web = await role(root, 'web', podsTrust())
const away = `arn:aws:iam::999988887777:role/target`
const pods = { clusterName: 'main', namespace: 'shop', serviceAccount: 'web' }
const first = await associate(root, 'main', web, { tags: { team: 'shop' } })
const arnOf = (id: string) => `arn:aws:eks:us-east-1:${server.account}:podidentityassociation/main/${id}`

const invalid = (message: string): Refused => ['InvalidParameterException', 400, message]
const denied = (arn: string, action: string, resource: string): Refused => [
  'AccessDeniedException',
  403,
  `User: ${arn} is not authorized to perform: eks:${action} on resource: ${resource} because no identity-based policy allows the eks:${action} action`,
]

describe('clusters', () => {
  test('are described with what is known of them', async () => {
    const { cluster } = await eks.send(new DescribeClusterCommand({ name: 'main' }))
    const { createdAt, id, ...rest } = cluster ?? {}
    match(id ?? '', /^[0-9a-f]{32}$/)
    equal(createdAt?.toISOString(), '2026-09-01T12:00:05.000Z')
    deepEqual(rest, {
      ...{ name: 'main', arn: `arn:aws:eks:us-east-1:${server.account}:cluster/main`, status: 'ACTIVE' },
      ...{ identity: { oidc: { issuer: 'https://main.clusters.example' } }, tags: { stage: 'live' } },
    })
  })
  test('are listed in their region', async () => {
    deepEqual((await eks.send(new ListClustersCommand({}))).clusters, ['main'])
  })
  test('that are not there', async () => {
    await refused(eks.send(new DescribeClusterCommand({ name: 'nowhere' })), [
      'ResourceNotFoundException',
      404,
      'No cluster found for name: nowhere.',
    ])
  })
  test('are made by nobody here', async () => {
    const wish = { name: 'x', roleArn: web, resourcesVpcConfig: {} }
    await refused(eks.send(new CreateClusterCommand(wish)), [
      'UnknownOperationException',
      404,
      'The requested operation is not recognized by the service.',
    ])
  })
})

describe('associations', () => {
  test('are one for a service account: a second is refused, but not the same request again', async () => {
    const again = { ...pods, serviceAccount: 'again', roleArn: web, clientRequestToken: 'once' }
    const made = await eks.send(new CreatePodIdentityAssociationCommand(again))
    deepEqual(
      await eks.send(new CreatePodIdentityAssociationCommand(again)).then(({ association }) => association),
      made.association,
    )
    await refused(eks.send(new CreatePodIdentityAssociationCommand({ ...again, disableSessionTags: true })), [
      'ResourceInUseException',
      409,
      `Association already exists: ${made.association?.associationId}`,
    ])
  })
  test('are listed by namespace and service account, page by page', async () => {
    const made: string[] = []
    for (const [namespace, serviceAccount] of [
      ['listed', 'a'],
      ['listed', 'b'],
      ['listed', 'c'],
      ['more', 'a'],
    ] as const)
      made.push(await associate(root, 'main', web, { namespace, serviceAccount }))
    const found: (string | undefined)[] = []
    const wish = { clusterName: 'main', namespace: 'listed', maxResults: 2 }
    for await (const { associations } of paginateListPodIdentityAssociations({ client: eks }, { ...wish }))
      found.push(...(associations ?? []).map(({ associationId }) => associationId))
    deepEqual(found, made.slice(0, 3))
    const one = { clusterName: 'main', namespace: 'listed', serviceAccount: 'b' }
    const { associations } = await eks.send(new ListPodIdentityAssociationsCommand(one))
    deepEqual(associations, [{ ...one, associationId: made[1], associationArn: arnOf(made[1] ?? '') }])
    const { nextToken } = await eks.send(new ListPodIdentityAssociationsCommand(wish))
    await refused(
      eks.send(new ListPodIdentityAssociationsCommand({ clusterName: 'main', namespace: 'more', nextToken })),
      invalid('Invalid nextToken.'),
    )
  })
  test('are changed, and what they may have is taken away by an empty text', async () => {
    const id = await associate(root, 'main', web, { serviceAccount: 'changed' })
    const update = (more: object) =>
      eks.send(new UpdatePodIdentityAssociationCommand({ clusterName: 'main', associationId: id, ...more }))
    const policy = allow('s3:GetObject')
    const { association } = await update({ targetRoleArn: away, disableSessionTags: true, policy })
    deepEqual(
      [association?.targetRoleArn, association?.externalId, association?.disableSessionTags, association?.policy],
      [away, `us-east-1/${server.account}/main/shop/changed`, true, policy],
    )
    await refused(
      update({ disableSessionTags: false }),
      invalid('Session tags must be disabled when a policy is given.'),
    )
    const { association: bare } = await update({ targetRoleArn: '', policy: '' })
    deepEqual([bare?.targetRoleArn, bare?.policy, bare?.disableSessionTags], [undefined, undefined, true])
  })
  test('end', async () => {
    const id = await associate(root, 'main', web, { serviceAccount: 'ends' })
    const choice = { clusterName: 'main', associationId: id }
    const { association } = await eks.send(new DeletePodIdentityAssociationCommand(choice))
    equal(association?.associationId, id)
    const gone: Refused = ['ResourceNotFoundException', 404, `No association found with associationId: ${id}`]
    await refused(eks.send(new DescribePodIdentityAssociationCommand(choice)), gone)
    await refused(eks.send(new DeletePodIdentityAssociationCommand(choice)), gone)
  })
  const create = (more: object) => eks.send(new CreatePodIdentityAssociationCommand({ ...pods, roleArn: web, ...more }))
  const rows: readonly (readonly [title: string, more: object, told: Refused])[] = [
    ['a namespace that is none', { namespace: 'Shop' }, invalid('The namespace is invalid: Shop')],
    ['a pattern for a namespace', { namespace: '*' }, invalid('The namespace is invalid: *')],
    ['a service account that is none', { serviceAccount: 'a/b' }, invalid('The service account is invalid: a/b')],
    ['itself as the target', { targetRoleArn: web }, invalid('The target role must be another one than the role.')],
    ['a target that is no role', { targetRoleArn: 'x' }, invalid('The target role ARN is invalid.')],
    [
      'a policy beside session tags',
      { policy: allow('s3:*') },
      invalid('Session tags must be disabled when a policy is given.'),
    ],
    [
      'a policy that is none',
      { policy: '{}', disableSessionTags: true },
      invalid('The policy is invalid: Syntax errors in policy.'),
    ],
    [
      'a policy that is too long',
      { policy: allow('s3:*').padEnd(2_049), disableSessionTags: true },
      invalid('The policy has more than 2048 characters.'),
    ],
    ['a tag of AWS', { tags: { 'AWS:x': 'y' } }, invalid('Tag keys must not begin with aws:.')],
    ['two tags that differ in case alone', { tags: { a: '1', A: '2' } }, invalid('Two tag keys differ in case alone.')],
    [
      'a cluster that is not there',
      { clusterName: 'no' },
      ['ResourceNotFoundException', 404, 'No cluster found for name: no.'],
    ],
  ]
  for (const [title, more, told] of rows) test(`with ${title}: refused`, () => refused(create(more), told))
})

describe('tags', () => {
  test('are set, taken away and listed, of clusters and associations', async () => {
    for (const resourceArn of [arnOf(first), `arn:aws:eks:us-east-1:${server.account}:cluster/main`]) {
      await eks.send(new TagResourceCommand({ resourceArn, tags: { Team: 'shop', cost: '7' } }))
      await eks.send(new UntagResourceCommand({ resourceArn, tagKeys: ['cost', 'stage'] }))
      deepEqual((await eks.send(new ListTagsForResourceCommand({ resourceArn }))).tags, { Team: 'shop' })
    }
  })
  test('of what is not there, or not of this account and region', async () => {
    const missing: Refused = ['NotFoundException', 404, 'The specified resource could not be found.']
    const list = (resourceArn: string) => eks.send(new ListTagsForResourceCommand({ resourceArn }))
    await refused(list(arnOf('a-none')), missing)
    await refused(list('arn:aws:eks:us-east-1:999988887777:cluster/main'), missing)
    await refused(list(`arn:aws:eks:eu-west-1:${server.account}:cluster/abroad`), missing)
    await refused(list('arn:aws:iam::111122223333:role/web'), [
      'BadRequestException',
      400,
      'Invalid resource ARN: arn:aws:iam::111122223333:role/web',
    ])
  })
})

describe('policies', () => {
  test('are asked for the cluster, the association and its tags, before anything is told of them', async () => {
    const shop = await person(
      root,
      'shop',
      policy({ Action: 'eks:*', Resource: '*', Condition: { StringEquals: { 'aws:ResourceTag/Team': 'shop' } } }),
    )
    const theirs = server.as(shop.keys).eks
    await theirs.send(new DescribePodIdentityAssociationCommand({ clusterName: 'main', associationId: first }))
    const other = await associate(root, 'main', web, { serviceAccount: 'other' })
    for (const id of [other, 'a-none']) {
      const describe = new DescribePodIdentityAssociationCommand({ clusterName: 'main', associationId: id })
      await refused(theirs.send(describe), denied(shop.arn, 'DescribePodIdentityAssociation', arnOf(id)))
    }
    await refused(
      theirs.send(new TagResourceCommand({ resourceArn: arnOf(other), tags: { Team: 'shop' } })),
      denied(shop.arn, 'TagResource', arnOf(other)),
    )
    await refused(theirs.send(new ListClustersCommand({})), denied(shop.arn, 'ListClusters', '*'))
  })
  test('of tags that a request brings', async () => {
    const tagger = await person(
      root,
      'tagger',
      policy(
        { Action: ['iam:PassRole', 'eks:CreatePodIdentityAssociation'], Resource: '*' },
        { Action: 'eks:TagResource', Resource: '*', Condition: { StringEquals: { 'aws:RequestTag/team': 'shop' } } },
      ),
    )
    const theirs = server.as(tagger.keys)
    await associate(theirs, 'main', web, { serviceAccount: 'tagged', tags: { team: 'shop' } })
    await associate(theirs, 'main', web, { serviceAccount: 'bare' })
    await associate(theirs, 'main', web, { serviceAccount: 'wrong', tags: { team: 'bank' } }).then(
      () => equal('made', 'refused'),
      ({ message }) =>
        match(message, /is not authorized to perform: eks:TagResource on resource: .*association\/main\/a-/),
    )
  })
})

test('no refusal was a failure of the server', () => deepEqual(server.reported, []))
