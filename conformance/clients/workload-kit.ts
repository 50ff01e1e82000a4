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
import { type WorkloadOperation, workloadOperations } from '../../src/wire/workload-api.ts'
import { toServer } from './console-tools.ts'
import { folder } from './folder.ts'
import { textsOf } from './journals.ts'
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
    ...{ bounds: { refusals: { perSecond: 10_000, perAddress: 10_000 } }, ...options, clock },
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

/** What the workload API answers to whatever is sent. */
export async function asked({ server, at }: WorkloadWorld, operation: WorkloadOperation, body: object) {
  const text = JSON.stringify(body)
  const {
    status,
    headers,
    text: answer,
  } = await toServer(server)({
    ...{ method: 'POST', url: new URL(at.url + workloadOperations[operation].path), body: text },
    headers: { 'content-type': 'application/json', 'content-length': String(Buffer.byteLength(text)) },
  })
  return { status, headers, body: JSON.parse(answer) as Readonly<Record<string, unknown>> }
}

/** Status and code. */
export const told = async (answer: ReturnType<typeof asked>) => {
  const { status, body } = await answer
  return [status, body.code]
}

/** Why the last request was refused, as its record says it to the operator. It is written a moment after the answer. */
export async function lastDetail({ server }: WorkloadWorld): Promise<string> {
  for (let turn = 0; turn < 3; turn++) await new Promise((done) => setImmediate(done))
  const text = (await textsOf(server.engine.store, 'refusals')).at(-1) ?? '{}'
  return (JSON.parse(text) as { readonly trace?: { readonly detail?: string } }).trace?.detail ?? ''
}

/** Whether credentials are still somebody's; or the code that they are refused with. */
export async function isAlive(world: WorkloadWorld, keys: SourceCredentials): Promise<true | string> {
  return callerOf(world, keys).then(
    () => true,
    (error: Error) => error.name,
  )
}
