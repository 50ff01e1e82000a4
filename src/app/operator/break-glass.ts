// The operator's way into the console on the day when no connector answers: a role, assumed by the broker user for whoever opens the
// admin socket. No connector and no row of the table is asked; the role's own trust policy decides, as for anybody.
import { parseArn } from '../../core/arn.ts'
import { uuid7 } from '../../core/ids.ts'
import { AdminRefusal } from '../../server/admin.ts'
import type { Given } from '../../server/broker/broker.ts'
import type { OperatorBroker } from '../../server/broker/operator-broker.ts'
import type { Exchange } from '../../server/exchange.ts'
import { consolePath, federationPath } from '../../server/federation/destinations.ts'
import { pathIn, siteOf } from '../../server/pages/site.ts'
import { operatorEntry } from '../../service/audit/operator.ts'
import { createSignInTokens } from '../../service/console/sign-in-tokens.ts'
import type { AllowedRole, PeopleTable, SignIn } from '../../service/contracts/people.ts'
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
  readonly broker: OperatorBroker
  readonly servesConsole: (publicUrl: string) => boolean
  readonly report: Report
}

/** No connector's name is like it: these people are the operator's. */
const OPERATOR = 'operator:break-glass'
const name = /^[\w+=,.@-]{1,40}$/
/** The least that every role allows. */
const sessionSeconds = 3600

export async function breakGlass(
  parts: BreakGlassParts,
  input: Partial<BreakGlassInput>,
  signal: AbortSignal,
): Promise<BreakGlassOutput> {
  const { engine, broker, report } = parts
  const now = engine.clock()
  const publicUrl = consoleUrl(parts)
  const { role, as } = checked(input)
  const allowance = allowanceOf(role, await engine.people.table())
  const signIn = signInAs(as, engine.parts.random(16).toString('hex'), now)
  // INVARIANT: on disk, and in the server's log, before anything is asked for.
  const entry = operatorEntry(now, engine.parts.random)
  const parameters = { role, as, signIn: signIn.id }
  await engine.audit.write([entry({ name: 'BreakGlass', parameters, account: allowance.account })])
  report(`break-glass: an operator opens a console as ${role}, for ${as}`)
  const exchange = operatorsExchange(engine, now, signal)
  const given = await broker.assumeRole(exchange, signIn, allowance, undefined, now)
  if ('refused' in given) {
    const { code, message } = given.refused
    throw new AdminRefusal(`${code}: ${message} See hallpass why ${given.requestId}`)
  }
  const url = await linkTo(parts, publicUrl, allowance, given, exchange, now)
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

/** What no row gave: as little as a row could. */
function allowanceOf(arn: string, { brokers, targets }: PeopleTable): AllowedRole {
  const account = parseArn(arn)?.account ?? ''
  const target = targets.find(({ accounts }) => accounts.includes(account))?.name
  const [only, ...others] = brokers
  const broker = brokers.find((one) => one.account === account) ?? (others.length === 0 ? only : undefined)
  if (target === undefined && broker === undefined)
    throw new AdminRefusal(
      `there is no broker user for account ${account}: apply a file that names one under people.brokers`,
    )
  return {
    ...{ arn, account, sessionSeconds, tags: [], multiFactor: false, places: ['hallpass console --break-glass'] },
    ...(target === undefined ? { ...(broker === undefined ? {} : { broker }) } : { target }),
  }
}

/** Whoever it is for: nobody of any connector, with a name that no person's session has. */
const signInAs = (as: string, id: string, now: Date): SignIn => ({
  ...{ id, connector: OPERATOR, personId: as, login: `break-glass-${as}`, groups: [], attributes: new Map() },
  ...{ client: 'browser', startedAt: now, endsAt: new Date(now.getTime() + sessionSeconds * 1000), confirmedAt: now },
})

async function linkTo(
  { engine, broker }: BreakGlassParts,
  publicUrl: string,
  { target }: AllowedRole,
  given: Given,
  { requestId, from }: Exchange,
  now: Date,
): Promise<string> {
  if (target !== undefined) {
    const link = await broker.consoleLink(target, given, sessionSeconds)
    if (link === undefined) throw new AdminRefusal(`the federation endpoint of ${target} gave no link`, 503)
    return link
  }
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
