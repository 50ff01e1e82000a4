// The broker put together: roles and entitlements here by the broker user, those of a target by the target's own STS.
import type { SignIn } from '../../service/contracts/sign-ins.ts'
import type { BrokerOutput, BrokerProof, BrokerProofs } from '../../service/people/broker/broker-proof.ts'
import type { Wish } from '../../service/people/broker/entitled.ts'
import { Refusal } from '../../wire/errors.ts'
import type { Exchange } from '../exchange.ts'
import type { CallAsBroker } from '../operation-caller.ts'
import type { Broker, Given, NotGiven } from './broker.ts'
import type { Elsewhere } from './elsewhere.ts'
import { notGiven } from './not-given.ts'

export interface BrokerParts {
  readonly proofs: Pick<BrokerProofs, 'forRole' | 'forAccount'>
  readonly call: CallAsBroker
  readonly elsewhere: Elsewhere
}

export function createBroker({ proofs, call, elsewhere }: BrokerParts): Broker {
  const here = (exchange: Exchange, proof: BrokerProof | Refusal, places: readonly string[]) =>
    askAsBroker(call, exchange, proof, places)

  return {
    async assumeRole(exchange, signIn, role, seconds, now) {
      const wish = wishOf(signIn, role.arn, seconds)
      if (role.target !== undefined) return elsewhere.assumeRole(exchange, wish, now)
      return here(exchange, await proofs.forRole(wish, now), role.places)
    },
    async federationToken(exchange, signIn, entitlement, seconds, now) {
      const wish = wishOf(signIn, entitlement.account, seconds)
      if (entitlement.target !== undefined) return elsewhere.federationToken(exchange, wish, now)
      return here(exchange, await proofs.forAccount(wish, now), entitlement.places)
    },
    consoleLink: elsewhere.consoleLink,
  }
}

/** What the broker user is given for a proof. */
export async function askAsBroker(
  call: CallAsBroker,
  exchange: Exchange,
  proof: BrokerProof | Refusal,
  places: readonly string[] = [],
): Promise<Given | NotGiven> {
  if (proof instanceof Refusal) return notGiven(proof, exchange.requestId)
  const called = await call(exchange, proof)
  if ('refused' in called) return notGiven(called.refused, called.requestId, places)
  return { credentials: credentialsOf(called.output), arn: arnOf(called.output), requestId: called.requestId }
}

const wishOf = ({ id }: SignIn, wanted: string, seconds: number | undefined): Wish => ({ signIn: id, wanted, seconds })

function credentialsOf({ Credentials }: BrokerOutput): Given['credentials'] {
  const { AccessKeyId, SecretAccessKey, SessionToken, Expiration } = Credentials ?? {}
  if (!AccessKeyId || !SecretAccessKey || !SessionToken || Expiration === undefined)
    throw new TypeError('an answer without credentials')
  return { AccessKeyId, SecretAccessKey, SessionToken, Expiration }
}

const arnOf = (output: BrokerOutput): string =>
  ('FederatedUser' in output ? output.FederatedUser?.Arn : undefined) ??
  ('AssumedRoleUser' in output ? output.AssumedRoleUser?.Arn : undefined) ??
  ''
