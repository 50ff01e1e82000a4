// Builds what scenarios need by the AWS SDK's own calls: policies, users with keys, roles, member accounts, MFA devices.
import { createHmac } from 'node:crypto'
import {
  AttachUserPolicyCommand,
  CreateAccessKeyCommand,
  CreateRoleCommand,
  CreateUserCommand,
  CreateVirtualMFADeviceCommand,
  EnableMFADeviceCommand,
  PutRolePolicyCommand,
  PutUserPolicyCommand,
} from '@aws-sdk/client-iam'
import {
  CreateAccountCommand,
  CreateOrganizationCommand,
  DescribeCreateAccountStatusCommand,
} from '@aws-sdk/client-organizations'
import { AssumeRoleCommand, type AssumeRoleCommandInput, type Credentials } from '@aws-sdk/client-sts'
import type { Clients, Keys, TestServer } from './server.ts'

const ADMINISTRATOR = 'arn:aws:iam::aws:policy/AdministratorAccess'

export type Statement = Readonly<Record<string, unknown>>

/** A policy's text. `Effect` is Allow unless a statement has another. */
export const policy = (...statements: readonly Statement[]) =>
  JSON.stringify({ Version: '2012-10-17', Statement: statements.map((one) => ({ Effect: 'Allow', ...one })) })

export const allow = (Action: string | readonly string[], Resource: string | readonly string[] = '*', Condition = {}) =>
  policy({ Action, Resource, Condition })

/** A trust policy: who may do what to the role. */
export const trusts = (
  AWS: string | readonly string[],
  Action: string | readonly string[] = 'sts:AssumeRole',
  Condition = {},
) => policy({ Principal: { AWS }, Action, Condition })

/** Credentials as STS answers them, as the SDKs take them. */
export function keysOf(credentials: Credentials | undefined): Keys {
  const { AccessKeyId = '', SecretAccessKey = '', SessionToken = '' } = credentials ?? {}
  return { accessKeyId: AccessKeyId, secretAccessKey: SecretAccessKey, sessionToken: SessionToken }
}

export interface Person {
  readonly arn: string
  readonly id: string
  readonly name: string
  readonly keys: Keys
}

/** A user with an access key and one inline policy, made by an administrator. */
export async function person(admin: Clients, name: string, text?: string, path = '/'): Promise<Person> {
  const { User } = await admin.iam.send(new CreateUserCommand({ UserName: name, Path: path }))
  if (text !== undefined) {
    await admin.iam.send(new PutUserPolicyCommand({ UserName: name, PolicyName: 'own', PolicyDocument: text }))
  }
  return { arn: User?.Arn ?? '', id: User?.UserId ?? '', name, keys: await accessKey(admin, name) }
}

export async function accessKey(admin: Clients, UserName: string): Promise<Keys> {
  const { AccessKey } = await admin.iam.send(new CreateAccessKeyCommand({ UserName }))
  return { accessKeyId: AccessKey?.AccessKeyId ?? '', secretAccessKey: AccessKey?.SecretAccessKey ?? '' }
}

export interface RoleOptions {
  readonly permissions?: string
  readonly path?: string
  readonly maxSessionDuration?: number
  readonly tags?: Readonly<Record<string, string>>
}

/** Makes a role and returns its ARN. */
export async function role(admin: Clients, name: string, trust: string, options: RoleOptions = {}): Promise<string> {
  const { Role } = await admin.iam.send(
    new CreateRoleCommand({
      RoleName: name,
      AssumeRolePolicyDocument: trust,
      Path: options.path,
      MaxSessionDuration: options.maxSessionDuration,
      Tags: Object.entries(options.tags ?? {}).map(([Key, Value]) => ({ Key, Value })),
    }),
  )
  if (options.permissions !== undefined) {
    const PolicyDocument = options.permissions
    await admin.iam.send(new PutRolePolicyCommand({ RoleName: name, PolicyName: 'own', PolicyDocument }))
  }
  return Role?.Arn ?? ''
}

type Wanted = Partial<AssumeRoleCommandInput>

/** Calls AssumeRole and returns the new session's clients. */
export async function assume(
  server: TestServer,
  caller: Clients,
  RoleArn: string,
  wanted: Wanted = {},
): Promise<Clients> {
  const answer = await caller.sts.send(new AssumeRoleCommand({ RoleArn, RoleSessionName: 'session', ...wanted }))
  return server.as(keysOf(answer.Credentials))
}

export interface Member {
  readonly id: string
  readonly admin: Clients
}

/** An administrator user of the first account, which is made the management account of an organization. */
export async function manager(server: TestServer): Promise<Clients> {
  const root = server.as(server.root)
  await root.organizations.send(new CreateOrganizationCommand({ FeatureSet: 'ALL' }))
  const { keys } = await person(root, 'manager')
  await root.iam.send(new AttachUserPolicyCommand({ UserName: 'manager', PolicyArn: ADMINISTRATOR }))
  return server.as(keys)
}

/** A member account, entered through the role that comes with it. */
export async function member(
  server: TestServer,
  manager: Clients,
  name: string,
  Email = `${name}@example.com`,
): Promise<Member> {
  const { CreateAccountStatus } = await manager.organizations.send(
    new CreateAccountCommand({ AccountName: name, Email }),
  )
  const described = await manager.organizations.send(
    new DescribeCreateAccountStatusCommand({ CreateAccountRequestId: CreateAccountStatus?.Id }),
  )
  const id = described.CreateAccountStatus?.AccountId ?? ''
  const admin = await assume(server, manager, `arn:aws:iam::${id}:role/OrganizationAccountAccessRole`)
  return { id, admin }
}

/** An authenticator app for a seed: RFC 6238 with SHA-1, six digits, thirty seconds. */
export interface Authenticator {
  readonly serial: string
  code(at: Date): string
}

export function authenticator(serial: string, base32: string): Authenticator {
  const bits = [...base32]
    .map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0'))
    .join('')
  const key = Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? [])
  return {
    serial,
    code(at) {
      const counter = Buffer.alloc(8)
      counter.writeBigUInt64BE(BigInt(Math.floor(at.getTime() / 30_000)))
      const mac = createHmac('sha1', key).update(counter).digest()
      const offset = mac.readUInt8(19) & 15
      return String((mac.readUInt32BE(offset) & 0x7fffffff) % 1_000_000).padStart(6, '0')
    },
  }
}

/** A virtual MFA device, paired with a user by two consecutive codes. The clock is then past both. */
export async function enableMfa(server: TestServer, admin: Clients, UserName: string): Promise<Authenticator> {
  const { VirtualMFADevice } = await admin.iam.send(
    new CreateVirtualMFADeviceCommand({ VirtualMFADeviceName: `${UserName}-phone` }),
  )
  const seed = Buffer.from(VirtualMFADevice?.Base32StringSeed ?? []).toString()
  const app = authenticator(VirtualMFADevice?.SerialNumber ?? '', seed)
  await admin.iam.send(
    new EnableMFADeviceCommand({
      UserName,
      SerialNumber: app.serial,
      AuthenticationCode1: app.code(server.now()),
      AuthenticationCode2: app.code(new Date(server.now().getTime() + 30_000)),
    }),
  )
  await server.move(60_000)
  return app
}
