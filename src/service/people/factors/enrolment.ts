// How somebody gets their first second factor. INVARIANT: never by a password alone: with a code that an administrator gave them, or
// right after they have signed in at their company's provider, by the provider's own word: not by a session that lay open there. Whoever
// has guessed or watched a password has neither.
import { digest, isSameSecret } from '../../../core/digest.ts'
import { base32, unbase32 } from '../../../core/ids.ts'
import { removePast } from '../../../store/batches.ts'
import type { Store, Transaction } from '../../../store/store.ts'
import { AUDIT_JOURNAL } from '../../audit/journal.ts'
import type { Connector } from '../../contracts/people-table.ts'
import type { SignIn, SignInOrigin } from '../../contracts/sign-ins.ts'
import { tryCode, unusedCodes } from '../../session/code-attempts.ts'
import { overOf } from '../sign-ins/renewal.ts'
import { SYSTEM } from '../sign-ins/sign-in-content.ts'
import { signInEvents } from '../sign-ins/sign-in-events.ts'
import { signIns as signInRecords } from '../sign-ins/sign-in-records.ts'
import { enrolmentCodes, type PersonFactor, personFactors } from './factor-records.ts'
import { type FactorParts, hasFactor, type Of, removeEnrolmentCode, seedPlace } from './factors.ts'

/** A sign-in at a provider vouches for so long after the person proved there who they are. */
const freshMs = 300_000
/** How far the provider's clock may be ahead. */
const aheadMs = 60_000
const codeMs = 86_400_000
/** From the picture to the first code. */
const setupMs = 900_000
/** As IAM's virtual devices. */
const seedBytes = 20
/** 100 bits: nobody guesses it, so guesses are not counted. */
const codeBytes = 13
const codeLength = 20

/** As it is typed: in any case, with or without its hyphens. */
const folded = (code: string): string => code.replace(/[\s-]/g, '').toLowerCase()

/** A code for this person, in place of one before. `along` writes the operator's record in the same transaction. */
export async function issueEnrolmentCode(
  { store, random }: Pick<FactorParts, 'store' | 'random'>,
  { connector, personId }: Of,
  along: (tx: Transaction) => void,
  now: Date,
): Promise<{ readonly code: string; readonly until: Date }> {
  const code = base32(random(codeBytes)).toLowerCase().slice(0, codeLength)
  const until = now.getTime() + codeMs
  const record = { account: SYSTEM, connector, personId, digest: digest(code), until }
  await store.transact(async (tx) => {
    if ((await tx.get(enrolmentCodes, enrolmentCodes.key(record))) === undefined)
      await tx.create(enrolmentCodes, record)
    else await tx.replace(enrolmentCodes, record)
    along(tx)
  })
  return { code: code.replace(/(.{5})(?=.)/g, '$1-'), until: new Date(until) }
}

export const sweepEnrolmentCodes = (store: Store, now: Date): Promise<number> => removePast(store, enrolmentCodes, now)

/** What vouches for somebody who sets up a factor. */
type Voucher = 'fresh' | { readonly code: string }

/**
 * Whether the sign-in itself vouches: at a provider that says that the person proved who they are just now. A directory's says that somebody
 * knew a password, and a provider's that does not say when may be of a browser that somebody left open.
 */
export function isFreshSignIn(
  connector: Connector | undefined,
  { authenticatedAt }: Pick<SignIn, 'authenticatedAt'>,
  now: Date,
): boolean {
  if (!isOfProvider(connector) || authenticatedAt === undefined) return false
  const age = now.getTime() - authenticatedAt.getTime()
  return age >= -aheadMs && age <= freshMs
}

/** Whether people of the connector sign in at a page of their company's. */
export const isOfProvider = (connector: Connector | undefined): boolean =>
  connector?.kind === 'oidc' || connector?.kind === 'saml'

export interface Setup {
  /** Sealed to the person: the form that ends the setup brings it back. */
  readonly sealed: string
  /** base32; the person's app is given it. */
  readonly seed: string
}

interface Content {
  readonly seed: string
  readonly signIn: string
  readonly until: number
  readonly voucher: Voucher
}

const setupPlace = ({ connector, personId }: Of) => [SYSTEM, `${connector}\n${personId}`, 'factor-setup'] as const

/** Begins a setup. Nothing is stored. Undefined: nothing vouches for the person. */
export async function beginSetup(
  { store, vault, random }: FactorParts,
  signIn: SignIn,
  connector: Connector | undefined,
  typed: string,
  now: Date,
): Promise<Setup | undefined> {
  const code = digest(folded(typed))
  const voucher: Voucher | undefined = isFreshSignIn(connector, signIn, now)
    ? 'fresh'
    : (await store.transact((tx) => isCodeOf(tx, signIn, code, now)))
      ? { code }
      : undefined
  if (voucher === undefined) return undefined
  const seed = base32(random(seedBytes))
  const content: Content = { seed, signIn: signIn.id, until: now.getTime() + setupMs, voucher }
  return { seed, sealed: vault.seal(...setupPlace(signIn), JSON.stringify(content)) }
}

/** The seed of a setup of this sign-in that is still good, for a form that is shown again. */
export function setupOf(
  { vault }: Pick<FactorParts, 'vault'>,
  signIn: SignIn,
  sealed: string,
  now: Date,
): Setup | undefined {
  const content = opened(vault, signIn, sealed, now)
  return content && { seed: content.seed, sealed }
}

function opened(vault: FactorParts['vault'], signIn: SignIn, sealed: string, now: Date): Content | undefined {
  try {
    const content = JSON.parse(vault.open(...setupPlace(signIn), sealed)) as Content
    return content.signIn === signIn.id && now.getTime() <= content.until ? content : undefined
  } catch {
    // Not ours, or another person's.
    return undefined
  }
}

/** `wrong`: the app's code is; the setup may be tried again. `refused`: it is over, or the person has a factor by now. */
export type SetupEnd = { readonly signIn: SignIn } | 'wrong' | 'refused'

/** Ends a setup with the first code of the app, and counts as giving the factor in this sign-in. */
export async function endSetup(
  parts: FactorParts,
  signIn: SignIn,
  sealed: string,
  appCode: string,
  origin: SignInOrigin,
  now: Date,
): Promise<SetupEnd> {
  const { store, vault, audit, random, signIns } = parts
  const content = opened(vault, signIn, sealed, now)
  if (content === undefined) return 'refused'
  const { seed, voucher } = content
  const tried = tryCode(unbase32(seed), appCode.replaceAll(' ', ''), unusedCodes, now)
  if (!('step' in tried)) return 'wrong'
  const { connector, personId } = signIn
  const factor: PersonFactor = {
    ...{ account: SYSTEM, connector, personId, id: 'totp', kind: 'totp', createdAt: now.getTime() },
    ...{ ...unusedCodes, lastStep: tried.step },
    seed: vault.seal(...seedPlace(signIn), seed),
  }
  const entry = signInEvents(now, random, origin)
  const isMade = await store.transact(async (tx) => {
    // INVARIANT: a sign-in that an operator ended, with the factor that they removed, sets up no other one.
    if (overOf(await tx.get(signInRecords, [SYSTEM, signIn.id]), now) !== undefined) return false
    if (await hasFactor(tx, signIn)) return false
    if (voucher !== 'fresh' && !(await isCodeOf(tx, signIn, voucher.code, now))) return false
    // INVARIANT: a code is over with the first factor, whatever vouched for it: it sets up no later one.
    await removeEnrolmentCode(tx, signIn)
    await tx.create(personFactors, factor)
    const data = { CredentialType: 'TOTP', VouchedBy: voucher === 'fresh' ? 'provider' : 'administrator' }
    const event = entry({ name: 'CompleteVirtualMfaDeviceRegistration', of: signIn, data })
    tx.append(AUDIT_JOURNAL, audit.expiryOf(now), [event])
    return true
  })
  if (!isMade) return 'refused'
  const confirmed = await signIns.confirmFactor(signIn.id, now)
  return confirmed === undefined ? 'refused' : { signIn: confirmed }
}

async function isCodeOf(tx: Transaction, { connector, personId }: Of, code: string, now: Date): Promise<boolean> {
  const record = await tx.get(enrolmentCodes, [SYSTEM, connector, personId])
  return record !== undefined && now.getTime() <= record.until && isSameSecret(record.digest, code)
}
