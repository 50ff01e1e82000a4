// Keeps the credentials of one source fresh, for all who ask at once: they are renewed well before they end, by one request at a
// time; while the server gives no answer the last ones are given as long as they are valid; a refusal ends them.
import { setTimeout } from 'node:timers'
import { type CredentialSource, NotNow, type SourceCredentials, SourceRefused } from './credential-source.ts'

export interface RenewedCredentials {
  /**
   * The best set to serve now: never one that has ended, and none with less than 20 minutes left where a longer one can be had. Nobody
   * who could be given a valid set waits longer than a second for a better one.
   * @throws SourceRefused when the source said no; the last failure, in a sentence, when it gave no answer and no set is left
   */
  current(): Promise<SourceCredentials>
  /** Ends renewal, and what is under way; asking afterwards is an error. */
  close(): void
}

/** When a set is asked for anew. */
export interface Pace {
  /** The age at which a set of this lifetime is due. */
  readonly dueMs: (lifetimeMs: number) => number
  /** Renewed before anybody asks for it, and whoever asks does not wait. False: whoever asks for a due set waits for the answer. */
  readonly isAhead: boolean
  /** While the source gives no answer, a set with less left is not given. */
  readonly leastLeftMs: number
  /** A set is given although the server says that it cannot say now whether there may be one. */
  readonly isKeptNotNow: boolean
}

/**
 * SDKs ask when 5 to 15 minutes are left, and some take a set with less than 20 minutes for a sign of an outage, and use it past its end
 * (botocore's `InstanceMetadataFetcher`).
 */
const enoughMs = 20 * 60_000
/** A set is asked for at most so often, whatever its lifetime. */
const leastAgeMs = 60_000

/** At half of its lifetime, or as 20 minutes are left, whichever comes first. */
export const wellAhead: Pace = {
  dueMs: (lifetimeMs) =>
    lifetimeMs <= enoughMs
      ? Math.max(lifetimeMs / 2, 1000)
      : Math.min(lifetimeMs / 2, Math.max(lifetimeMs - enoughMs, leastAgeMs)),
  isAhead: true,
  leastLeftMs: 0,
  isKeptNotNow: true,
}

/**
 * For people: a set is given for a minute, and then asked for anew by whoever asks next. Whoever may have it no more, or cannot be asked
 * about, is told by the one who gives credentials, and not by whatever is called with dead ones.
 */
export const eachMinute: Pace = { dueMs: () => 60_000, isAhead: false, leastLeftMs: enoughMs, isKeptNotNow: false }

export interface RenewalParts {
  readonly clock: () => Date
  /** `wellAhead` by default. */
  readonly pace?: Pace
  /** Gets a sentence when renewal begins to fail, or fails in another way, and when it succeeds again. */
  readonly report?: (says: string) => void
  /** From 0 up to 1. */
  readonly random?: () => number
  /** Runs it once, after so many ms; the result cancels that. Keeps no process alive. */
  readonly after?: (ms: number, run: () => void) => () => void
}

/** An attempt without an answer after this is given up. */
const attemptMs = 60_000
/** Whoever asks a metadata service waits a second (botocore's default). */
const patienceMs = 800
const firstRestMs = 1000
const longestRestMs = 60_000
/** Machines that started together do not renew together. */
const jitter = 0.1

/** Node's timers take no longer times. */
const longestMs = 2 ** 31 - 1
function afterMs(ms: number, run: () => void): () => void {
  const timer = setTimeout(run, Math.min(ms, longestMs)).unref()
  return () => clearTimeout(timer)
}

interface Held {
  readonly credentials: SourceCredentials
  /** ms since 1970: when it came, and when it is due. */
  readonly at: number
  readonly dueAt: number
  readonly lifetimeMs: number
}

/**
 * Asks the source when somebody first asks. A set for which nobody has asked during its whole lifetime is not renewed until somebody does:
 * whoever wants one ready at all times asks that often, by a readiness probe for instance.
 */
export function renewed(source: CredentialSource, parts: RenewalParts): RenewedCredentials {
  const { clock, pace = wellAhead, report = () => {}, random = Math.random, after = afterMs } = parts
  const closing = new AbortController()
  let held: Held | undefined
  /** Of the last attempt; undefined: it succeeded, or there was none. */
  let failure: Error | undefined
  let failures = 0
  let rest = { from: 0, until: 0 }
  let renewing: Promise<void> | undefined
  let askedAt = 0
  let cancelTimer = () => {}

  const now = () => clock().getTime()
  const leftIn = ({ credentials }: Held) => credentials.expiration.getTime() - now()
  // A clock that was set back makes a set due, and ends a rest: neither may last for as long as it was wrong.
  const isDue = ({ at, dueAt }: Held) => now() >= dueAt || now() < at
  const isResting = () => now() < rest.until && now() >= rest.from

  const renew = () => {
    renewing ??= attempt(source, closing.signal, after)
      .then(take)
      .catch(fail)
      .finally(() => {
        renewing = undefined
      })
    return renewing
  }

  function take(credentials: SourceCredentials): void {
    if (closing.signal.aborted) return
    const at = now()
    const lifetimeMs = lifetimeOf(credentials, source, at)
    // Whole, as timers are: it is due when its timer runs.
    const dueMs = Math.floor(pace.dueMs(lifetimeMs) * (pace.isAhead ? 1 - jitter * random() : 1))
    held = { credentials, at, dueAt: at + dueMs, lifetimeMs }
    if (failure !== undefined) report(`${source.name}: renewed again`)
    failure = undefined
    failures = 0
    rest = { from: 0, until: 0 }
    wake(dueMs)
  }

  function fail(error: Error): void {
    if (closing.signal.aborted) return
    if (failure === undefined || withoutId(error) !== withoutId(failure)) report(error.message)
    failure = error
    const restMs = Math.floor(Math.min(firstRestMs * 2 ** failures++, longestRestMs) * (1 - jitter * random()))
    rest = { from: now(), until: now() + restMs }
    // INVARIANT: whoever was refused is given nothing from before.
    if (error instanceof SourceRefused || (error instanceof NotNow && !pace.isKeptNotNow)) held = undefined
    else wake(restMs)
  }

  /** Renews ahead, as long as there is a set that somebody uses. */
  function wake(ms: number): void {
    cancelTimer()
    if (!pace.isAhead || closing.signal.aborted) return
    cancelTimer = after(ms, () => {
      if (held === undefined || leftIn(held) <= 0 || now() - askedAt > held.lifetimeMs) return
      if (isDue(held) && !isResting()) renew()
      else wake(firstRestMs)
    })
  }

  /** What there is, without asking. */
  function best(): SourceCredentials {
    const left = held === undefined ? 0 : leftIn(held)
    if (held !== undefined && left > (failure === undefined ? 0 : pace.leastLeftMs)) return held.credentials
    throw failure ?? new Error(`${source.name} gave no credentials`)
  }

  return {
    async current() {
      if (closing.signal.aborted) throw new Error(`the credentials of ${source.name} are renewed no more`)
      askedAt = now()
      if (held !== undefined && !isDue(held) && leftIn(held) > 0) return held.credentials
      if (renewing === undefined && isResting()) return best()
      const underWay = renew()
      const left = held === undefined ? 0 : leftIn(held)
      if (pace.isAhead && left >= enoughMs) return best()
      if (pace.isAhead && left > patienceMs) await patiently(underWay, after)
      else await underWay
      // An attempt that ended with `close` leaves no failure of its own.
      closing.signal.throwIfAborted()
      return best()
    },
    close() {
      cancelTimer()
      held = undefined
      closing.abort(new Error(`the credentials of ${source.name} are renewed no more`))
    },
  }
}

/** Each request has an id of its own. */
const withoutId = ({ message }: Error) => message.replace(/ \(request [^)]*\)/, '')

/** @throws Error for a set that is not whole, or has ended */
function lifetimeOf(credentials: SourceCredentials, { name }: CredentialSource, at: number): number {
  const { accessKeyId, secretAccessKey, sessionToken, expiration } = credentials
  if (!accessKeyId || !secretAccessKey || !sessionToken) throw new Error(`${name} gave no whole set of credentials`)
  const lifetimeMs = expiration.getTime() - at
  if (Number.isNaN(lifetimeMs)) throw new Error(`${name} gave credentials without an end`)
  if (lifetimeMs <= 0) {
    const end = expiration.toISOString()
    throw new Error(`${name} gave credentials that ended at ${end}: is the clock of this machine right?`)
  }
  return lifetimeMs
}

/** One request to the source, which ends when it is time, whether the source hears of that or not. */
async function attempt(
  source: CredentialSource,
  closing: AbortSignal,
  after: NonNullable<RenewalParts['after']>,
): Promise<SourceCredentials> {
  const late = new AbortController()
  const cancel = after(attemptMs, () => late.abort(new Error(`${source.name}: no answer in ${attemptMs / 1000} s`)))
  const signal = AbortSignal.any([closing, late.signal])
  try {
    return await Promise.race([
      source.fetch(signal),
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason))
      }),
    ])
  } finally {
    cancel()
  }
}

/** Waits for it, but not for long. */
function patiently(underWay: Promise<void>, after: NonNullable<RenewalParts['after']>): Promise<void> {
  return new Promise((resolve) => {
    const cancel = after(patienceMs, resolve)
    underWay.finally(() => {
      cancel()
      resolve()
    })
  })
}
