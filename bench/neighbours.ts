// npm run bench -- --neighbours: how long another caller waits for GetCallerIdentity while refused requests flood the server at
// the highest rate that one access key has, with the default limits, as a multiple of the wait without a flood in the same
// run. Meanwhile an identity pool with 250 mapped roles is updated, which must succeed.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { Agent } from 'node:http'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { performance } from 'node:perf_hooks'
import { setTimeout as delay } from 'node:timers/promises'
import {
  CognitoIdentityClient,
  CreateIdentityPoolCommand,
  SetIdentityPoolRolesCommand,
  UpdateIdentityPoolCommand,
} from '@aws-sdk/client-cognito-identity'
import { CreateOpenIDConnectProviderCommand, CreateRoleCommand, IAMClient } from '@aws-sdk/client-iam'
import { connectTo } from './connection.ts'
import { makeProvider } from './federation.ts'
import type { Done } from './load.ts'
import { median, sorted, table } from './print.ts'
import { costly, form, type Row, signedRequest } from './refusals.ts'
import { Child, type Hallpass } from './servers.ts'

const account = '111122223333'
const providers = 10
const rulesEach = 25
const most = 3

/** A connection from an address of its own, so that it does not share the flood's limit by address. */
function connectionFrom(port: number, localAddress: string) {
  const { socket, ask } = connectTo(port, localAddress)
  return {
    /** The milliseconds until the answer to one request. */
    async timeOf(request: string): Promise<number> {
      const started = performance.now()
      const answer = await ask(Buffer.from(request, 'base64'))
      if (!answer.startsWith('HTTP/1.1 200')) throw new Error(`a neighbour was refused: ${answer.slice(0, 600)}`)
      return performance.now() - started
    },
    end: () => socket.destroy(),
  }
}

/** A pool with ten providers, each with 25 mapping rules, every rule with a role of its own. Returns what updates it. */
async function mappedPool({ port, root }: Hallpass) {
  const requestHandler = { httpAgent: new Agent({ localAddress: '127.0.0.3', keepAlive: true }) }
  const config = { endpoint: `http://127.0.0.1:${port}`, region: 'us-east-1', credentials: root, requestHandler }
  const [iam, cognito] = [new IAMClient(config), new CognitoIdentityClient(config)]
  const trust = (pool: string) =>
    JSON.stringify({
      Version: '2012-10-17',
      Statement: {
        ...{ Effect: 'Allow', Principal: { Federated: 'cognito-identity.amazonaws.com' } },
        Action: 'sts:AssumeRoleWithWebIdentity',
        Condition: { StringEquals: { 'cognito-identity.amazonaws.com:aud': pool } },
      },
    })
  const names = Array.from({ length: providers }, (_, at) => `idp${at}.neighbours.example`)
  const arns: string[] = []
  for (const name of names) {
    const command = new CreateOpenIDConnectProviderCommand({
      ...{ Url: `https://${name}`, ClientIDList: ['app'], ThumbprintList: ['0'.repeat(40)] },
    })
    arns.push((await iam.send(command)).OpenIDConnectProviderArn ?? '')
  }
  const made = await cognito.send(
    new CreateIdentityPoolCommand({
      ...{ IdentityPoolName: 'mapped', AllowUnauthenticatedIdentities: false, OpenIdConnectProviderARNs: arns },
    }),
  )
  const IdentityPoolId = made.IdentityPoolId ?? ''
  const rule = async (name: string) => {
    await iam.send(new CreateRoleCommand({ RoleName: name, AssumeRolePolicyDocument: trust(IdentityPoolId) }))
    const RoleARN = `arn:aws:iam::${account}:role/${name}`
    return { Claim: 'team', MatchType: 'Equals' as const, Value: name, RoleARN }
  }
  const RoleMappings: NonNullable<ConstructorParameters<typeof SetIdentityPoolRolesCommand>[0]['RoleMappings']> = {}
  for (const [at, arn] of arns.entries()) {
    const Rules = []
    for (let index = 0; index < rulesEach; index++) Rules.push(await rule(`mapped-${at}-${index}`))
    RoleMappings[arn] = { Type: 'Rules', AmbiguousRoleResolution: 'Deny', RulesConfiguration: { Rules } }
  }
  await cognito.send(new SetIdentityPoolRolesCommand({ IdentityPoolId, Roles: {}, RoleMappings }))
  const update = new UpdateIdentityPoolCommand({
    ...{ IdentityPoolId, IdentityPoolName: 'mapped', AllowUnauthenticatedIdentities: false },
    OpenIdConnectProviderARNs: arns,
  })
  return async () => {
    const started = performance.now()
    await cognito.send(update)
    return performance.now() - started
  }
}

/** Measures the neighbour's waits without a flood, then during each flood. */
export async function measureNeighbours(ms: number, say: (line: string) => void): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'hallpass-bench-'))
  mkdirSync(join(data, 'bench'))
  const { providersFile } = makeProvider(join(data, 'bench'), account)
  const [server, made] = await Child.start<Hallpass>('targets/hallpass.ts', [data, providersFile, 'usual'])
  const [load] = await Child.start('load.ts')
  const rows = await costly(made)
  const update = await mappedPool(made)
  const { port, accessKeyId, secret } = made
  const identity = form({ Action: 'GetCallerIdentity', Version: '2011-06-15' })
  const request = signedRequest(port, 'sts', { accessKeyId, secretAccessKey: secret }, identity)
  const neighbour = connectionFrom(port, '127.0.0.2')
  const waits = async (until: () => boolean) => {
    const times: number[] = []
    while (!until()) {
      times.push(await neighbour.timeOf(request))
      await delay(8)
    }
    return times
  }
  const flooded = async ({ requests }: Pick<Row, 'requests'>) => {
    let over = false
    const flood = load.ask<Done>({ port, requests, connections: 4, ms, perSecond: floodRate, expect: false })
    const whole = flood.then((done) => {
      over = true
      return done
    })
    const [times, updated] = await Promise.all([waits(() => over), update()])
    return { times, updated, done: await whole }
  }
  const started = performance.now()
  await waits(() => performance.now() - started > ms / 2)
  const from = performance.now()
  const quiet = await waits(() => performance.now() - from > ms)
  const [base, baseWorst] = [median(quiet), share(quiet, 0.99)]
  const shown = [['nothing else', base.toFixed(2), '1.0', baseWorst.toFixed(2), '1.0', '', '']]
  for (const row of rows) {
    const { times, updated, done } = await flooded(row)
    const [middle, worst] = [median(times), share(times, 0.99)]
    shown.push([
      ...[row.name, middle.toFixed(2), (middle / base).toFixed(1), worst.toFixed(2), (worst / baseWorst).toFixed(1)],
      ...[((1000 * (done.refused + done.answered)) / done.ms).toFixed(0), updated.toFixed(0)],
    ])
  }
  say(`\nGetCallerIdentity of a neighbour, while refused requests of at most 16 KB come at ${floodRate} a second`)
  say(table(['flood', 'median ms', '× quiet', '99 % ms', '× quiet', 'requests/s', 'update of 250 roles, ms'], shown))
  const worst = Math.max(...shown.slice(1).map((row) => Number(row[2])))
  say(`the longest median: ${worst.toFixed(1)} × the quiet one (at most ${most}${worst > most ? ': EXCEEDED' : ''})`)
  neighbour.end()
  for (const child of [server, load]) child.process.kill()
  rmSync(data, { recursive: true, force: true })
}

/** Requests a second that one access key, and one address, may make unless the operator says otherwise. */
const floodRate = 500

const share = (values: readonly number[], part: number) => sorted(values)[Math.floor(part * (values.length - 1))] ?? 0
