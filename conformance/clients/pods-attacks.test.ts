// How somebody would get credentials of a pod that is not theirs: each way is refused, in the words that the agent acts on. (It drops
// what it holds at ResourceNotFound, ExpiredToken, InvalidToken and AccessDenied, and keeps it at everything else.)
import { deepEqual, equal, ok } from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { after, describe, test } from 'node:test'
import { CreatePodIdentityAssociationCommand, UpdatePodIdentityAssociationCommand } from '@aws-sdk/client-eks'
import { DeleteRoleCommand, DeleteRolePolicyCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import { authority, newKey, rawToken, signToken, startIdp, weakKey } from '../../src/federation/testing/idp.ts'
import { allow, assume, manager, member, person, policy, role, trusts } from './people.ts'
import {
  associate,
  assumeForPod,
  podClaims,
  podCredentials,
  podsPrincipal,
  podsTrust,
  type TestCluster,
  testCluster,
  web,
} from './pods-kit.ts'
import { type Answer, send, signed, withoutHeader } from './raw.ts'
import { type Refused, refused } from './refused.ts'
import { testServer } from './server.ts'

const server = await testServer({
  settings: { 'fetch-allow': '127.0.0.0/8', 'public-url': 'https://hallpass.example' },
})
const root = server.as(server.root)
const admin = await manager(server)
const main = await testCluster(server, 'main')
const twin = await testCluster(server, 'twin')
const abroad = await testCluster(server, 'abroad', { region: 'eu-west-1' })
const own = await testCluster(server, 'own', { audience: 'pods.corp.example' })
const node = await person(root, 'node', allow('eks-auth:AssumeRoleForPodIdentity', main.arn))
const webRole = await role(root, 'web', podsTrust(), { permissions: allow('iam:ListUsers') })
await associate(root, 'main', webRole)
await associate(root, 'own', webRole)

const idp = await startIdp({ keys: [] })
after(() => idp.close())
const live = await testCluster(server, 'live', { issuer: idp.issuer, ca: authority, keys: undefined as never })
idp.keys = [live.key.jwk]
await associate(root, 'live', webRole)

const seconds = () => Math.floor(server.now().getTime() / 1000)
const ask = (token: string, cluster = 'main', keys = server.root) => assumeForPod(server, keys, cluster, token)
const says = ({ status, code }: Answer) => [status, code]
const invalid = [400, 'InvalidTokenException']

describe('a token', () => {
  const stranger = newKey('RS256', main.key.kid)
  const pub = JSON.stringify(main.key.jwk)
  const claims = podClaims(web, podsPrincipal)
  const times = () => ({ iss: main.issuer, iat: seconds(), exp: seconds() + 600 })
  const changed = (more: object) =>
    main.token(web, { claims: { 'kubernetes.io': { ...claims['kubernetes.io'], ...more } } })
  const rows: readonly (readonly [title: string, token: () => Promise<string> | string, said: readonly unknown[]])[] = [
    ['of another cluster', () => twin.token(), invalid],
    [
      'of another cluster that says it is of this one',
      () => twin.token(web, { claims: { iss: main.issuer } }),
      invalid,
    ],
    [
      'signed by a key that calls itself the cluster’s',
      async () => signToken(main.issuer, await stranger, server.now(), { claims: { ...claims, ...times() } }),
      invalid,
    ],
    ['for another audience', () => main.token(web, { claims: { aud: ['https://kubernetes.default.svc'] } }), invalid],
    ['for two audiences', () => main.token(web, { claims: { aud: [podsPrincipal, 'vault'] } }), invalid],
    [
      'for another audience, made out to ours',
      () => main.token(web, { claims: { aud: ['vault'], azp: podsPrincipal } }),
      invalid,
    ],
    ['for nobody', () => main.token(web, { claims: { aud: [] } }), invalid],
    ['that has expired', () => main.token(web, { claims: { exp: seconds() - 3_600 } }), [400, 'ExpiredTokenException']],
    ['that never expires', () => main.token(web, { claims: { exp: undefined } }), invalid],
    ['that is not valid yet', () => main.token(web, { claims: { nbf: seconds() + 3_600 } }), invalid],
    ['from the future', () => main.token(web, { claims: { iat: seconds() + 3_600 } }), invalid],
    [
      'that nobody signed',
      () => rawToken('{"alg":"none"}', JSON.stringify({ ...claims, ...times() }), ''),
      [400, 'InvalidParameterException'],
    ],
    [
      'that says it needs no signature',
      () => rawToken('{"alg":"none"}', JSON.stringify({ ...claims, ...times() })),
      invalid,
    ],
    [
      'signed with the public key as a secret',
      () => {
        const head = Buffer.from(`{"alg":"HS256","kid":"${main.key.kid}"}`).toString('base64url')
        const body = Buffer.from(JSON.stringify({ ...claims, ...times() })).toString('base64url')
        return `${head}.${body}.${createHmac('sha256', pub).update(`${head}.${body}`).digest('base64url')}`
      },
      invalid,
    ],
    [
      'that brings its own key',
      async () =>
        signToken(main.issuer, await stranger, server.now(), {
          header: { jwk: (await stranger).jwk as never },
          claims: { ...claims, ...times() },
        }),
      invalid,
    ],
    ['with a critical extension', () => main.token(web, { header: { crit: ['b64'], b64: true } as never }), invalid],
    [
      'that was changed',
      async () => {
        const [head, body = '', tail] = (await main.token()).split('.')
        const text = Buffer.from(body, 'base64url').toString().replaceAll('"web"', '"admin"')
        return `${head}.${Buffer.from(text).toString('base64url')}.${tail}`
      },
      invalid,
    ],
    ['that was cut', async () => (await main.token()).slice(0, -4), invalid],
    ['of no pod: a long-lived secret of a service account', () => changed({ pod: undefined }), invalid],
    ['of a pod without a uid', () => changed({ pod: { name: web.name } }), invalid],
    ['without Kubernetes’ claim', () => main.token(web, { claims: { 'kubernetes.io': undefined } }), invalid],
    ['whose claim is a text', () => main.token(web, { claims: { 'kubernetes.io': 'shop' } }), invalid],
    [
      'whose subject is another service account',
      () => main.token(web, { claims: { sub: 'system:serviceaccount:shop:admin' } }),
      invalid,
    ],
    ['whose subject is another namespace', () => changed({ namespace: 'bank' }), invalid],
    ['of a person of the cluster', () => main.token(web, { claims: { sub: 'ann' } }), invalid],
    ['of a namespace that is none', () => main.token({ ...web, namespace: 'shop/x' }), invalid],
    [
      'of the same names in another namespace',
      () => main.token({ ...web, namespace: 'bank' }),
      [404, 'ResourceNotFoundException'],
    ],
    [
      'of another service account',
      () => main.token({ ...web, serviceAccount: 'admin' }),
      [404, 'ResourceNotFoundException'],
    ],
    ['that is empty', () => '', [400, 'InvalidParameterException']],
    ['of fifty thousand characters', async () => `${await main.token()}${'A'.repeat(50_000)}`, invalid],
  ]
  for (const [title, token, said] of rows) test(title, async () => deepEqual(says(await ask(await token())), said))

  test('of a weak key (CVE-2017-15361)', async () => {
    const key = await weakKey()
    await testCluster(server, 'weak', { keys: JSON.stringify({ keys: [key.jwk] }), issuer: 'https://weak.example' })
    await associate(root, 'weak', webRole)
    const token = await signToken('https://weak.example', key, server.now(), { claims: claims })
    deepEqual(says(await ask(token, 'weak')), invalid)
  })
  test('of an audience that the cluster’s record does not name, though AWS’s does', async () => {
    deepEqual(says(await ask(await own.token(web, { claims: { aud: [podsPrincipal] } }), 'own')), invalid)
    equal((await ask(await own.token(), 'own')).status, 200)
  })
  test('twice is no replay: until it expires, the agent presents it for its pod', async () => {
    const token = await main.token()
    deepEqual([(await ask(token)).status, (await ask(token)).status], [200, 200])
  })
  test('does not reach another cluster by its path', async () => {
    for (const path of ['main/../twin', '..%2Fmain', 'main%00', 'Main', '', 'main/']) {
      const { status } = await ask(await main.token(), path)
      ok(status === 404 || status === 400, `${path}: ${status}`)
    }
  })
})

describe('keys that are fetched', () => {
  test('are the issuer’s; where it cannot be asked, pods keep what they have', async () => {
    equal((await ask(await live.token(), 'live')).status, 200)
    idp.down = true
    const cold = await testCluster(server, 'cold', {
      issuer: `${idp.issuer}/cold`,
      ca: authority,
      keys: undefined as never,
    })
    await associate(root, 'cold', webRole)
    deepEqual(says(await ask(await cold.token(), 'cold')), [503, 'ServiceUnavailableException'])
    idp.down = false
  })
  test('are not fetched for a node that may not ask', async () => {
    const before = idp.requests.length
    const { code } = await ask(await twin.token(), 'live', node.keys)
    deepEqual([code, idp.requests.length], ['AccessDeniedException', before])
  })
})

describe('a node', () => {
  const deniedTo = (answer: Answer, cluster: TestCluster, arn = node.arn) => {
    deepEqual(says(answer), [400, 'AccessDeniedException'])
    ok(
      answer.message.startsWith(
        `User: ${arn} is not authorized to perform: eks-auth:AssumeRoleForPodIdentity on resource: ${cluster.arn}`,
      ),
      answer.message,
    )
  }
  test('of another cluster', async () => deniedTo(await ask(await twin.token(), 'twin', node.keys), twin))
  test('without the permission', async () => {
    const none = await person(root, 'none', allow('eks:*'))
    deniedTo(await ask(await main.token(), 'main', none.keys), main, none.arn)
  })
  test('without the permission learns no cluster and no token', async () => {
    const none = await person(root, 'nothing')
    const answers = [
      await ask(await main.token(), 'main', none.keys),
      await ask(await main.token(web, { claims: { exp: 1 } }), 'main', none.keys),
      await ask('a.b.c', 'main', none.keys),
      await ask('a.b.c', 'nowhere', none.keys),
    ]
    equal(new Set(answers.map(({ message }) => message.replace('nowhere', 'main'))).size, 1)
  })
  test('of another account has no cluster of this one', async () => {
    const away = await member(server, admin, 'away')
    const theirs = await person(away.admin, 'node', allow('*'))
    deepEqual(says(await ask(await main.token(), 'main', theirs.keys)), [404, 'ResourceNotFoundException'])
    // A cluster of the same name there is another one, with associations of its own.
    const same = await testCluster(server, 'main', { account: away.id, issuer: 'https://main.away.example' })
    await associate(away.admin, 'main', await role(away.admin, 'web', podsTrust()))
    deepEqual(says(await ask(await main.token(), 'main', theirs.keys)), invalid)
    deepEqual(says(await ask(await same.token())), invalid)
    equal((await ask(await same.token(), 'main', theirs.keys)).status, 200)
  })
  test('in another region has no cluster of this one', async () => {
    const token = await main.token()
    deepEqual(says(await assumeForPod(server, server.root, 'main', token, { region: 'eu-west-1' })), [
      404,
      'ResourceNotFoundException',
    ])
    deepEqual(says(await assumeForPod(server, server.root, 'abroad', await abroad.token())), [
      404,
      'ResourceNotFoundException',
    ])
  })
  test('that signs for EKS, or for nobody', async () => {
    equal((await assumeForPod(server, node.keys, 'main', await main.token(), { service: 'eks' })).status, 404)
    const sent = signed(server.port, {
      ...{ keys: node.keys, now: server.now(), target: '/clusters/main/assume-role-for-pod-identity' },
      ...{ body: JSON.stringify({ token: await main.token() }), signer: { service: 'eks-auth' } },
    })
    deepEqual(says(await send(server.port, withoutHeader(sent, 'authorization'))), [400, 'InvalidAction'])
    deepEqual(says(await send(server.port, { ...sent, body: JSON.stringify({ token: await twin.token() }) })), [
      403,
      'InvalidSignatureException',
    ])
  })
  test('that names its own session in the request', async () => {
    const sent = signed(server.port, {
      ...{ keys: node.keys, now: server.now(), target: '/clusters/main/assume-role-for-pod-identity' },
      body: JSON.stringify({ token: await main.token(), clusterName: 'twin' }),
      signer: { service: 'eks-auth' },
    })
    deepEqual(says(await send(server.port, sent)), [400, 'ValidationException'])
  })
  test('with what a pod got, asks for nobody else', async () => {
    const pod = await podCredentials(server, node.keys, 'main', await main.token())
    deepEqual(says(await ask(await main.token(), 'main', pod.keys)), [400, 'AccessDeniedException'])
  })
})

describe('a role', () => {
  const make = (name: string, trust: string) => role(root, name, trust, { permissions: allow('iam:ListUsers') })
  const asPod = async (serviceAccount: string) => says(await ask(await main.token({ ...web, serviceAccount })))
  const denied = [400, 'AccessDeniedException']

  test('that stopped trusting pods', async () => {
    const arn = await make('changed', podsTrust())
    await associate(root, 'main', arn, { serviceAccount: 'changed' })
    deepEqual(await asPod('changed'), [200, ''])
    await root.iam.send(new UpdateAssumeRolePolicyCommand({ RoleName: 'changed', PolicyDocument: trusts(node.arn) }))
    deepEqual(await asPod('changed'), denied)
  })
  test('that trusts AssumeRole without TagSession', async () => {
    await associate(root, 'main', await make('half', podsTrust({}, ['sts:AssumeRole'])), { serviceAccount: 'half' })
    deepEqual(await asPod('half'), denied)
  })
  test('that trusts pods of another namespace, cluster or account', async () => {
    const conditions = [
      { StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'bank' } },
      { ArnEquals: { 'aws:SourceArn': twin.arn } },
      { StringEquals: { 'aws:SourceAccount': '999988887777' } },
    ]
    for (const [i, condition] of conditions.entries()) {
      await associate(root, 'main', await make(`elsewhere-${i}`, podsTrust(condition)), {
        serviceAccount: `elsewhere-${i}`,
      })
      deepEqual(await asPod(`elsewhere-${i}`), denied)
    }
  })
  test('that was made again under the name was passed by nobody', async () => {
    const arn = await make('again', podsTrust())
    await associate(root, 'main', arn, { serviceAccount: 'again' })
    const got = await podCredentials(server, node.keys, 'main', await main.token({ ...web, serviceAccount: 'again' }))
    await root.iam.send(new DeleteRolePolicyCommand({ RoleName: 'again', PolicyName: 'own' }))
    await root.iam.send(new DeleteRoleCommand({ RoleName: 'again' }))
    equal(await make('again', podsTrust()), arn)
    deepEqual(await asPod('again'), denied)
    equal((await ask(await main.token(), 'main', got.keys)).code, 'UnrecognizedClientException')
  })
})

describe('an association', () => {
  const denies = (action: string, resource: string, user: string): Refused => [
    'AccessDeniedException',
    403,
    `User: ${user} is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`,
  ]
  const wish = (roleArn: string, more = {}) =>
    new CreatePodIdentityAssociationCommand({
      ...{ clusterName: 'main', namespace: 'shop', serviceAccount: 'wish', roleArn },
      ...more,
    })
  const invalidParameter = (message: string): Refused => ['InvalidParameterException', 400, message]

  test('is made by nobody who may not pass the role', async () => {
    const maker = await person(root, 'maker', allow(['eks:*', 'iam:GetRole']))
    await refused(server.as(maker.keys).eks.send(wish(webRole)), denies('iam:PassRole', webRole, maker.arn))
  })
  test('is made by whoever may pass it to pods of that cluster, and to nothing else', async () => {
    const passing = (cluster: string, service = podsPrincipal) => ({
      Action: 'iam:PassRole',
      Resource: webRole,
      Condition: {
        StringEquals: { 'iam:PassedToService': service },
        ArnEquals: { 'iam:AssociatedResourceArn': cluster },
      },
    })
    const may = { Action: 'eks:*', Resource: '*' }
    const right = await person(root, 'right', policy(may, passing(main.arn)))
    const wrong = await person(root, 'wrong', policy(may, passing(twin.arn), passing(main.arn, 'ec2.amazonaws.com')))
    await refused(server.as(wrong.keys).eks.send(wish(webRole)), denies('iam:PassRole', webRole, wrong.arn))
    await server.as(right.keys).eks.send(wish(webRole, { serviceAccount: 'right' }))
  })
  test('is not changed, nor what limits its role, by whoever may not pass it', async () => {
    const changer = await person(root, 'changer', allow('eks:*'))
    const id = await associate(root, 'main', webRole, { serviceAccount: 'to-change' })
    for (const more of [
      { roleArn: webRole },
      { policy: '' },
      { targetRoleArn: `arn:aws:iam::${server.account}:role/x` },
    ]) {
      const update = new UpdatePodIdentityAssociationCommand({ clusterName: 'main', associationId: id, ...more })
      await refused(server.as(changer.keys).eks.send(update), denies('iam:PassRole', webRole, changer.arn))
    }
  })
  test('has no role of another account, none that is gone, none that does not trust pods', async () => {
    const closed = await role(root, 'no-pods', trusts(node.arn))
    await refused(
      root.eks.send(wish('arn:aws:iam::999988887777:role/x')),
      invalidParameter('The role must be in the account of the cluster.'),
    )
    await refused(
      root.eks.send(wish(`arn:aws:iam::${server.account}:role/gone`)),
      invalidParameter('Role provided in the request does not exist.'),
    )
    await refused(root.eks.send(wish(closed)), invalidParameter('Trust policy of the role provided is invalid'))
    await refused(root.eks.send(wish('web')), invalidParameter('The role ARN is invalid: web'))
  })
  test('of another cluster is not reached by the caller’s own', async () => {
    const id = await associate(root, 'twin', webRole)
    const update = new UpdatePodIdentityAssociationCommand({ clusterName: 'main', associationId: id, policy: '' })
    await refused(root.eks.send(update), [
      'ResourceNotFoundException',
      404,
      `No association found with associationId: ${id}`,
    ])
  })
})

test('a session of a role that may do everything with EKS still needs the right to pass roles', async () => {
  const operator = await role(root, 'operator', trusts(node.arn), { permissions: allow('eks:*') })
  await root.iam.send(
    new UpdateAssumeRolePolicyCommand({
      RoleName: 'operator',
      PolicyDocument: trusts(`arn:aws:iam::${server.account}:root`),
    }),
  )
  const someone = await person(root, 'someone', allow('sts:AssumeRole'))
  const session = await assume(server, server.as(someone.keys), operator)
  const wish = new CreatePodIdentityAssociationCommand({
    ...{ clusterName: 'main', namespace: 'shop', serviceAccount: 'x', roleArn: webRole },
  })
  await session.eks.send(wish).then(
    () => ok(false),
    ({ name, message }) => {
      equal(name, 'AccessDeniedException')
      ok(message.includes('iam:PassRole'))
    },
  )
})

test('no refusal was a failure of the server', () => deepEqual(server.reported, []))
