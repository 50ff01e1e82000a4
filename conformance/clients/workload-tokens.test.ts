// AssumeRoleWithWebIdentity with tokens of workloads, in the shapes that their issuers have: Kubernetes, SPIFFE, GitHub Actions, GitLab CI.
import { deepEqual, equal } from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { describe, test } from 'node:test'
import { ListRolesCommand, ListUsersCommand, UpdateAssumeRolePolicyCommand } from '@aws-sdk/client-iam'
import type { Credentials } from '@aws-sdk/client-sts'
import { newCluster } from '../../src/app/operator/clusters.ts'
import { newKey, signToken } from '../../src/federation/testing/idp.ts'
import { allow, assume, keysOf, policy, role, trusts } from './people.ts'
import { podClaims, web } from './pods-kit.ts'
import { refused } from './refused.ts'
import { firstAccount, testServer } from './server.ts'
import { assumeWith, invalidToken, notAuthorized, register, trusting } from './web-identity-servers.ts'

const issuers = {
  kubernetes: 'https://oidc.clusters.example/main',
  plain: 'https://oidc.clusters.example/plain',
  spiffe: 'https://spire.corp.example',
  github: 'https://token.actions.githubusercontent.com',
  gitlab: 'https://gitlab.com',
} as const
type Kind = keyof typeof issuers
const kinds = Object.keys(issuers) as Kind[]
const keys = new Map(await Promise.all(kinds.map(async (kind) => [kind, await newKey('RS256', kind)] as const)))
const keyOf = (kind: Kind) => keys.get(kind) ?? Promise.reject(new TypeError(kind))

const server = await testServer({
  files: Object.fromEntries(kinds.map((kind) => [`${kind}.json`, JSON.stringify({ keys: [keys.get(kind)?.jwk] })])),
  providers: {
    providers: kinds.map((kind) => ({ issuer: issuers[kind], account: firstAccount, keys: `${kind}.json` })),
  },
})
const root = server.as(server.root)
const audience = 'sts.amazonaws.com'
const arns = new Map<Kind, string>()
for (const kind of kinds)
  arns.set(kind, await register(root, issuers[kind], [audience], { ThumbprintList: ['0'.repeat(40)] }))
const arnOf = (kind: Kind) => arns.get(kind) ?? ''
const prefix = (kind: Kind) => issuers[kind].slice('https://'.length)

const token = async (kind: Kind, claims: object) =>
  signToken(issuers[kind], await keyOf(kind), server.now(), { claims: { aud: audience, jti: randomUUID(), ...claims } })

/** Claims as the issuers document them. */
const github = {
  sub: 'repo:acme/shop:ref:refs/heads/main',
  ...{ ref: 'refs/heads/main', sha: '9f8e7d6c5b4a39281706f5e4d3c2b1a098765432', repository: 'acme/shop' },
  ...{
    repository_owner: 'acme',
    repository_owner_id: '4711',
    repository_id: '424242',
    repository_visibility: 'private',
  },
  ...{ run_id: '17000000001', run_number: '12', run_attempt: '1', actor: 'ann', actor_id: '99', workflow: 'deploy' },
  ...{ head_ref: '', base_ref: '', event_name: 'push', ref_protected: 'true', ref_type: 'branch' },
  workflow_ref: 'acme/shop/.github/workflows/deploy.yml@refs/heads/main',
  job_workflow_ref: 'acme/shop/.github/workflows/deploy.yml@refs/heads/main',
  runner_environment: 'github-hosted',
}
const gitlab = {
  sub: 'project_path:acme/shop:ref_type:branch:ref:main',
  ...{ namespace_id: '72', namespace_path: 'acme', project_id: '20', project_path: 'acme/shop', user_id: '1' },
  ...{ user_login: 'ann', user_email: 'ann@acme.example', pipeline_id: '574', pipeline_source: 'push', job_id: '302' },
  ...{ ref: 'main', ref_type: 'branch', ref_protected: 'true', runner_id: 1, runner_environment: 'gitlab-hosted' },
  ...{
    sha: '714a629c0b401fdce83e847fc9589983fc6f46bc',
    project_visibility: 'private',
    ci_config_ref_uri: 'gitlab.com/acme/shop//.gitlab-ci.yml@refs/heads/main',
  },
}
const spiffe = { sub: 'spiffe://corp.example/ns/shop/sa/web' }
const kubernetes = { ...podClaims(web, audience), aud: [audience] }

const rows: readonly (readonly [
  kind: Kind,
  own: object,
  others: readonly (readonly [title: string, claims: object])[],
])[] = [
  [
    'github',
    github,
    [
      ['another repository', { ...github, sub: 'repo:acme/other:ref:refs/heads/main', repository: 'acme/other' }],
      ['another owner', { ...github, sub: 'repo:evil/shop:ref:refs/heads/main', repository_owner: 'evil' }],
      ['an owner whose name begins like it', { ...github, sub: 'repo:acme/shop-evil:ref:refs/heads/main' }],
      ['a pull request', { ...github, sub: 'repo:acme/shop:pull_request', event_name: 'pull_request' }],
      [
        'an environment that is called like a branch',
        { ...github, sub: 'repo:acme/shop:environment:ref:refs/heads/main' },
      ],
    ],
  ],
  [
    'gitlab',
    gitlab,
    [
      ['another project', { ...gitlab, sub: 'project_path:acme/other:ref_type:branch:ref:main' }],
      ['a tag that is called like the branch', { ...gitlab, sub: 'project_path:acme/shop:ref_type:tag:ref:main' }],
      ['another group', { ...gitlab, sub: 'project_path:evil/acme/shop:ref_type:branch:ref:main' }],
    ],
  ],
  [
    'spiffe',
    spiffe,
    [
      ['another workload', { sub: 'spiffe://corp.example/ns/shop/sa/admin' }],
      ['another trust domain', { sub: 'spiffe://corp.example.evil/ns/shop/sa/web' }],
      ['a path in another spelling', { sub: 'spiffe://corp.example/ns/shop/sa/web/' }],
    ],
  ],
  [
    'plain',
    kubernetes,
    [
      ['another service account', podClaims({ ...web, serviceAccount: 'admin' }, audience)],
      ['another namespace', podClaims({ ...web, namespace: 'bank' }, audience)],
    ],
  ],
]

for (const [kind, own, others] of rows) {
  describe(`a token of ${kind}`, () => {
    const subject = (own as { readonly sub: string }).sub
    const made = role(
      root,
      kind,
      trusting(arnOf(kind), { StringEquals: { [`${prefix(kind)}:sub`]: subject, [`${prefix(kind)}:aud`]: audience } }),
      { permissions: allow('iam:ListUsers') },
    )
    test('gets the role that names its subject', async () => {
      const { Credentials, SubjectFromWebIdentityToken, Provider } = await assumeWith(
        server,
        await made,
        await token(kind, own),
      )
      deepEqual([SubjectFromWebIdentityToken, Provider], [subject, arnOf(kind)])
      await server.as(keysOf(Credentials)).iam.send(new ListUsersCommand({}))
    })
    for (const [title, claims] of others) {
      test(`of ${title} does not`, async () =>
        refused(assumeWith(server, await made, await token(kind, claims)), notAuthorized()))
    }
    test('for another audience does not', async () =>
      refused(
        assumeWith(server, await made, await token(kind, { ...own, aud: 'https://other.example' })),
        invalidToken('Incorrect token audience'),
      ))
    test('of another issuer with the same subject does not', async () => {
      const [other] = kinds.filter((one) => one !== kind)
      await refused(assumeWith(server, await made, await token(other ?? kind, { ...own })), notAuthorized())
    })
  })
}

async function listsNobody(credentials: Credentials | undefined): Promise<void> {
  const { iam } = server.as(keysOf(credentials))
  await iam.send(new ListUsersCommand({})).then(
    () => equal('answered', 'refused'),
    ({ name }) => equal(name, 'AccessDenied'),
  )
}

describe('pods as session tags', () => {
  const withTags = (Action: readonly string[] = ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession']) =>
    trusting(arnOf('kubernetes'), { StringEquals: { 'aws:RequestTag/kubernetes-namespace': 'shop' } }, Action)
  const shop = {
    StringEquals: { 'aws:PrincipalTag/kubernetes-namespace': 'shop', 'aws:PrincipalTag/kubernetes-pod-uid': web.uid },
  }

  test('are none until an operator asks for them', async () => {
    const before = await role(root, 'untagged', trusting(arnOf('kubernetes')), {
      permissions: allow('iam:ListUsers', '*', shop),
    })
    const { Credentials } = await assumeWith(server, before, await token('kubernetes', kubernetes))
    await listsNobody(Credentials)
    await newCluster(server.engine, {
      ...{ name: 'main', account: firstAccount, region: 'us-east-1', issuer: issuers.kubernetes },
      ...{ keys: JSON.stringify({ keys: [keys.get('kubernetes')?.jwk] }), tagsWebIdentity: true },
    })
    // From then on the role must allow them.
    await refused(assumeWith(server, before, await token('kubernetes', kubernetes)), notAuthorized('sts:TagSession'))
  })
  test('are on the session and what descends from it', async () => {
    const tagged = await role(root, 'tagged', withTags(), {
      permissions: policy(
        { Action: 'iam:ListUsers', Resource: '*', Condition: shop },
        { Action: 'sts:*', Resource: '*' },
      ),
    })
    const { Credentials } = await assumeWith(server, tagged, await token('kubernetes', kubernetes))
    const pod = server.as(keysOf(Credentials))
    await pod.iam.send(new ListUsersCommand({}))
    const next = await role(root, 'next', trusts(tagged, ['sts:AssumeRole', 'sts:TagSession']), {
      permissions: allow('iam:ListRoles', '*', shop),
    })
    await (await assume(server, pod, next)).iam.send(new ListRolesCommand({}))
  })
  test('of another namespace: not that role', async () => {
    const other = podClaims({ ...web, namespace: 'bank' }, audience)
    await refused(
      assumeWith(server, `arn:aws:iam::${firstAccount}:role/tagged`, await token('kubernetes', other)),
      notAuthorized(),
    )
  })
  test('a token that names no pod, another service account, or one of the tags itself is rejected', async () => {
    await root.iam.send(
      new UpdateAssumeRolePolicyCommand({
        RoleName: 'tagged',
        PolicyDocument: trusting(arnOf('kubernetes'), {}, ['sts:AssumeRoleWithWebIdentity', 'sts:TagSession']),
      }),
    )
    const { 'kubernetes.io': claim, ...rest } = kubernetes
    for (const claims of [
      rest,
      { ...rest, 'kubernetes.io': { ...claim, pod: undefined } },
      { ...kubernetes, sub: 'system:serviceaccount:shop:admin' },
      { ...kubernetes, 'https://aws.amazon.com/tags': { principal_tags: { 'Kubernetes-Namespace': ['bank'] } } },
    ]) {
      await refused(
        assumeWith(server, `arn:aws:iam::${firstAccount}:role/tagged`, await token('kubernetes', claims)),
        invalidToken(
          'The web identity token provided could not be validated. See the AssumeRoleWithWebIdentity documentation for requirements.',
        ),
      )
    }
  })
  test('are of the issuer that is registered, and of no other', async () => {
    const plain = await role(root, 'plain-tags', trusting(arnOf('plain')), {
      permissions: allow('iam:ListUsers', '*', shop),
    })
    const { Credentials } = await assumeWith(server, plain, await token('plain', kubernetes))
    await listsNobody(Credentials)
  })
})

test('no refusal was a failure of the server', () => deepEqual(server.reported, []))
