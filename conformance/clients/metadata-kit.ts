// What tests of the metadata agent run on: a machine that joins, the agent beside it in this process, and the SDK's own providers, all by
// one clock that a test moves. Programs read the process's clock, so that is the one.

import { randomBytes } from 'node:crypto'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { after, mock } from 'node:test'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import { roleSources } from '../../src/agent/role-sources.ts'
import { startAgent } from '../../src/agent/run-agent.ts'
import { privateFile } from '../../src/app/private-file.ts'
import type { ListenerEntry } from '../../src/config/agent-file.ts'
import { folder } from './folder.ts'
import { secondNode, type TestServer } from './server.ts'
import { tlsFront } from './tls-front.ts'
import {
  added,
  profileWithRole,
  serviceRole,
  trustsService,
  type WorkloadWorld,
  workloadWorld,
} from './workload-kit.ts'

export const minute = 60_000

/** The process's clock; timers are left alone. */
export function processClock(start = '2026-09-01T12:00:05.500Z'): { now: Date } {
  mock.timers.enable({ apis: ['Date'], now: new Date(start) })
  return {
    get now() {
      return new Date()
    },
    set now(time: Date) {
      mock.timers.setTime(time.getTime())
    },
  }
}

const common = { allow: [], names: [], hopLimit: 1, listen: { host: '127.0.0.1', port: 0 } }

export interface AgentWorld extends WorkloadWorld {
  /** `http://127.0.0.1:4711`, in the order of the listeners. */
  readonly urls: readonly string[]
  /** Where workloads find their tokens. */
  readonly tokenFile: string
  readonly reported: readonly string[]
  /** Another server on the same store, as after a restart: nothing of the first one's memory is left. */
  restarted(): Promise<TestServer>
  /** Where the agent finds Hallpass; nowhere, while it is undefined. */
  lead(to: TestServer | undefined): void
  /** Resolves when the agent waits for no answer. */
  idle(): Promise<void>
}

type ListenerOf = (more: { readonly tokenFile: string }) => Partial<ListenerEntry>

/** Sessions of an hour, of the machine's role `web` and its task `billing`. */
export async function agentWorld(listeners: readonly ListenerOf[], prepare?: (world: WorkloadWorld) => Promise<void>) {
  const clock = processClock()
  const api = await tlsFront('127.0.0.1')
  const settings = { 'api-url': api.url }
  const world = await workloadWorld({ file: 'shared.sqlite', clock, node: 'one', settings })
  const lead = (to: TestServer | undefined) => {
    for (const front of [world.front, api]) front.to = to
  }
  lead(world.server)
  await profileWithRole(world, 'web')
  const task = await serviceRole(world, 'billing', trustsService('ecs-tasks.amazonaws.com'))
  await prepare?.(world)
  const { joinToken } = await added(world, 'web-1', { region: 'us-east-1', tasks: { billing: task } })
  const state = folder()
  const [tokenFile, joinTokenFile] = [join(state, 'token'), join(state, 'join-token')]
  writeFileSync(tokenFile, 'the-token-of-the-billing-task', { mode: 0o600 })
  writeFileSync(joinTokenFile, joinToken, { mode: 0o600 })
  const machine = { machine: join(state, 'machine'), joinTokenFile, durationSeconds: 3600 }
  const reported: string[] = []
  const report = (says: string) => void reported.push(says)
  let underWay = 0
  const sources = roleSources({ server: world.at, clock: () => clock.now, report, readSecret: privateFile })
  const agent = await startAgent({
    file: {
      ...{ server: world.at.url, instance: { tags: {} } },
      roles: [
        { name: 'web', ...machine },
        { name: 'billing', ...machine, task: 'billing' },
      ],
      listeners: listeners.map((of) => ({ ...common, ...of({ tokenFile }) }) as ListenerEntry),
    },
    sourceOf(role, delivery) {
      const { source, ...more } = sources(role, delivery)
      const fetch: typeof source.fetch = (signal) => {
        underWay++
        return source.fetch(signal).finally(() => underWay--)
      }
      return { ...more, source: { name: source.name, fetch } }
    },
    ...{ report, clock: () => clock.now, random: randomBytes, readToken: privateFile, ca: world.at.ca },
  })
  after(async () => {
    await agent.close()
    mock.timers.reset()
  })
  return {
    ...{ ...world, tokenFile, reported, urls: agent.ports.map((port) => `http://127.0.0.1:${port}`) },
    async idle() {
      while (underWay > 0) await new Promise((resolve) => setImmediate(resolve))
    },
    restarted: () => secondNode(world.server, { clock, settings: { 'public-url': world.front.url, ...settings } }),
    lead,
  } satisfies AgentWorld
}

/** Who somebody is at a server, by an SDK that gets credentials when it needs some. */
export function callerWith(credentials: STSClient['config']['credentials']) {
  const clients = new Map<string, STSClient>()
  after(() => {
    for (const client of clients.values()) client.destroy()
  })
  return async ({ url }: Pick<TestServer, 'url'>): Promise<string | undefined> => {
    const client =
      clients.get(url) ?? new STSClient({ endpoint: url, region: 'eu-central-1', maxAttempts: 1, credentials })
    clients.set(url, client)
    return (await client.send(new GetCallerIdentityCommand({}))).Arn
  }
}
