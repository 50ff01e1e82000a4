// What tests of the gateway share: settings of a backend, a request, and how a failure is caught.
import { after } from 'node:test'
import { Secret } from '../../../core/secret.ts'
import { BackendFailure } from '../../../service/backend-failure.ts'
import type { BackendAnswer, BackendRequest } from '../../../service/contracts/backends.ts'
import type { BackendSettings } from '../backend-settings.ts'
import { type BackendOptions, createBackend, type GatewayBackend, type GatewayEvents } from '../create-backend.ts'
import { type RawBackend, type RawScript, rawBackend } from './hostile-backend.ts'
import { type VerifyingBackend, type VerifyingOptions, verifyingBackend } from './verifying-backend.ts'

export const account = '111122223333'
export const region = 'eu-test-1'
export const accessKeyId = 'AKIABACKEND'
export const secretAccessKey = 'only-the-gateway-knows-this'
export const credentials = { accessKeyId, secret: new Secret(secretAccessKey) }
export const now = new Date('2026-11-29T12:00:00Z')

export const settingsOf = (url: string, changes: Partial<BackendSettings> = {}): BackendSettings => ({
  name: 'alternator',
  service: 'dynamodb',
  endpoint: new URL(url),
  accounts: [account],
  regions: ['us-east-1'],
  region,
  connections: 4,
  deadlineMs: 5_000,
  access: { credentials },
  ...changes,
})

export interface Tried {
  readonly backend: GatewayBackend
  /** What was counted: `answered 200`, `broken garbled`, `repeated`. */
  readonly events: string[]
}

/** A backend of the gateway, closed after the test. */
export function tried(
  url: string,
  changes: Partial<BackendSettings> = {},
  deadlines: BackendOptions['deadlines'] = {},
): Tried {
  const events: string[] = []
  const heard: GatewayEvents = {
    answered: (_, outcome) => void events.push(`answered ${outcome}`),
    broken: (_, why) => void events.push(`broken ${why}`),
    repeated: () => void events.push('repeated'),
  }
  const backend = createBackend(settingsOf(url, changes), { clock: () => now, events: () => heard, deadlines })
  after(() => backend.close())
  return { backend, events }
}

export async function verifying(options: Partial<VerifyingOptions> = {}): Promise<VerifyingBackend> {
  const keys = { [accessKeyId]: secretAccessKey }
  const made = await verifyingBackend({ keys, region, now: () => now, ...options })
  after(() => made.close())
  return made
}

export async function raw(script: RawScript): Promise<RawBackend> {
  const made = await rawBackend(script)
  after(() => made.close())
  return made
}

export const getItem = (changes: Partial<BackendRequest> = {}): BackendRequest => ({
  target: 'DynamoDB_20120810.GetItem',
  body: '{"TableName":"notes"}',
  signal: new AbortController().signal,
  ...changes,
})

/** The failure of a request, or of its answer's body; an answer that ends well is none. */
export async function failureOf(asked: Promise<BackendAnswer>): Promise<BackendFailure> {
  try {
    const text = await textOf(await asked)
    throw new Error(`no failure, but ${text}`)
  } catch (error) {
    if (error instanceof BackendFailure) return error
    throw error
  }
}

export async function textOf({ body }: BackendAnswer): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of body as AsyncIterable<Buffer>) chunks.push(chunk)
  return Buffer.concat(chunks).toString()
}

/** Resolves once something holds; the test's own timeout bounds it. */
export async function until(holds: () => boolean): Promise<void> {
  while (!holds()) await new Promise((resolve) => setImmediate(resolve))
}
