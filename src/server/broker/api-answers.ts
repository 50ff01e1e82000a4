// What each operation of the broker's API answers.
import { nameInArn } from '../../core/arn.ts'
import { isoSeconds } from '../../core/time.ts'
import { usualRegion } from '../../service/access/region.ts'
import type { Allowed, AllowedCredential, PeopleTable } from '../../service/contracts/people-table.ts'
import { MOST_SESSION_NAME, nameOf } from '../../service/people/broker/names.ts'
import { targetNamed } from '../../service/people/table/named.ts'
import { accountName } from '../../service/principals/account-name.ts'
import type {
  BrokerOperation,
  BrokerRequest,
  ConsoleAnswer,
  CredentialsAnswer,
  ProofKind,
  RolesAnswer,
} from '../../wire/broker-api.ts'
import { visitOf } from '../console-session.ts'
import type { Exchange } from '../exchange.ts'
import { destinationOf, federationPath } from '../federation/destinations.ts'
import { siteOf } from '../pages/site.ts'
import { type ApiRefusal, invalid, isRefusal, refused } from '../program-api.ts'
import { allowedTo, type Choice, chooseEntitlement, chooseRole, give, wantedOf } from './api-give.ts'
import type { BrokerApiParts } from './api-parts.ts'
import { type Asker, factsOf } from './api-proof.ts'

/** Answers an operation to somebody who was proven. */
export type Answer<O extends BrokerOperation> = (
  parts: BrokerApiParts,
  exchange: Exchange,
  asker: Asker,
  body: BrokerRequest<O, ProofKind>,
  now: Date,
) => Promise<object | ApiRefusal>

/** Where credentials of an account are used. */
function usedAt({ apiUrl }: BrokerApiParts, table: PeopleTable, target: string | undefined) {
  const at = targetNamed(table, target)
  const url = at === undefined ? apiUrl : at.sts
  return { ...(url === undefined ? {} : { apiUrl: url }), region: at?.region ?? usualRegion }
}

export const credentials: Answer<'credentials'> = async (parts, exchange, asker, body, now) => {
  const { role, durationSeconds, federationToken } = body
  if (role !== undefined && federationToken !== undefined)
    return invalid('role and federationToken exclude each other.')
  if (role === undefined && durationSeconds !== undefined) return invalid('durationSeconds belongs to role.')
  const { table, allowed } = await allowedTo(parts, asker)
  const choice =
    role === undefined
      ? chooseEntitlement(allowed, asker, federationToken?.account, federationToken?.durationSeconds)
      : chooseRole(allowed, asker, role, durationSeconds)
  if (isRefusal(choice)) return choice
  const given = await give(parts, exchange, asker, table, choice, now)
  if (isRefusal(given)) return given
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = given.credentials
  return {
    Credentials: { AccessKeyId, SecretAccessKey, SessionToken, Expiration: isoSeconds(Expiration) },
    ...whose(choice, asker, given.arn),
    requestId: given.requestId,
    ...usedAt(parts, table, wantedOf(choice).target),
  } satisfies CredentialsAnswer
}

/** `arn:aws:sts::ACCOUNT:federated-user/NAME` */
const whose = (choice: Choice, asker: Asker, arn: string) =>
  'role' in choice
    ? { AssumedRoleUser: { Arn: arn }, SourceIdentity: nameOf(factsOf(asker), MOST_SESSION_NAME) }
    : { FederatedUser: { FederatedUserId: `${arn.split(':')[4]}:${nameInArn(arn)}`, Arn: arn } }

/** By id, of each account once: a person may have many roles in one. */
async function accountNames({ store }: BrokerApiParts, { roles, entitlements }: Allowed) {
  const accounts = new Set([...roles, ...entitlements].map(({ account }) => account))
  return new Map(await Promise.all([...accounts].map(async (id) => [id, await accountName(store, id)] as const)))
}

const offered =
  (names: ReadonlyMap<string, string>) =>
  ({ account, target, sessionSeconds, multiFactor }: AllowedCredential) => {
    const name = names.get(account) ?? account
    return {
      ...{ account, sessionSeconds, multiFactor },
      ...(name === account ? {} : { accountName: name }),
      ...(target === undefined ? {} : { target }),
    }
  }

export const roles: Answer<'roles'> = async (parts, exchange, asker) => {
  const { connector, login } = factsOf(asker)
  const { table, allowed } = await allowedTo(parts, asker)
  const offer = offered(await accountNames(parts, allowed))
  return {
    ...{ connector, login, requestId: exchange.requestId },
    ...('signIn' in asker ? { signInEndsAt: isoSeconds(asker.signIn.endsAt) } : {}),
    roles: allowed.roles.map((role) => ({ arn: role.arn, name: nameInArn(role.arn), ...offer(role) })),
    entitlements: allowed.entitlements.map(offer),
    ...usedAt(parts, table, undefined),
  } satisfies RolesAnswer
}

export const console: Answer<'console'> = async (parts, exchange, asker, body, now) => {
  const { table, allowed } = await allowedTo(parts, asker)
  const choice = chooseRole(allowed, asker, body.role, body.durationSeconds)
  if (isRefusal(choice)) return choice
  const { target: at, sessionSeconds } = wantedOf(choice)
  const destination = at === undefined ? destinationOf(siteOf(parts.publicUrl), body.destination ?? '') : ''
  if (destination === undefined) return invalid('destination is not a page of this server’s console.')
  const given = await give(parts, exchange, asker, table, choice, now)
  if (isRefusal(given)) return given
  const { requestId } = given
  if (at !== undefined) {
    const target = targetNamed(table, at)
    const seconds = body.durationSeconds ?? sessionSeconds
    const url = target && (await parts.broker.consoleLink(target, given, seconds, body.destination))
    if (url !== undefined) return { url, requestId } satisfies ConsoleAnswer
    return refused('ServiceUnavailable', 503, 'The federation endpoint of the role’s account gave no link.')
  }
  const { AccessKeyId: accessKeyId, SecretAccessKey: secret, SessionToken: token } = given.credentials
  const issued = await parts.signInTokens.issue(
    { accessKeyId, secret, token },
    undefined,
    visitOf(exchange, now),
    () => true,
  )
  if (issued === 'throttled' || 'refused' in issued) {
    return refused('ServiceUnavailable', 503, 'The credentials open no console.')
  }
  const search = new URLSearchParams({
    ...{ Action: 'login', SigninToken: issued.token, Destination: siteOf(parts.publicUrl).origin + destination },
  })
  return { url: `${parts.publicUrl}${federationPath}?${search}`, requestId } satisfies ConsoleAnswer
}
