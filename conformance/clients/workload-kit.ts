// What tests of machines and declared services run on: a server whose public URL speaks TLS, an instance profile with a role, and machines
// that have joined.
import { join } from 'node:path'
import {
  AddRoleToInstanceProfileCommand,
  CreateInstanceProfileCommand,
  CreateRoleCommand,
  PutRolePolicyCommand,
} from '@aws-sdk/client-iam'
import { GetCallerIdentityCommand } from '@aws-sdk/client-sts'
import { type AddMachineInput, newMachine } from '../../src/app/operator/machines.ts'
import type { CredentialSource, SourceCredentials } from '../../src/client/credential-source.ts'
import type { SignInServer } from '../../src/client/sign-in-server.ts'
import { type Enrolment, joinMachine } from '../../src/client/workload.ts'
import { authority } from '../../src/federation/testing/idp.ts'
import { folder } from './folder.ts'
import { allow, policy } from './people.ts'
import { type ServerOptions, type TestServer, testServer } from './server.ts'
import { type TlsFront, tlsFront } from './tls-front.ts'

export interface WorkloadWorld {
  readonly server: TestServer
  readonly front: TlsFront
  /** As programs on machines reach it. */
  readonly at: SignInServer
  readonly clock: { now: Date }
}

export async function workloadWorld(options: ServerOptions = {}): Promise<WorkloadWorld> {
  const front = await tlsFront()
  const clock = options.clock ?? { now: new Date('2026-09-01T12:00:05.500Z') }
  const server = await testServer({
    ...{ ...options, clock },
    settings: { 'public-url': front.url, ...options.settings },
  })
  front.to = server
  return { server, front, clock, at: { url: front.url, ca: authority } }
}

/** A trust policy for a service. */
export const trustsService = (Service: string, Condition?: object) =>
  policy({ Principal: { Service }, Action: 'sts:AssumeRole', ...(Condition && { Condition }) })

/** A role that a service may assume, and that may assume roles itself. */
export async function serviceRole({ server }: WorkloadWorld, name: string, trust: string): Promise<string> {
  const { iam } = server.as(server.root)
  const { Role } = await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust }))
  await iam.send(
    new PutRolePolicyCommand({ RoleName: name, PolicyName: 'own', PolicyDocument: allow(['sts:*', 'iam:List*']) }),
  )
  return Role?.Arn ?? ''
}

/** An instance profile with a role of its name. */
export async function profileWithRole(world: WorkloadWorld, name: string, trust = trustsService('ec2.amazonaws.com')) {
  const { iam } = world.server.as(world.server.root)
  const arn = await serviceRole(world, name, trust)
  await iam.send(new CreateInstanceProfileCommand({ InstanceProfileName: name }))
  await iam.send(new AddRoleToInstanceProfileCommand({ InstanceProfileName: name, RoleName: name }))
  return arn
}

/** Adds a machine as `hallpass machines add` does. */
export const added = ({ server }: WorkloadWorld, name: string, more: Partial<AddMachineInput> = {}) =>
  newMachine(server.engine, { name, account: server.account, region: 'eu-central-1', profile: 'web', ...more })

/** A machine that has joined. */
export async function joined(
  world: WorkloadWorld,
  name: string,
  more: Partial<AddMachineInput> = {},
): Promise<Enrolment> {
  const { joinToken } = await added(world, name, more)
  return joinMachine(world.at, joinToken, join(folder(), 'machine.json'))
}

export const fetchFrom = (source: CredentialSource): Promise<SourceCredentials> =>
  source.fetch(new AbortController().signal)

/** ARN of the caller that credentials are of. */
export async function callerOf({ server }: WorkloadWorld, keys: SourceCredentials): Promise<string | undefined> {
  return (await server.as(keys).sts.send(new GetCallerIdentityCommand({}))).Arn
}
