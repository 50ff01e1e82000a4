// What tests of IAM Roles Anywhere run on: a server, an authority, a trust anchor and a profile with a role; requests that a certificate's
// key signs, and requests that an access key signs.
import { CreateRoleCommand, PutRolePolicyCommand } from '@aws-sdk/client-iam'
import { rootAuthority } from '../../src/federation/x509/testing/authority.ts'
import { allow, policy } from './people.ts'
import { type Answer, type Sent, send, signed } from './raw.ts'
import { type Keys, type ServerOptions, type TestServer, testServer } from './server.ts'
import { region, type SessionHow, sessionRequest } from './session-request.ts'

export interface CertificateWorld {
  readonly server: TestServer
  readonly root: ReturnType<typeof rootAuthority>
  readonly anchorArn: string
  readonly profileArn: string
  readonly roleArn: string
  /** Calls an operation of the service, signed by an access key; root's by default. */
  readonly call: (method: string, path: string, body?: object, keys?: Keys, inRegion?: string) => Promise<Answer>
  /** The same, of which the answer is a success. */
  readonly done: (method: string, path: string, body?: object) => Promise<Shown>
  readonly request: (how: SessionHow) => Sent
  readonly session: (how: SessionHow) => Promise<Answer>
}

/** Of answers, what tests read. */
export interface Shown {
  readonly trustAnchor: { readonly trustAnchorArn: string; readonly trustAnchorId: string; readonly enabled: boolean }
  readonly profile: {
    readonly profileArn: string
    readonly profileId: string
    readonly attributeMappings: readonly object[]
    readonly createdBy: string
  }
  readonly crl: { readonly crlId: string; readonly crlData: string; readonly enabled: boolean }
  readonly [member: string]: unknown
}

/** Trusts IAM Roles Anywhere, as AWS's guide has it. */
export const trustsCertificates = (Condition: object = {}) =>
  policy({
    Principal: { Service: 'rolesanywhere.amazonaws.com' },
    Action: ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity'],
    Condition,
  })

export async function certificateRole(server: TestServer, name: string, trust = trustsCertificates(), longest = 7200) {
  const { iam } = server.as(server.root)
  const { Role } = await iam.send(
    new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust, MaxSessionDuration: longest }),
  )
  const own = { RoleName: name, PolicyName: 'own', PolicyDocument: allow(['iam:ListUsers', 'sts:*']) }
  await iam.send(new PutRolePolicyCommand(own))
  return Role?.Arn ?? ''
}

/** Calls of the service's operations, signed by an access key. */
export function certificateCalls(server: TestServer): Pick<CertificateWorld, 'call' | 'done'> {
  const call: CertificateWorld['call'] = (method, path, body, keys = server.root, inRegion = region) =>
    send(
      server.port,
      signed(server.port, {
        ...{ keys, now: server.now(), method, target: path, body: body === undefined ? '' : JSON.stringify(body) },
        ...{ headers: { 'content-type': 'application/json' }, signer: { service: 'rolesanywhere', region: inRegion } },
      }),
    )
  return {
    call,
    async done(method, path, body) {
      const { status, text } = await call(method, path, body)
      if (status >= 300) throw new TypeError(`${method} ${path}: ${status} ${text}`)
      return JSON.parse(text) as Shown
    },
  }
}

export async function certificateWorld(options: ServerOptions = {}): Promise<CertificateWorld> {
  const server = await testServer(options)
  const root = rootAuthority({ subject: ['O=Example', 'CN=Root'] })
  const { call, done } = certificateCalls(server)
  const roleArn = await certificateRole(server, 'Web')
  const { trustAnchor } = await done('POST', '/trustanchors', {
    name: 'anchor',
    enabled: true,
    source: bundle(root.pem),
  })
  const { profile } = await done('POST', '/profiles', {
    ...{ name: 'profile', enabled: true, roleArns: [roleArn], durationSeconds: 7200 },
  })
  const world = {
    server,
    root,
    anchorArn: trustAnchor.trustAnchorArn,
    profileArn: profile.profileArn,
    roleArn,
    call,
    done,
  }
  const request = (how: SessionHow) => sessionRequest({ ...world, port: server.port, now: server.now() }, how)
  return { ...world, request, session: (how) => send(server.port, request(how)) }
}

export const bundle = (x509CertificateData: string) => ({
  sourceType: 'CERTIFICATE_BUNDLE',
  sourceData: { x509CertificateData },
})

export const idIn = (arn: string) => arn.slice(arn.lastIndexOf('/') + 1)

/** The credentials of an answer. */
export interface SessionCredentials {
  readonly keys: Keys
  readonly expiration: string
}

export function credentialsIn({ text }: Answer): SessionCredentials {
  const { credentialSet = [] } = JSON.parse(text) as {
    credentialSet?: { credentials: Keys & { expiration: string } }[]
  }
  const [first] = credentialSet
  if (first === undefined) throw new TypeError(`no credentials: ${text}`)
  const { expiration, ...keys } = first.credentials
  return { keys, expiration }
}
