// The operator's way into the console on the day when no connector answers: a role, assumed by the broker user for whoever opens the
// admin socket. No connector and no row of the table is asked; the role's own trust policy decides, as for anybody.
import { parseArn } from '../../core/arn.ts'
import { uuid7 } from '../../core/ids.ts'
import { AdminRefusal } from '../../server/admin.ts'
import type { Given, NotGiven } from '../../server/broker/broker.ts'
import type { Exchange } from '../../server/exchange.ts'
import { consolePath, federationPath } from '../../server/federation/destinations.ts'
import { pathIn, siteOf } from '../../server/pages/site.ts'
import { operatorEntry } from '../../service/audit/operator.ts'
import { createSignInTokens } from '../../service/console/sign-in-tokens.ts'
import type { BrokerUser, PeopleTable } from '../../service/contracts/people-table.ts'
import type { OperatorsWish } from '../../service/people/broker/broker-proof.ts'
import type { Engine } from '../engine.ts'
import type { Report } from '../ports.ts'

export interface BreakGlassInput {
  /** ARN of a role. */
  readonly role: string
  /** Who it is for, as the operator says. */
  readonly as: string
}

export interface BreakGlassOutput {
  /** Signs in whoever opens it first, for a few minutes. */
  readonly url: string
  readonly arn: string
  readonly requestId: string
}

export interface BreakGlassParts {
  readonly engine: Pick<Engine, 'parts' | 'store' | 'clock' | 'audit' | 'people'>
  /** Assumes the role as the broker user. */
  readonly assume: (exchange: Exchange, wish: OperatorsWish) => Promise<Given | NotGiven>
  readonly servesConsole: (publicUrl: string) => boolean
  readonly report: Report
}

const name = /^[\w+=,.@-]{1,40}$/
/** The least that every role allows. */
const sessionSeconds = 3600

export async function breakGlass(
  parts: BreakGlassParts,
  input: Partial<BreakGlassInput>,
  signal: AbortSignal,
): Promise<BreakGlassOutput> {
  const { engine, assume, report } = parts
  const now = engine.clock()
  const publicUrl = consoleUrl(parts)
  const { role, as } = checked(input)
  const account = parseArn(role)?.account ?? ''
  const broker = brokerFor(account, await engine.people.table())
  const signIn = engine.parts.random(16).toString('hex')
  // INVARIANT: on disk, and in the server's log, before anything is asked for.
  const entry = operatorEntry(now, engine.parts.random)
  const parameters = { role, as, signIn }
  await engine.audit.write([entry({ name: 'BreakGlass', parameters, account })])
  report(`break-glass: an operator opens a console as ${role}, for ${as}`)
  const exchange = operatorsExchange(engine, now, signal)
  const given = await assume(exchange, { ...{ role, as, broker, signIn }, seconds: sessionSeconds })
  if ('refused' in given) {
    const { code, message } = given.refused
    throw new AdminRefusal(`${code}: ${message} See hallpass why ${given.requestId}`)
  }
  const url = await linkTo(parts, publicUrl, given, exchange, now)
  return { url, arn: given.arn, requestId: given.requestId }
}

function consoleUrl({ engine, servesConsole }: BreakGlassParts): string {
  const { publicUrl } = engine.parts
  if (publicUrl === undefined || !servesConsole(publicUrl))
    throw new AdminRefusal('this server has no console: set public-url to an https URL')
  return publicUrl
}

function checked({ role, as }: Partial<BreakGlassInput>): BreakGlassInput {
  const parsed = typeof role === 'string' ? parseArn(role) : undefined
  if (role === undefined || parsed?.service !== 'iam' || !parsed.resource.startsWith('role/'))
    throw new AdminRefusal('give the ARN of a role: arn:aws:iam::ACCOUNT:role/NAME')
  if (typeof as !== 'string' || !name.test(as))
    throw new AdminRefusal('give a name of 1 to 40 letters, digits and _+=,.@- for whom it is')
  return { role, as }
}

function brokerFor(account: string, { brokers, targets }: PeopleTable): BrokerUser {
  if (targets.some(({ accounts }) => accounts.includes(account)))
    throw new AdminRefusal(`account ${account} is elsewhere: its own operator has its own way in`)
  const [only, ...others] = brokers
  const broker = brokers.find((one) => one.account === account) ?? (others.length === 0 ? only : undefined)
  if (broker === undefined)
    throw new AdminRefusal(
      `there is no broker user for account ${account}: apply a file that names one under people.brokers`,
    )
  return broker
}

async function linkTo(
  { engine }: BreakGlassParts,
  publicUrl: string,
  given: Given,
  { requestId, from }: Exchange,
  now: Date,
): Promise<string> {
  const { store, audit, parts } = engine
  const { vault, passes, subjects, fresh, random } = parts
  const tokens = createSignInTokens({ store, vault, passes, subjects, fresh, audit, random, publicUrl })
  const { AccessKeyId: accessKeyId, SecretAccessKey: secret, SessionToken: token } = given.credentials
  const issued = await tokens.issue({ accessKeyId, secret, token }, undefined, { requestId, now, from }, () => true)
  if (issued === 'throttled' || 'refused' in issued) throw new AdminRefusal('the credentials open no console', 503)
  const site = siteOf(publicUrl)
  const destination = site.origin + pathIn(site, consolePath)
  const search = new URLSearchParams({ Action: 'login', SigninToken: issued.token, Destination: destination })
  return `${publicUrl}${federationPath}?${search}`
}

/** The request of an operation that an operator asks for: it comes from this machine, and has no headers. */
function operatorsExchange({ parts }: BreakGlassParts['engine'], now: Date, signal: AbortSignal): Exchange {
  return {
    requestId: uuid7(now.getTime(), parts.random(10)),
    message: { method: 'POST', target: '/', headers: new Map() },
    body: {
      bytes: async () => Buffer.alloc(0),
      stream: () => {
        throw new TypeError('an operator sends no body')
      },
    },
    from: { address: '', tls: false, userAgent: 'hallpass', host: '' },
    signal,
    receivedAt: now,
  }
}
