// Credentials of a target: an STS that is not this one, AWS's own first. There the broker is known by a token of its own issuer, and has
// no key; GetFederationToken alone, which AWS gives to users alone, needs one that the table holds.
import { signedQuery } from '../../client/aws-query.ts'
import type { Ask } from '../../federation/fetch.ts'
import { reachOf } from '../../federation/reach.ts'
import type { Audit } from '../../service/audit/journal.ts'
import type { AllowedCredential, Target } from '../../service/contracts/people-table.ts'
import type { SignIn } from '../../service/contracts/sign-ins.ts'
import { federationInput, personName } from '../../service/people/broker/broker-proof.ts'
import {
  denied,
  type Entitled,
  type EntitledParts,
  entitledAccount,
  entitledRole,
  type Wish,
} from '../../service/people/broker/entitled.ts'
import { MOST_SESSION_NAME } from '../../service/people/broker/names.ts'
import { signInEvents } from '../../service/people/sign-ins/sign-in-events.ts'
import { targetNamed } from '../../service/people/table/named.ts'
import { contractOf } from '../../wire/contract.ts'
import { Refusal, refusal } from '../../wire/errors.ts'
import type { Exchange } from '../exchange.ts'
import { asRefusal } from '../perform.ts'
import type { Broker, Given, NotGiven } from './broker.ts'
import { consoleLinkAt } from './console-link.ts'
import { notGiven } from './not-given.ts'
import { readAnswer, type TargetAnswer } from './target-answer.ts'
import { brokerToken, type TokenParts } from './token.ts'

export interface Elsewhere extends Pick<Broker, 'consoleLink'> {
  assumeRole(exchange: Exchange, wish: Wish, now: Date): Promise<Given | NotGiven>
  federationToken(exchange: Exchange, wish: Wish, now: Date): Promise<Given | NotGiven>
}

export interface ElsewhereParts extends EntitledParts, TokenParts {
  readonly audit: Pick<Audit, 'write'>
  readonly ask: Ask
  /** Addresses that may be connected to, beside a target's own. */
  readonly allow: readonly string[]
  readonly fail: (error: unknown, requestId: string) => void
}

const form = 'application/x-www-form-urlencoded; charset=utf-8'

export function createElsewhere(parts: ElsewhereParts): Elsewhere {
  const { audit, ask, allow, random, fail } = parts
  const trustOf = ({ ca, allow: own }: Target) => ({
    reach: reachOf([...allow, ...own]),
    ...(ca === undefined ? {} : { ca: [ca] }),
  })

  function targetOf({ allowed, table }: Entitled<AllowedCredential>): Target {
    const target = targetNamed(table, allowed.target)
    if (target === undefined) throw denied('What was asked for is at a target that is not in the table any more.')
    return target
  }

  /** INVARIANT: what is about to be asked for stands in the audit before the target hears of it. */
  async function record(exchange: Exchange, of: SignIn, data: Readonly<Record<string, unknown>>, now: Date) {
    const entry = signInEvents(now, random, exchange)
    await audit.write([entry({ name: 'AskTarget', of, data })])
  }

  async function answered(
    exchange: Exchange,
    target: Target,
    places: readonly string[],
    answer: TargetAnswer,
  ): Promise<Given | NotGiven> {
    const { requestId } = exchange
    if ('credentials' in answer) return { ...answer, requestId }
    if ('refused' in answer) return notGiven(answer.refused, requestId, places)
    fail(new Error(`target ${target.name}: ${answer.failed}`), requestId)
    const message = `The target ${target.name} did not give credentials. Request ${requestId} tells your administrator why.`
    return notGiven({ code: 'ServiceUnavailable', status: 503, message }, requestId)
  }

  async function orRefused(exchange: Exchange, work: () => Promise<Given | NotGiven>): Promise<Given | NotGiven> {
    try {
      return await work()
    } catch (error) {
      const refused = asRefusal(error, 'aws-query')
      if (refused.fault === 'Receiver') fail(error, exchange.requestId)
      return notGiven(refused, exchange.requestId)
    }
  }

  return {
    assumeRole: (exchange, wish, now) =>
      orRefused(exchange, async () => {
        const entitled = await entitledRole(parts, wish, now)
        if (entitled instanceof Refusal) throw entitled
        const { signIn, allowed, seconds } = entitled
        const target = targetOf(entitled)
        const name = personName(signIn, MOST_SESSION_NAME)
        const { tags, places, arn } = allowed
        const token = await brokerToken(parts, { name, tags, audience: target.audience }, now)
        const told = { target: target.name, operation: 'AssumeRoleWithWebIdentity', roleArn: arn, token: token.id }
        await record(exchange, signIn, told, now)
        const body = new URLSearchParams({
          ...{ Action: 'AssumeRoleWithWebIdentity', Version: contractOf('sts').version },
          ...{ RoleArn: arn, RoleSessionName: name, DurationSeconds: `${seconds}`, WebIdentityToken: token.text },
        }).toString()
        const question = { method: 'POST', headers: { 'content-type': form, accept: 'text/xml' }, body } as const
        const answer = await ask(new URL(target.sts), trustOf(target), question)
        return answered(exchange, target, places, readAnswer(answer))
      }),

    federationToken: (exchange, wish, now) =>
      orRefused(exchange, async () => {
        const entitled = await entitledAccount(parts, wish, now)
        if (entitled instanceof Refusal) throw entitled
        const { signIn, allowed } = entitled
        const target = targetOf(entitled)
        const { key } = target
        if (key === undefined) {
          const words = `GetFederationToken is for users with a key, and there is none for the target ${target.name}. Assume a role instead (AssumeRole).`
          throw refusal('AccessDenied', 403, words)
        }
        const input = federationInput(entitled)
        const told = {
          target: target.name,
          operation: 'GetFederationToken',
          account: allowed.account,
          name: input.Name,
        }
        await record(exchange, signIn, told, now)
        const { url, headers, body } = signedQuery({
          ...{ endpoint: new URL(target.sts), service: 'sts', version: contractOf('sts').version },
          ...{ region: target.region, credentials: key, parameters: federationParameters(input), now },
        })
        const question = { method: 'POST', headers: { ...headers, accept: 'text/xml' }, body } as const
        const answer = await ask(url, trustOf(target), question)
        return answered(exchange, target, allowed.places, readAnswer(answer))
      }),

    consoleLink(target, given, seconds, destination) {
      const wanted = { given, seconds, destination, issuer: parts.publicUrl }
      return consoleLinkAt(target, wanted, (url, question) => ask(url, trustOf(target), question, 200))
    },
  }
}

/** Its parameters in the Query protocol. */
function federationParameters(input: ReturnType<typeof federationInput>): Record<string, string> {
  const parameters = new Map([
    ['Action', 'GetFederationToken'],
    ['Name', input.Name],
    ['DurationSeconds', `${input.DurationSeconds}`],
  ])
  if (input.Policy !== undefined) parameters.set('Policy', input.Policy)
  for (const [n, { arn = '' }] of (input.PolicyArns ?? []).entries())
    parameters.set(`PolicyArns.member.${n + 1}.arn`, arn)
  for (const [n, { Key, Value }] of (input.Tags ?? []).entries()) {
    parameters.set(`Tags.member.${n + 1}.Key`, Key ?? '')
    parameters.set(`Tags.member.${n + 1}.Value`, Value ?? '')
  }
  return Object.fromEntries(parameters)
}
