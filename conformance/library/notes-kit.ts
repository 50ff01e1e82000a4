// A service of one's own behind the guard: Hallpass with its clock, the declared service, a caller with credentials of a role, and AWS's
// signer. What is sent can be changed on the way.
import { generateKeyPairSync } from 'node:crypto'
import { createServer, request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after } from 'node:test'
import { PutRolePolicyCommand } from '@aws-sdk/client-iam'
import type { AssumeRoleCommandInput } from '@aws-sdk/client-sts'
import { SignatureV4 } from '@smithy/signature-v4'
import { newService, setServiceApi } from '../../src/app/operator/services.ts'
import { createGuard, type DecisionRecord, type Guard, type GuardOptions } from '../../src/library/guard.ts'
import { assume as assumeRole, role as makeRole, person, trusts } from '../clients/people.ts'
import type { Keys } from '../clients/server.ts'
import { Sha256 } from '../clients/sha256.ts'
import { type WorkloadWorld, workloadWorld } from '../clients/workload-kit.ts'

export const account = '111122223333'
export const noteArn = (id: string) => `arn:aws:notes:eu-west-1:${account}:note/${id}`

export const statement = (
  Effect: 'Allow' | 'Deny',
  Action: string | string[],
  Resource: string | string[],
  Condition?: object,
) => ({
  ...{ Effect, Action, Resource },
  ...(Condition && { Condition }),
})
export const document = (...Statement: object[]) => JSON.stringify({ Version: '2012-10-17', Statement })

export interface Sent {
  readonly method?: string
  readonly path?: string
  readonly query?: Record<string, string>
  readonly headers?: Record<string, string>
  readonly body?: string
}

export interface Signed {
  readonly method: string
  readonly target: string
  /** In turn; a name may stand twice. */
  readonly headers: readonly string[]
  readonly body: string
}

export interface Answer {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  readonly body: { readonly __type?: string; readonly message?: string; readonly [more: string]: unknown }
}

export interface NotesWorld extends WorkloadWorld {
  readonly guardOptions: GuardOptions
  readonly guard: Guard
  /** What was asked of Hallpass since it was last emptied. */
  asked(): number
  readonly decisions: DecisionRecord[]
  readonly problems: string[]
}

/** A pair of keys, in PEM. */
export function keyPair() {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' })
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    publicKey: publicKey.export({ type: 'spki', format: 'pem' }) as string,
  }
}

export async function declare(
  { server }: WorkloadWorld,
  name: string,
  signingName: string,
  more: { readonly hosts?: readonly string[]; readonly accounts?: readonly string[] | 'any' } = {},
): Promise<string> {
  const { privateKey, publicKey } = keyPair()
  const { hosts = ['localhost'], accounts = [account] } = more
  await newService(server.engine, { name, accounts, proof: { key: publicKey } })
  await setServiceApi(server.engine, { name, signingName, hosts })
  return privateKey
}

export async function notesWorld(more: Partial<GuardOptions> = {}): Promise<NotesWorld> {
  const world = await workloadWorld()
  const privateKey = await declare(world, 'notes.example.com', 'notes')
  const decisions: DecisionRecord[] = []
  const problems: string[] = []
  const guardOptions: GuardOptions = {
    ...{ url: world.at.url, service: 'notes.example.com', signingName: 'notes', proof: { privateKey }, account },
    ...(world.at.ca === undefined ? {} : { ca: world.at.ca }),
    clock: () => world.clock.now,
    onDecision: (record) => void decisions.push(record),
    onProblem: (problem) => void problems.push(problem),
    ...more,
  }
  const asked = () => world.front.seen.filter((line) => line.includes('/workload/callers')).length
  return { ...world, guardOptions, guard: createGuard(guardOptions), asked, decisions, problems }
}

const actions = ['sts:AssumeRole', 'sts:TagSession', 'sts:SetSourceIdentity']

/** A role that the account's users may assume, with a policy. */
export const role = ({ server }: WorkloadWorld, name: string, permissions: string): Promise<string> =>
  makeRole(server.as(server.root), name, trusts(account, actions), { permissions })

export const setPolicy = ({ server }: WorkloadWorld, RoleName: string, PolicyDocument: string) =>
  server.as(server.root).iam.send(new PutRolePolicyCommand({ RoleName, PolicyName: 'own', PolicyDocument }))

/** A user with a key of its own. */
export const user = async ({ server }: WorkloadWorld, name: string, policy: string): Promise<Keys> =>
  (await person(server.as(server.root), name, policy)).keys

export const assume = async (
  { server }: WorkloadWorld,
  by: Keys,
  role: string,
  wanted: Partial<AssumeRoleCommandInput> = {},
): Promise<Keys> => (await assumeRole(server, server.as(by), role, { RoleSessionName: 's1', ...wanted })).keys

/** Signs by AWS's signer. `host`: as the request will be sent. */
export async function sign(
  keys: Keys,
  now: Date,
  host: string,
  { method = 'GET', path = '/notes/1', query = {}, headers = {}, body = '' }: Sent = {},
  { service = 'notes', region = 'eu-west-1' } = {},
): Promise<Signed> {
  const signer = new SignatureV4({ credentials: keys, region, service, sha256: Sha256 })
  const [hostname = '', port] = host.split(':')
  const unsigned = {
    ...{ method, protocol: 'http:', hostname, path, query, body },
    ...(port === undefined ? {} : { port: Number(port) }),
    headers: { host, ...headers },
  }
  const signed = await signer.sign(unsigned, { signingDate: now })
  const text = new URLSearchParams(query).toString()
  return {
    ...{ method, target: text === '' ? path : `${path}?${text}`, body },
    headers: Object.entries(signed.headers).flat(),
  }
}

/** Sends exactly this. */
export function send(port: number, { method, target, headers, body }: Signed): Promise<Answer> {
  return new Promise((done, failed) => {
    const sent = httpRequest(
      {
        host: '127.0.0.1',
        port,
        method,
        path: target,
        headers: [...headers, 'content-length', String(Buffer.byteLength(body))],
        setHost: false,
      },
      (response) => {
        const chunks: Buffer[] = []
        response.on('data', (chunk: Buffer) => chunks.push(chunk))
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString()
          done({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: text === '' ? {} : JSON.parse(text),
          })
        })
      },
    )
    sent.on('error', failed)
    sent.end(body)
  })
}

type Listener = Parameters<typeof createServer>[1]

/** Listens until the test is over; its port. */
export async function listen(listener: Listener): Promise<number> {
  const server = createServer({ joinDuplicateHeaders: false }, listener as never)
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready))
  after(() => {
    server.closeAllConnections()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
