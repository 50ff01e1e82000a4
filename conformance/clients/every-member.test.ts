// Every member of the input of every operation that is offered is read, or stands in unread-members.ts with the reason why
// it need not be. So a member that AWS adds, and that would limit or vouch for something, is never passed over in silence.
import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { describe, test } from 'node:test'
import { CreateIdentityPoolCommand, GetOpenIdTokenForDeveloperIdentityCommand } from '@aws-sdk/client-cognito-identity'
import {
  CreateInstanceProfileCommand,
  CreateOpenIDConnectProviderCommand,
  CreatePolicyCommand,
  CreatePolicyVersionCommand,
  CreateSAMLProviderCommand,
} from '@aws-sdk/client-iam'
import { servicesOf } from '../../src/app/services.ts'
import { allowanceFor } from '../../src/core/policy/allowance.ts'
import type { SamlAssertion } from '../../src/federation/saml/model.ts'
import { metadataOf, rsaCertificate } from '../../src/federation/saml/testing/metadata.ts'
import { rootAuthority } from '../../src/federation/x509/testing/authority.ts'
import type { Services } from '../../src/server/aws.ts'
import { describe as describeCaller } from '../../src/service/access/context-keys.ts'
import type { ProvenSaml } from '../../src/service/contracts/saml.ts'
import type { Call } from '../../src/service/operation.ts'
import type { AnyOperation } from '../../src/service/operations.ts'
import type { Parts } from '../../src/service/parts.ts'
import { contractOf } from '../../src/wire/contract.ts'
import { forwardedOf, serviceNames } from '../../src/wire/services.ts'
import type { StructureShape } from '../../src/wire/shape.ts'
import { bundle, certificateCalls } from './certificates-kit.ts'
import { allow, enableMfa, manager, person, policy, role, trusts } from './people.ts'
import { podsTrust, testCluster } from './pods-kit.ts'
import { testServer } from './server.ts'
import { unread, unreadOf } from './unread-members.ts'
import { everyMember, type Values, valueFor, watched, withoutEach } from './watched-input.ts'

const server = await testServer({ settings: { 'public-url': 'https://hallpass.example' } })
const { services, call, there } = await prepared()

/** The services over a server where there is one of everything, a call of an administrator's, and the names of what is there. */
async function prepared() {
  const { account, engine } = server
  const root = server.as(server.root)
  await manager(server)
  const bea = await person(root, 'bea', allow('*'))
  const phone = await enableMfa(server, root, 'bea')
  const RoleArn = await role(root, 'bea', trusts(bea.arn, 'sts:*'), { permissions: allow('*') })
  const { Policy } = await root.iam.send(new CreatePolicyCommand({ PolicyName: 'bea', PolicyDocument: allow('s3:*') }))
  const PolicyArn = Policy?.Arn
  await root.iam.send(new CreatePolicyVersionCommand({ PolicyArn, PolicyDocument: allow('s3:Get*') }))
  await root.iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: 'bea' }))
  const oidc = { Url: 'https://idp.example', ThumbprintList: ['0'.repeat(40)] }
  const made = await root.iam.send(new CreateOpenIDConnectProviderCommand(oidc))
  const OpenIDConnectProviderArn = made.OpenIDConnectProviderArn
  const SAMLMetadataDocument = metadataOf([rsaCertificate()])
  const AddPrivateKey = generateKeyPairSync('rsa', { modulusLength: 2048 })
    .privateKey.export({ type: 'pkcs8', format: 'pem' })
    .toString()
  const { SAMLProviderArn } = await root.iam.send(new CreateSAMLProviderCommand({ Name: 'bea', SAMLMetadataDocument }))
  const { IdentityPoolId } = await root.cognito.send(
    new CreateIdentityPoolCommand({
      IdentityPoolName: 'pool',
      AllowUnauthenticatedIdentities: true,
      DeveloperProviderName: 'provider',
    }),
  )
  const developed = (user: string) =>
    root.cognito.send(new GetOpenIdTokenForDeveloperIdentityCommand({ IdentityPoolId, Logins: { provider: user } }))
  const { IdentityId } = await developed('one')
  await developed('two')
  const { done } = certificateCalls(server)
  const authority = rootAuthority({ subject: ['CN=Root'] })
  const leaf = authority.issue({ subject: ['CN=web'] })
  const certificate = engine.parts.certificates.known.read(leaf.der.toString('base64'), undefined)
  assert.ok(certificate)
  const source = bundle(authority.pem)
  const { trustAnchor } = await done('POST', '/trustanchors', { name: 'bea', enabled: true, source })
  const { trustAnchorArn, trustAnchorId } = trustAnchor
  const roleArn = await role(root, 'pods', podsTrust())
  const { profile } = await done('POST', '/profiles', { name: 'bea', enabled: true, roleArns: [roleArn] })
  const { profileArn, profileId } = profile
  const list = authority.revoke([1n]).pem
  const crlData = Buffer.from(list)
  const { crl } = await done('POST', '/crls', { name: 'bea', crlData: crlData.toString('base64'), trustAnchorArn })
  const there: Values = {
    ...{ trustAnchorArn, trustAnchorId, profileArn, profileId, crlId: crl.crlId, crlData, roleArn },
    ...{ resourceArn: trustAnchorArn, sourceType: source.sourceType, specifier: 'CN' },
    x509CertificateData: authority.pem,
    clusterName: (await testCluster(server, 'bea')).name,
    namespace: 'bea',
    serviceAccount: 'bea',
    UserName: 'bea',
    RoleName: 'bea',
    InstanceProfileName: 'bea',
    RoleArn,
    RoleARN: RoleArn,
    RoleSessionName: 'session',
    Name: 'guest',
    PolicyArn,
    arn: PolicyArn,
    PermissionsBoundary: PolicyArn,
    VersionId: 'v1',
    AccessKeyId: bea.keys.accessKeyId,
    SerialNumber: phone.serial,
    TokenCode: phone.code(server.now()),
    OpenIDConnectProviderArn,
    SAMLProviderArn,
    SAMLMetadataDocument,
    AddPrivateKey,
    Url: 'https://other.example',
    IdentityPoolId,
    IdentityId,
    DeveloperUserIdentifier: 'one',
    SourceUserIdentifier: 'one',
    DestinationUserIdentifier: 'two',
    ResourceArn: `arn:aws:cognito-identity:us-east-1:${account}:identitypool/${IdentityPoolId}`,
    ProviderName: 'idp.example',
    CognitoIdentityProviders: [
      { ProviderName: 'cognito-idp.us-east-1.amazonaws.com/us-east-1_a', ClientId: 'app', ServerSideTokenCheck: false },
    ],
    OpenIdConnectProviderARNs: [OpenIDConnectProviderArn],
    PrincipalArn: SAMLProviderArn,
    SamlProviderARNs: [],
    SupportedLoginProviders: {},
    DeveloperProviderName: 'provider',
    PolicySourceArn: bea.arn,
    ResourceArns: ['arn:aws:s3:::bucket'],
    ResourceOwner: account,
    ResourcePolicy: policy({ Principal: '*', Action: 's3:GetObject', Resource: 'arn:aws:s3:::bucket' }),
    ContextKeyType: 'string',
    CallerArn: bea.arn,
    Path: '/',
    PathPrefix: '/',
    AccountId: account,
    ActionNames: ['s3:GetObject'],
    SigningAlgorithm: 'RS256',
    PolicyDocument: allow('s3:*'),
    AssumeRolePolicyDocument: trusts(bea.arn),
    Policy: allow('s3:*'),
    PolicyInputList: [allow('s3:*')],
    PermissionsBoundaryPolicyInputList: [allow('s3:*')],
    ServiceControlPolicyInputList: [allow('s3:*')],
  }
  const { parts } = engine
  const keys: ReadonlyMap<string, string> = new Map()
  const proof = {
    kind: 'proof',
    provider: 'idp.example',
    subject: 'bea',
    voucher: 'account',
    tags: {},
    transitive: [],
    keys,
  } as const
  const provider = await parts.saml.byName(account, 'bea')
  assert.ok(provider)
  const proven: ProvenSaml = {
    ...{ provider, identity: proof, sessionName: 'bea', roles: [RoleArn], longest: undefined, oneUse: undefined },
    assertion: { id: '_a', issuer: 'idp.example', recipient: '' } as SamlAssertion,
  }
  const services: Services = servicesOf({
    ...parts,
    webIdentity: { ...parts.webIdentity, prove: async () => proof },
    saml: { ...parts.saml, prove: async () => proven },
  })
  const subject = await parts.subjects.byId(account, bea.id)
  const { accessKeyId } = bea.keys
  const identity = { kind: 'user', account, principal: bea.id, accessKeyId } as const
  const unused = () => assert.fail('no operation reads its body')
  const call: Call = {
    ...describeCaller(identity, subject),
    identity,
    requestId: '',
    allowance: allowanceFor(1),
    now: server.now(),
    service: '',
    operation: '',
    signal: new AbortController().signal,
    from: { address: '127.0.0.1', tls: false, userAgent: '', region: 'us-east-1', host: '' },
    body: { bytes: unused, stream: unused },
    certificate,
    within: () => true,
  }
  return { services, call, there }
}

/** What is passed on is read by the backend: of that every member that is not known is refused (conformance/wire/forwarded.test.ts). */
const answeredHere = serviceNames.filter((service) => forwardedOf(service) === undefined)

/** What is offered, with the shape of its input; what takes nothing has nothing to read. */
const offered = answeredHere.flatMap((service) =>
  // The tables are read for what they name: nothing is run of these.
  Object.entries(servicesOf({} as Parts)[service] ?? {}).flatMap(([name, entry]) => {
    const shape = contractOf(service).operation(name)?.input
    return shape === undefined || 'unsupported' in entry ? [] : [{ service, name, shape }]
  }),
)

test('every reason is about an operation that is offered', () => {
  const actions = new Set(offered.map(({ service, name }) => `${service}:${name}`))
  const reasoned = unread.flatMap(([, members]) => Object.keys(members))
  assert.deepEqual(
    reasoned.filter((action) => !actions.has(action)),
    [],
  )
})

for (const service of answeredHere) {
  describe(service, () => {
    for (const { name, shape } of offered.filter((one) => one.service === service)) {
      test(`${name} reads its members, or it is said why not`, async () => {
        const entry = services[service]?.[name]
        assert.ok(entry !== undefined && !('unsupported' in entry))
        const read = await readBy(entry, shape)
        const left = everyMember(shape).filter((member) => !read.has(member))
        assert.deepEqual(left.sort(), unreadOf(`${service}:${name}`))
      })
    }
  })
}

/** What an operation reads of inputs that have everything, of things that are there and of new ones. */
async function readBy(entry: AnyOperation, shape: StructureShape): Promise<ReadonlySet<string>> {
  const read = new Set<string>()
  const fresh = { ...there, UserName: 'new', RoleName: 'new', PolicyName: 'new', IdentityPoolName: 'new' }
  for (const [values, last] of [
    [there, false],
    [fresh, true],
  ] as const) {
    const whole = valueFor('', shape, values, last) as object
    for (const one of withoutEach(whole, shape)) await attempt(entry, watched(one, shape, read) as never)
  }
  return read
}

/** Every step of the pipeline, whether the one before it was refused or not; nothing is kept of a change. */
async function attempt(entry: AnyOperation, input: never): Promise<void> {
  const target = (await tried(() => entry.load(input, call))) as never
  const { checks } = entry
  if (checks !== 'always') await tried(() => checks(input, target, call))
  if (!('change' in entry)) return void (await tried(() => entry.handle(input, target, call, [])))
  const { prepare, change } = entry
  const ready = prepare === undefined ? target : ((await tried(() => prepare(input, target, call))) as never)
  await tried(() =>
    server.engine.store.transact(async (tx) => {
      await change(tx, input, ready, call)
      throw new Error('not to be kept')
    }),
  )
}

async function tried(work: () => unknown): Promise<unknown> {
  try {
    return await work()
  } catch {
    return undefined
  }
}
