// Sign-in of a device that has no browser (RFC 8628). A device shows a code, and a person who is signed in types it elsewhere. Anybody
// may send somebody such a code and wait (phishing that no second factor stops), so the person is told where it comes from and
// how old it is, and each step is good once.
import { addressNetwork } from '../../../core/address-network.ts'
import { digest } from '../../../core/digest.ts'
import type { Store, Transaction } from '../../../store/store.ts'
import type { SignIn, SignInOrigin } from '../../contracts/sign-ins.ts'
import { once } from '../../session/once.ts'
import { SYSTEM } from '../sign-ins/sign-in-content.ts'
import { type GrantOptions, giveTokens } from './oauth-grants.ts'
import { type DeviceGuesses, type DeviceRequest, deviceGuesses, deviceRequests } from './oauth-records.ts'
import { type CommandLineTokens, invalidGrant, type OauthRefused } from './oauth-tokens.ts'

export interface DeviceCodes {
  readonly deviceCode: string
  /** `XXXX-XXXX`. */
  readonly userCode: string
  /** Seconds. */
  readonly expiresIn: number
  readonly interval: number
}

/** A request that a person has typed the code of. */
export interface FoundDevice {
  /** No secret of the device's, and none can guess it: what the person's answer names it by. */
  readonly id: string
  readonly address: string
  readonly at: Date
}

export interface DeviceGrants {
  begin(address: string, now: Date): Promise<DeviceCodes>
  /** The request whose code a person typed. Wrong codes count against the person. */
  find(browser: SignIn, userCode: string, now: Date): Promise<FoundDevice | 'unknown' | 'too-many'>
  /** What the person said. False: it is over, or was decided before. */
  decide(browser: SignIn, id: string, isAllowed: boolean, now: Date): Promise<boolean>
  /** The device's question. */
  poll(deviceCode: string, origin: SignInOrigin, now: Date): Promise<CommandLineTokens | OauthRefused>
}

const lifetimeMs = 600_000
const intervalMs = 5000
/** Of one address at once: one more, and the oldest goes. */
const mostOfNetwork = 20
const mostGuesses = 5
const guessesMs = 900_000
/** No vowels, so that no words come about, and nothing that looks like something else (RFC 8628 6.1). */
const letters = 'BCDFGHJKLMNPQRSTVWXZ'
const codeLength = 8
const codeShape = /^[A-Za-z0-9_-]{43}$/

const again = 'Begin again with: hallpass login --device'

export function createDeviceGrants(options: GrantOptions): DeviceGrants {
  const { store, signIns, random } = options

  /** Letters of which each is as likely as the others. */
  function newUserCode(): string {
    const drawn = [...random(64)].filter((byte) => byte < 256 - (256 % letters.length))
    if (drawn.length < codeLength) return newUserCode()
    return drawn
      .slice(0, codeLength)
      .map((byte) => letters[byte % letters.length])
      .join('')
  }

  return {
    async begin(address, now) {
      const [deviceCode, userCode] = [random(32).toString('base64url'), newUserCode()]
      const [at, network] = [now.getTime(), addressNetwork(address)]
      const endsAt = at + lifetimeMs
      const record: DeviceRequest = {
        ...{ account: SYSTEM, id: digest(deviceCode), userCode: digest(userCode), address, network },
        // A code is remembered for as long as what it gives could be taken back.
        ...{ at, endsAt, until: endsAt, polledAt: 0, intervalMs },
      }
      await store.transact(async (tx) => {
        const { items } = await tx.list(deviceRequests, 'network', {
          ...{ prefix: [SYSTEM, network], limit: mostOfNetwork },
        })
        const [oldest] = items
        if (oldest !== undefined && items.length === mostOfNetwork) {
          await tx.delete(deviceRequests, deviceRequests.key(oldest))
        }
        await tx.create(deviceRequests, record)
      })
      const shown = `${userCode.slice(0, 4)}-${userCode.slice(4)}`
      return { deviceCode, userCode: shown, expiresIn: lifetimeMs / 1000, interval: intervalMs / 1000 }
    },

    find: (browser, userCode, now) => store.transact((tx) => findTyped(tx, browser, userCode, now)),

    decide: (browser, id, isAllowed, now) =>
      store.transact(async (tx) => {
        const record = await tx.get(deviceRequests, [SYSTEM, id])
        if (record === undefined || now.getTime() >= record.endsAt) return false
        if (!(await once(tx, SYSTEM, 'device-decision', id, record.until))) return false
        const said = isAllowed ? { signIn: browser.id } : { denied: true as const }
        await tx.replace(deviceRequests, { ...record, ...said })
        return true
      }),

    async poll(deviceCode, origin, now) {
      const id = digest(deviceCode)
      const record = codeShape.test(deviceCode) ? await noted(store, id, now) : undefined
      if (record === undefined) return invalidGrant(`The device code is not one of this server. ${again}`)
      if (record.gave !== undefined) return endGiven(record, now)
      if (now.getTime() >= record.endsAt) {
        return { error: 'expired_token', description: `Nobody allowed it within ten minutes. ${again}` }
      }
      if (record.isEarly) return { error: 'slow_down', description: 'Ask five seconds less often.' }
      if (record.denied) return { error: 'access_denied', description: 'It was refused in the browser.' }
      if (record.signIn === undefined) {
        return { error: 'authorization_pending', description: 'Nobody has typed the code yet.' }
      }
      const use = async (tx: Transaction, given: SignIn) => {
        const current = await tx.get(deviceRequests, [SYSTEM, id])
        // Kept for as long as what it gives may live.
        const until = given.endsAt.getTime()
        if (current === undefined || !(await once(tx, SYSTEM, 'device-code', id, until))) return false
        await tx.replace(deviceRequests, { ...current, gave: given.id, until })
        return true
      }
      const given = await giveTokens(options, { browserSignIn: record.signIn, origin }, use, now)
      if (given === 'browser-over') return invalidGrant(`The sign-in in the browser is over. ${again}`)
      return given === 'used' ? endGiven(record, now) : given
    },
  }

  /** INVARIANT: of a code that comes twice one is a thief's: what the first got ends as well. */
  async function endGiven({ id }: DeviceRequest, now: Date): Promise<OauthRefused> {
    const gave = (await store.get(deviceRequests, [SYSTEM, id]))?.gave
    if (gave !== undefined) await signIns.end(gave, 'its device code was used twice', now)
    return invalidGrant(`The device code was used before. What it gave was ended. ${again}`)
  }
}

/** The request, and whether it is asked about too early. A device that does so must ask less often from then on. */
const noted = (store: Store, id: string, now: Date) =>
  store.transact(async (tx) => {
    const record = await tx.get(deviceRequests, [SYSTEM, id])
    if (record === undefined) return undefined
    const isEarly = now.getTime() < record.polledAt + record.intervalMs
    const interval = isEarly ? record.intervalMs + intervalMs : record.intervalMs
    if (record.gave === undefined && now.getTime() < record.endsAt) {
      await tx.replace(deviceRequests, { ...record, polledAt: now.getTime(), intervalMs: interval })
    }
    return { ...record, isEarly }
  })

/**
 * INVARIANT: the count is read, the code looked up and the failure counted in one transaction, so that guesses sent at once are as few
 * as guesses sent one by one.
 */
async function findTyped(
  tx: Transaction,
  { connector, personId }: SignIn,
  typed: string,
  now: Date,
): Promise<FoundDevice | 'unknown' | 'too-many'> {
  const id = digest(JSON.stringify([connector, personId]))
  const before = await tx.get(deviceGuesses, [SYSTEM, id])
  const counted = before !== undefined && now.getTime() < before.until ? before : undefined
  if (counted !== undefined && counted.count >= mostGuesses) return 'too-many'
  const userCode = typed.toUpperCase().replace(/[^A-Z]/g, '')
  const found =
    userCode.length === codeLength
      ? (await tx.find(deviceRequests, 'code', [SYSTEM, digest(userCode)]))?.record
      : undefined
  const isOpen =
    found !== undefined && now.getTime() < found.endsAt && found.signIn === undefined && found.denied === undefined
  if (isOpen) return { id: found.id, address: found.address, at: new Date(found.at) }
  const guesses: DeviceGuesses = {
    ...{ account: SYSTEM, id, count: (counted?.count ?? 0) + 1, until: counted?.until ?? now.getTime() + guessesMs },
  }
  await (before === undefined ? tx.create(deviceGuesses, guesses) : tx.replace(deviceGuesses, guesses))
  return 'unknown'
}
