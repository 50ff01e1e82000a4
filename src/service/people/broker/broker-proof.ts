// How a broker user, which has no key, enters the pipeline: by a proof that this process makes for itself. What it stands for is
// held beside it, so that no bytes from a socket can become one.
import type { Identity } from '../../../core/identity.ts'
import type { Store } from '../../../store/store.ts'
import { Refusal } from '../../../wire/errors.ts'
import type { AllowedCredential, AllowedEntitlement, BrokerUser } from '../../contracts/people-table.ts'
import type { SignIn } from '../../contracts/sign-ins.ts'
import type { StsInput, StsOutput } from '../../operations.ts'
import { users } from '../../records.ts'
import { OPERATOR, personBy } from '../../session/lineage.ts'
import { denied, type Entitled, type EntitledParts, entitledAccount, entitledRole, type Wish } from './entitled.ts'
import { MOST_FEDERATED_NAME, MOST_SESSION_NAME, nameOf } from './names.ts'

export type BrokerIdentity = Extract<Identity, { readonly onBehalf: object }>
export type BrokerOutput = StsOutput<'AssumeRole'> | StsOutput<'GetFederationToken'>

/** Says nothing itself. */
export interface BrokerProof {
  readonly of: 'a broker user'
}

type Asked =
  | { readonly operation: 'AssumeRole'; readonly input: StsInput<'AssumeRole'> }
  | { readonly operation: 'GetFederationToken'; readonly input: StsInput<'GetFederationToken'> }

/** What a proof stands for: one operation of one sign-in, with all of its input. */
export type Proven = { readonly identity: BrokerIdentity } & Asked

export interface BrokerProofs {
  /** For AssumeRole of a role that the table gives the person here. */
  forRole(wish: Wish, now: Date): Promise<BrokerProof | Refusal>
  /** For GetFederationToken with the person's entitlements in an account here. */
  forAccount(wish: Wish, now: Date): Promise<BrokerProof | Refusal>
  /**
   * For AssumeRole of a role here, by an operator who opens the admin socket. No connector and no row is asked: the role's own trust
   * policy decides alone. INVARIANT: no page, API or command of a person reaches it.
   */
  forOperator(wish: OperatorsWish): Promise<BrokerProof | Refusal>
  /** What the proof stands for, once. Undefined: it is none, of another server, or was spent. */
  spend(proof: BrokerProof): Proven | undefined
}

/** Session and source identity are called `break-glass-` and this name: no person's are, since those end in a tail of their own. */
export interface OperatorsWish {
  readonly role: string
  readonly as: string
  readonly broker: BrokerUser
  readonly seconds: number
  /** What the session descends from: a random id, of no person's sign-in. */
  readonly signIn: string
}

export interface BrokerProofsParts extends EntitledParts {
  readonly store: Pick<Store, 'get'>
}

export function createBrokerProofs(parts: BrokerProofsParts): BrokerProofs {
  // INVARIANT: of this server alone, and nothing adds to it but `mint`.
  const minted = new WeakMap<BrokerProof, Proven>()

  function mint(proven: Proven): BrokerProof {
    const proof: BrokerProof = Object.freeze({ of: 'a broker user' })
    minted.set(proof, proven)
    return proof
  }

  async function identityOf(
    broker: BrokerUser | undefined,
    { id, connector, personId }: Pick<SignIn, 'id' | 'connector' | 'personId'>,
  ): Promise<BrokerIdentity | Refusal> {
    if (broker === undefined) throw new TypeError('what is elsewhere is not given by a broker user')
    const user = await parts.store.get(users, [broker.account, broker.user.toLowerCase()])
    if (user === undefined) return denied(`There is no broker user ${broker.user} in account ${broker.account}.`)
    const onBehalf = { signIn: id, by: personBy(connector, personId) }
    return { kind: 'user', account: broker.account, principal: user.id, onBehalf }
  }

  async function mintFor<A extends AllowedCredential>(
    entitled: Entitled<A> | Refusal,
    asks: (entitled: Entitled<A>) => Asked,
  ): Promise<BrokerProof | Refusal> {
    if (entitled instanceof Refusal) return entitled
    const identity = await identityOf(entitled.allowed.broker, entitled.signIn)
    return identity instanceof Refusal ? identity : mint({ identity, ...asks(entitled) })
  }

  return {
    forRole: async (wish, now) =>
      mintFor(await entitledRole(parts, wish, now), ({ signIn, allowed: { arn, tags }, seconds }) => {
        const name = personName(signIn, MOST_SESSION_NAME)
        return {
          operation: 'AssumeRole',
          input: {
            ...{ RoleArn: arn, RoleSessionName: name, SourceIdentity: name, DurationSeconds: seconds },
            ...(tags.length === 0 ? {} : { Tags: [...tags] }),
          },
        }
      }),
    forAccount: async (wish, now) =>
      mintFor(await entitledAccount(parts, wish, now), (entitled) => ({
        ...{ operation: 'GetFederationToken', input: federationInput(entitled) },
      })),
    async forOperator({ role, as, broker, seconds, signIn }) {
      const identity = await identityOf(broker, { id: signIn, connector: OPERATOR, personId: as })
      if (identity instanceof Refusal) return identity
      const name = `break-glass-${as}`
      return mint({
        ...{ identity, operation: 'AssumeRole' },
        input: { RoleArn: role, RoleSessionName: name, SourceIdentity: name, DurationSeconds: seconds },
      })
    },
    spend(proof) {
      const proven = minted.get(proof)
      minted.delete(proof)
      return proven
    },
  }
}

/** GetFederationToken's input, here and elsewhere. */
export function federationInput({
  signIn,
  allowed: { policy, policyArns, tags },
  seconds,
}: Entitled<AllowedEntitlement>): StsInput<'GetFederationToken'> {
  return {
    ...{ Name: personName(signIn, MOST_FEDERATED_NAME), DurationSeconds: seconds },
    ...(policy === undefined ? {} : { Policy: policy }),
    ...(policyArns.length === 0 ? {} : { PolicyArns: policyArns.map((arn) => ({ arn })) }),
    ...(tags.length === 0 ? {} : { Tags: [...tags] }),
  }
}

export const personName = ({ connector, personId: id, login }: SignIn, most: number): string =>
  nameOf({ connector, id, login }, most)
