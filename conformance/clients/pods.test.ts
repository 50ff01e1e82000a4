// Pods get the roles of their associations by EKS Auth, as the Pod Identity agent asks for them.
import { deepEqual, equal, match, ok } from 'node:assert/strict'
import { describe, test } from 'node:test'
import {
  CreatePodIdentityAssociationCommand,
  DeletePodIdentityAssociationCommand,
  DescribePodIdentityAssociationCommand,
  UpdatePodIdentityAssociationCommand,
} from '@aws-sdk/client-eks'
import { GetRoleCommand, ListRolesCommand, ListUsersCommand } from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { forgetCluster } from '../../src/app/operator/clusters.ts'
import { entriesOf } from './journals.ts'
import { allow, assume, manager, member, person, role, trusts } from './people.ts'
import { associate, assumeForPod, podCredentials, podsTrust, testCluster, web } from './pods-kit.ts'
import { invalidToken, refused } from './refused.ts'
import { testServer } from './server.ts'

const server = await testServer()
const root = server.as(server.root)
const admin = await manager(server)
const main = await testCluster(server, 'main', { tags: [{ Key: 'stage', Value: 'live' }] })
const node = await person(root, 'node', allow('eks-auth:AssumeRoleForPodIdentity', main.arn))
const web6h = await role(root, 'web', podsTrust(), {
  permissions: allow(['iam:ListUsers', 'sts:AssumeRole', 'sts:TagSession']),
  maxSessionDuration: 43_200,
})
const association = await associate(root, 'main', web6h)

const get = async (cluster = 'main', pod = web) =>
  podCredentials(server, node.keys, cluster, await (cluster === 'main' ? main : other).token(pod))
const other = await testCluster(server, 'other')

describe('what a pod gets', () => {
  test('are credentials of the role for six hours, in the answer of EKS Auth', async () => {
    const { subject, audience, podIdentityAssociation, assumedRoleUser, keys, expiration } = await get()
    deepEqual(subject, { namespace: 'shop', serviceAccount: 'web' })
    equal(audience, 'pods.eks.amazonaws.com')
    deepEqual(podIdentityAssociation, {
      associationArn: `arn:aws:eks:us-east-1:${server.account}:podidentityassociation/main/${association}`,
      associationId: association,
    })
    match(
      assumedRoleUser.arn,
      /assumed-role\/web\/eks-main-web-6d5f8c7b9-x2x7q-[0-9a-f-]{36}$|assumed-role\/web\/eks-main-web-/,
    )
    equal(expiration, Math.floor(server.now().getTime() / 1000) + 21_600)
    const { iam, sts } = server.as(keys)
    equal((await sts.send(new GetCallerIdentityCommand({}))).Arn, assumedRoleUser.arn)
    await iam.send(new ListUsersCommand({}))
    equal(assumedRoleUser.arn.split('/').at(-1)?.length, 64)
  })
  test('carry six tags, transitive, by which other roles decide', async () => {
    const tagged = (key: string, value: string) => ({ StringEquals: { [`aws:PrincipalTag/${key}`]: value } })
    const rows: readonly (readonly [string, string])[] = [
      ['eks-cluster-arn', main.arn],
      ['eks-cluster-name', 'main'],
      ['kubernetes-namespace', 'shop'],
      ['kubernetes-service-account', 'web'],
      ['kubernetes-pod-name', web.name],
      ['kubernetes-pod-uid', web.uid],
    ]
    const { keys, assumedRoleUser } = await get()
    const pod = server.as(keys)
    for (const [key, value] of rows) {
      const name = `by-${key}`
      const next = await role(root, name, trusts(web6h, ['sts:AssumeRole', 'sts:TagSession'], tagged(key, value)), {
        permissions: allow('iam:ListUsers', '*', tagged(key, value)),
      })
      await (await assume(server, pod, next)).iam.send(new ListUsersCommand({}))
      const never = await role(
        root,
        `not-${key}`,
        trusts(web6h, ['sts:AssumeRole', 'sts:TagSession'], tagged(key, 'else')),
      )
      await refused(assume(server, pod, never), [
        'AccessDenied',
        403,
        `User: ${assumedRoleUser.arn} is not authorized to perform: sts:AssumeRole on resource: ${never}`,
      ])
    }
  })
  test('the trust policy may name the cluster, the account, the namespace', async () => {
    const condition = {
      StringEquals: { 'aws:SourceAccount': server.account, 'aws:RequestTag/kubernetes-namespace': 'shop' },
      ArnEquals: { 'aws:SourceArn': main.arn },
      Bool: { 'aws:PrincipalIsAWSService': 'true' },
    }
    const narrow = await role(root, 'narrow', podsTrust(condition))
    await associate(root, 'main', narrow, { serviceAccount: 'narrow' })
    await get('main', { ...web, serviceAccount: 'narrow' })
    await associate(root, 'other', narrow, { serviceAccount: 'narrow' })
    const { code } = await assumeForPod(
      server,
      server.root,
      'other',
      await other.token({ ...web, serviceAccount: 'narrow' }),
    )
    equal(code, 'AccessDeniedException')
  })
  test('last no longer than the role allows', async () => {
    const brief = await role(root, 'brief', podsTrust())
    await associate(root, 'main', brief, { serviceAccount: 'brief' })
    const { expiration } = await get('main', { ...web, serviceAccount: 'brief' })
    equal(expiration, Math.floor(server.now().getTime() / 1000) + 3_600)
  })
  test('without session tags, the role need not trust TagSession, and a policy limits them', async () => {
    const untagged = await role(root, 'untagged', podsTrust({}, ['sts:AssumeRole']), { permissions: allow('iam:*') })
    await associate(root, 'main', untagged, {
      ...{ serviceAccount: 'untagged', disableSessionTags: true, policy: allow('iam:ListUsers') },
    })
    const { iam } = server.as((await get('main', { ...web, serviceAccount: 'untagged' })).keys)
    await iam.send(new ListUsersCommand({}))
    await iam.send(new ListRolesCommand({})).then(
      () => ok(false),
      ({ name }) => equal(name, 'AccessDenied'),
    )
  })
})

describe('a target role', () => {
  test('of another account is assumed with the first, for an hour, by its external id', async () => {
    const away = await member(server, admin, 'away')
    const externalId = `us-east-1/${server.account}/main/shop/target`
    const target = await role(
      away.admin,
      'target',
      trusts(web6h, ['sts:AssumeRole', 'sts:TagSession'], { StringEquals: { 'sts:ExternalId': externalId } }),
      { permissions: allow('iam:*') },
    )
    const { association } = await root.eks.send(
      new CreatePodIdentityAssociationCommand({
        ...{ clusterName: 'main', namespace: 'shop', serviceAccount: 'target', roleArn: web6h, targetRoleArn: target },
        ...{ disableSessionTags: true, policy: allow('iam:GetRole') },
      }),
    )
    equal(association?.externalId, externalId)
    const { keys, expiration, assumedRoleUser } = await get('main', { ...web, serviceAccount: 'target' })
    match(assumedRoleUser.arn, new RegExp(`^arn:aws:sts::${away.id}:assumed-role/target/eks-main-`))
    equal(expiration, Math.floor(server.now().getTime() / 1000) + 3_600)
    const { iam } = server.as(keys)
    await iam.send(new GetRoleCommand({ RoleName: 'target' }))
    // The policy of the association is that of the target's session.
    await iam.send(new ListRolesCommand({})).then(
      () => ok(false),
      ({ name }) => equal(name, 'AccessDenied'),
    )
    await root.eks.send(
      new DeletePodIdentityAssociationCommand({ clusterName: 'main', associationId: association?.associationId }),
    )
    await refused(iam.send(new GetRoleCommand({ RoleName: 'target' })), invalidToken)
  })
  test('that does not trust the first is not assumed', async () => {
    const closed = await role(root, 'closed', trusts(`arn:aws:iam::${server.account}:user/node`))
    await associate(root, 'main', web6h, { serviceAccount: 'closed', targetRoleArn: closed })
    const { status, code } = await assumeForPod(
      ...([server, node.keys, 'main', await main.token({ ...web, serviceAccount: 'closed' })] as const),
    )
    deepEqual([status, code], [400, 'AccessDeniedException'])
  })
})

describe('what was given ends', () => {
  test('with its association, and with it all that was made of it', async () => {
    const short = await associate(root, 'main', web6h, { serviceAccount: 'short' })
    const pod = server.as((await get('main', { ...web, serviceAccount: 'short' })).keys)
    const next = await role(root, 'next', trusts(web6h, ['sts:AssumeRole', 'sts:TagSession']), {
      permissions: allow('iam:ListUsers'),
    })
    const descendant = await assume(server, pod, next)
    await descendant.iam.send(new ListUsersCommand({}))
    await root.eks.send(new DeletePodIdentityAssociationCommand({ clusterName: 'main', associationId: short }))
    await refused(pod.iam.send(new ListUsersCommand({})), invalidToken)
    await refused(descendant.iam.send(new ListUsersCommand({})), invalidToken)
    const asked = await assumeForPod(server, node.keys, 'main', await main.token({ ...web, serviceAccount: 'short' }))
    deepEqual([asked.status, asked.code], [404, 'ResourceNotFoundException'])
    // An association that is made again under the same names is another one: nothing comes back to life.
    await associate(root, 'main', web6h, { serviceAccount: 'short' })
    await refused(pod.iam.send(new ListUsersCommand({})), invalidToken)
  })
  test('with its cluster; one that is registered again under the name is another', async () => {
    const gone = await testCluster(server, 'gone')
    await associate(root, 'gone', web6h)
    const pod = server.as((await podCredentials(server, server.root, 'gone', await gone.token())).keys)
    await pod.iam.send(new ListUsersCommand({}))
    await forgetCluster(server.engine, { name: 'gone', account: server.account, region: 'us-east-1' })
    await refused(pod.iam.send(new ListUsersCommand({})), invalidToken)
    const again = await testCluster(server, 'gone')
    await refused(pod.iam.send(new ListUsersCommand({})), invalidToken)
    equal((await assumeForPod(server, server.root, 'gone', await again.token())).code, 'ResourceNotFoundException')
  })
  test('not with a change of its association: pods get what it says then when they ask again', async () => {
    const second = await role(root, 'second', podsTrust(), { permissions: allow('iam:ListUsers') })
    const id = await associate(root, 'main', web6h, { serviceAccount: 'moved' })
    const before = server.as((await get('main', { ...web, serviceAccount: 'moved' })).keys)
    await root.eks.send(
      new UpdatePodIdentityAssociationCommand({ clusterName: 'main', associationId: id, roleArn: second }),
    )
    await before.iam.send(new ListUsersCommand({}))
    match((await get('main', { ...web, serviceAccount: 'moved' })).assumedRoleUser.arn, /assumed-role\/second\//)
  })
})

test('CloudTrail has both: the node that asked for a pod, and the service that assumed the role for it', async () => {
  const { keys, assumedRoleUser } = await get()
  const entries = await entriesOf(server.engine.store)
  const last = (name: string) => JSON.stringify(entries.findLast(({ records }) => records[0]?.eventName === name))
  const [asked, assumed] = [last('AssumeRoleForPodIdentity'), last('AssumeRole')]
  const pod = `{"pod":{"namespace":"shop","serviceAccount":"web","name":"${web.name}","uid":"${web.uid}"},"association":"${association}"}`
  for (const part of ['"userName":"node"', '"eventSource":"eks-auth.amazonaws.com"', `"additionalEventData":${pod}`])
    ok(asked.includes(part), part)
  for (const part of ['"invokedBy":"pods.eks.amazonaws.com"', keys.accessKeyId, assumedRoleUser.arn, web.uid])
    ok(assumed.includes(part), part)
  for (const record of [asked, assumed]) {
    ok(!record.includes(keys.secretAccessKey))
    ok(!record.includes(keys.sessionToken))
  }
})

test('a described association says what it was made with', async () => {
  const { association: shown } = await root.eks.send(
    new DescribePodIdentityAssociationCommand({ clusterName: 'main', associationId: association }),
  )
  const { createdAt, modifiedAt, ...rest } = shown ?? {}
  deepEqual(
    [createdAt?.getTime(), modifiedAt?.getTime()],
    [Date.parse('2026-09-01T12:00:05Z'), Date.parse('2026-09-01T12:00:05Z')],
  )
  deepEqual(rest, {
    ...{ clusterName: 'main', namespace: 'shop', serviceAccount: 'web', roleArn: web6h, associationId: association },
    associationArn: `arn:aws:eks:us-east-1:${server.account}:podidentityassociation/main/${association}`,
    ...{ tags: {}, disableSessionTags: false },
  })
})

test('no refusal was a failure of the server', () => deepEqual(server.reported, []))
