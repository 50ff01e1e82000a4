// Who asks at the broker's API: a person whom a connector proves, or the command line's sign-in (RFC 6750).
import { Secret } from '../../core/secret.ts'
import type { Person } from '../../federation/person.ts'
import type { SignIn } from '../../service/contracts/sign-ins.ts'
import { personOf } from '../../service/people/sign-ins/sign-in-content.ts'
import { connectorOfKind } from '../../service/people/table/named.ts'
import { once } from '../../service/session/once.ts'
import type { BrokerOperation, BrokerRequest, ProofKind } from '../../wire/broker-api.ts'
import { type Exchange, isRepeated } from '../exchange.ts'
import { type ApiRefusal, refused } from '../program-api.ts'
import { notNow, notSignedIn } from './api-errors.ts'
import type { BrokerApiParts } from './api-parts.ts'

/** A request, by how it says who asks. */
export type Sent<O extends BrokerOperation> = {
  readonly [P in ProofKind]: { readonly proof: P; readonly body: BrokerRequest<O, P> }
}[ProofKind]

export type Asker =
  | { readonly signIn: SignIn }
  | {
      readonly person: Person
      /** A code of their second factor, not looked at yet. */
      readonly code?: string
      /** Uses the proof up, where it counts once: false when it was used before. Asked before anything is given. */
      readonly use: () => Promise<boolean>
    }

/** What the table is asked with. */
export const factsOf = (asker: Asker): Pick<Person, 'connector' | 'id' | 'login' | 'groups' | 'attributes'> =>
  'person' in asker ? asker.person : personOf(asker.signIn)

export async function prove(
  parts: BrokerApiParts,
  exchange: Exchange,
  { proof, body }: Sent<BrokerOperation>,
  now: Date,
): Promise<Asker | ApiRefusal> {
  if (proof === 'SignIn') return bearer(parts, exchange, now)
  const outcome = await (proof === 'Directory'
    ? byPassword(parts, exchange, body, now)
    : proof === 'Token'
      ? byToken(parts, body, now)
      : byResponse(parts, body, now))
  if ('unavailable' in outcome) {
    parts.refused(exchange, `the broker’s API: ${outcome.unavailable}`, now)
    return notNow
  }
  if ('rejected' in outcome) {
    parts.refused(exchange, `the broker’s API: ${outcome.rejected}: ${outcome.detail}`, now)
    return notSignedIn
  }
  return { ...outcome, ...(body.code === undefined ? {} : { code: body.code }) }
}

const always = async () => true

async function byPassword(
  { people }: BrokerApiParts,
  { from }: Exchange,
  { connector, login, password }: BrokerRequest<'roles', 'Directory'>,
  now: Date,
) {
  const outcome = await people.connectors.logIn(connector, login, new Secret(password), from.address, now)
  return 'person' in outcome ? { person: outcome.person, use: always } : outcome
}

const noConnector = { rejected: 'no-connector', detail: 'there is no such connector of that kind' } as const

async function byToken(
  { people, codeFlows, store }: BrokerApiParts,
  { connector: name, idToken }: BrokerRequest<'roles', 'Token'>,
  now: Date,
) {
  const connector = connectorOfKind(await people.table(), name, 'oidc')
  if (connector === undefined) return noConnector
  const outcome = await codeFlows.of(connector).prove(idToken, now)
  if (!('person' in outcome)) return outcome
  const { key, until } = outcome.use
  return {
    person: outcome.person,
    use: () => store.transact((tx) => once(tx, 'system', 'broker-id-token', key, until)),
  }
}

async function byResponse(
  { people, samlPeople, store }: BrokerApiParts,
  { connector: name, samlResponse }: BrokerRequest<'roles', 'Response'>,
  now: Date,
) {
  const connector = connectorOfKind(await people.table(), name, 'saml')
  if (connector === undefined) return noConnector
  const proof = await samlPeople.brought(connector, samlResponse, now)
  if ('rejected' in proof) return { rejected: proof.rejected, detail: proof.detail }
  const { person, oneUse } = proof
  if (oneUse === undefined) return { person, use: always }
  const { account, scope, key, until } = oneUse
  return { person, use: () => store.transact((tx) => once(tx, account, scope, key, until)) }
}

/** The access token of a request; undefined: it has none. */
export function bearerToken({ message }: Exchange): string | undefined {
  const header = isRepeated(message) ? undefined : message.headers.get('authorization')
  return header === undefined ? undefined : (/^Bearer +([!-~]+)$/i.exec(header)?.[1] ?? '')
}

const signInOver = refused('UnauthorizedException', 401, 'The sign-in is over. Sign in again with: hallpass login')

/** INVARIANT: the connector is asked again before anything is told or given. */
async function bearer({ people, tokens }: BrokerApiParts, exchange: Exchange, now: Date): Promise<Asker | ApiRefusal> {
  const id = tokens.signInOf(bearerToken(exchange) ?? '', now)
  if (id === undefined) return refused('UnauthorizedException', 401, 'There is no access token that is good now.')
  const renewed = await people.signIns.renew(id, now)
  if (!('ended' in renewed)) return { signIn: renewed.signIn }
  return renewed.ended === 'unavailable' ? notNow : signInOver
}
