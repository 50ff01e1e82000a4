// A program that gets its credentials from `hallpass/credentials` and calls services with AWS's SDK: its clock and timers are the server's,
// which a test moves.
import { after, mock } from 'node:test'
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb'
import { GetCallerIdentityCommand, STSClient } from '@aws-sdk/client-sts'
import type { CredentialProvider } from '../../src/library/credential-options.ts'
import { providersOf } from '../../src/library/credential-providers.ts'
import type { TestServer } from './server.ts'

const minuteMs = 60_000
/** Small: what is due is due when a test says. Not 0: no other timer takes a minute to the millisecond. */
const jitter = 0.001

export interface Program {
  /** The functions of `hallpass/credentials` in a process with these variables. */
  providers(environment?: Readonly<Record<string, string | undefined>>): ReturnType<typeof providersOf>
  /** Who a client of STS is, and tables that one of DynamoDB lists, with credentials of the provider. */
  clients(credentials: CredentialProvider): {
    whoAmI(): Promise<string>
    key(): Promise<string>
    tables(): Promise<readonly string[]>
  }
  /** Moves all clocks; timers run when they are due. */
  pass(minutes: number): Promise<void>
}

export function credentialProgram(server: TestServer): Program {
  const timers = new Set<{ readonly at: number; readonly ms: number; readonly run: () => void }>()
  /** Until no request is under way: each has a timer that gives it up after a minute. */
  const settle = async () => {
    do await new Promise((resolve) => setImmediate(resolve))
    while ([...timers].some(({ ms }) => ms === minuteMs))
  }
  const move = async (ms: number) => {
    if (ms > 0) await server.move(ms)
    mock.timers.setTime(server.now().getTime())
  }
  mock.timers.enable({ apis: ['Date'], now: server.now() })
  after(() => mock.timers.reset())
  return {
    providers: (environment = {}) =>
      providersOf({
        ...{ environment, platform: 'linux', clock: server.now, random: () => jitter },
        after(ms, run) {
          const timer = { at: server.now().getTime() + ms, ms, run }
          timers.add(timer)
          return () => timers.delete(timer)
        },
      }),
    clients(credentials) {
      const how = { region: 'us-east-1', endpoint: server.url, maxAttempts: 1, credentials }
      const [sts, dynamodb] = [new STSClient(how), new DynamoDBClient(how)]
      after(() => {
        sts.destroy()
        dynamodb.destroy()
        credentials.close()
      })
      return {
        whoAmI: async () => (await sts.send(new GetCallerIdentityCommand({}))).Arn ?? '',
        key: async () => (await sts.config.credentials()).accessKeyId,
        tables: async () => (await dynamodb.send(new ListTablesCommand({}))).TableNames ?? [],
      }
    },
    async pass(minutes) {
      const end = server.now().getTime() + minutes * minuteMs
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)
        if (next === undefined) break
        timers.delete(next)
        await move(next.at - server.now().getTime())
        next.run()
        await settle()
      }
      await move(end - server.now().getTime())
    },
  }
}
