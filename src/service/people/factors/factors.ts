// Second factors of people: checked, and their attempts counted, in one transaction with what their success is.
import { unbase32 } from '../../../core/ids.ts'
import type { Store, Transaction } from '../../../store/store.ts'
import { AUDIT_JOURNAL, type Audit } from '../../audit/journal.ts'
import type { SignIn, SignInOrigin, SignIns } from '../../contracts/sign-ins.ts'
import type { Vault } from '../../parts.ts'
import { spentCode, tryCode } from '../../session/code-attempts.ts'
import { SYSTEM } from '../sign-ins/sign-in-content.ts'
import { signInEvents } from '../sign-ins/sign-in-events.ts'
import { enrolmentCodes, type FactorKind, type PersonFactor, personFactors } from './factor-records.ts'

export interface FactorParts {
  readonly store: Store
  readonly vault: Vault
  readonly audit: Pick<Audit, 'expiryOf'>
  readonly random: (bytes: number) => Buffer
  readonly signIns: Pick<SignIns, 'confirmFactor' | 'endOfPerson'>
}

export type Of = Pick<SignIn, 'connector' | 'personId'>

/** What a record of a person's factor is sealed to, and its field. */
export const seedPlace = ({ connector, personId }: Of) => [SYSTEM, `${connector}\n${personId}`, 'factor-seed'] as const

/** How an answer to a kind of factor is checked: the record after a right one, or after a wrong one, where that changes it. */
type Check<F extends PersonFactor> = (
  vault: Vault,
  factor: F,
  answer: string,
  now: Date,
) => { readonly accepted: F } | { readonly failed: F | undefined }

/** INVARIANT: a kind of factor is a row here. */
const kinds: { readonly [K in FactorKind]: Check<Extract<PersonFactor, { readonly kind: K }>> } = {
  totp(vault, factor, code, now) {
    const tried = tryCode(unbase32(vault.open(...seedPlace(factor), factor.seed)), code, factor, now)
    if ('step' in tried) return { accepted: { ...factor, ...spentCode(tried.step) } }
    return { failed: tried.failed && { ...factor, ...tried.failed } }
  },
}

const list = (tx: Pick<Transaction, 'list'>, { connector, personId }: Of) =>
  tx.list(personFactors, 'key', { prefix: [SYSTEM, connector, personId], limit: 20 })

/** The person's second factor. */
export async function factorOf({ store }: Pick<FactorParts, 'store'>, of: Of): Promise<PersonFactor | undefined> {
  return (await list(store, of)).items[0]
}

/** Whether a person has one, within a transaction. */
export const hasFactor = async (tx: Transaction, of: Of): Promise<boolean> => (await list(tx, of)).items.length > 0

/** The sign-in with the second factor given; undefined: the answer is wrong, or none is looked at now, which is not told apart. */
export async function verifyFactor(
  parts: FactorParts,
  signIn: SignIn,
  answer: string,
  origin: SignInOrigin,
  now: Date,
): Promise<SignIn | undefined> {
  const { store, vault, audit, random, signIns } = parts
  const entry = signInEvents(now, random, origin)
  const isRight = await store.transact(async (tx) => {
    const factor = (await list(tx, signIn)).items[0]
    if (factor === undefined) return false
    const checked = kinds[factor.kind](vault, factor, answer, now)
    if ('failed' in checked) {
      if (checked.failed !== undefined) await tx.replace(personFactors, checked.failed)
      return false
    }
    await tx.replace(personFactors, checked.accepted)
    const data = { CredentialType: factor.kind.toUpperCase() }
    tx.append(AUDIT_JOURNAL, audit.expiryOf(now), [entry({ name: 'CredentialVerification', of: signIn, data })])
    return true
  })
  return isRight ? signIns.confirmFactor(signIn.id, now) : undefined
}

/** Whatever code a person was given is over. */
export async function removeEnrolmentCode(tx: Transaction, { connector, personId }: Of): Promise<void> {
  const key = [SYSTEM, connector, personId] as const
  if ((await tx.get(enrolmentCodes, key)) !== undefined) await tx.delete(enrolmentCodes, key)
}

/**
 * Removes the person's factors, and the code that would set one up, and ends their sign-ins: whoever asks for it has lost the factor,
 * and who has it now may be signed in.
 * Answers how many factors there were.
 */
export async function removeFactors(
  { store, signIns }: Pick<FactorParts, 'store' | 'signIns'>,
  of: Of,
  along: (tx: Transaction) => void,
  now: Date,
): Promise<number> {
  const endAll = () => signIns.endOfPerson(of.connector, of.personId, 'an operator removed the second factor', now)
  // INVARIANT: before, so that none of them sets up another one; and after, for those that began meanwhile.
  await endAll()
  const removed = await store.transact(async (tx) => {
    const { items } = await list(tx, of)
    for (const factor of items) await tx.delete(personFactors, personFactors.key(factor))
    await removeEnrolmentCode(tx, of)
    along(tx)
    return items.length
  })
  await endAll()
  return removed
}
