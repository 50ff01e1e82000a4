// Sign-ins in memory, for tests of what is made of them: no connector is asked, and whether a person may still come in is a test's
// to say.
import { randomBytes } from 'node:crypto'
import type { BeginSignIn, SignIn, SignInEnd, SignIns } from '../../contracts/people.ts'

export interface MemorySignIns extends SignIns {
  /** Every one that began and was not ended. */
  readonly open: Map<string, SignIn>
  /** Why each was ended. */
  readonly ended: Map<string, string>
  /** What the next `renew` of everybody answers. */
  refusal: SignInEnd | undefined
}

const unused = (): never => {
  throw new TypeError('not a part of this test')
}

export const ann = {
  ...{ connector: 'corp', id: 'ann-id', login: 'ann', multiFactor: false },
  groups: [{ name: 'Developers' }],
  attributes: new Map<string, readonly string[]>(),
}

export function memorySignIns(lengthMs = 12 * 3_600_000): MemorySignIns {
  const open = new Map<string, SignIn>()
  const ended = new Map<string, string>()
  const alive = (id: string, now: Date) => {
    const found = open.get(id)
    return found !== undefined && now < found.endsAt ? found : undefined
  }
  return {
    open,
    ended,
    refusal: undefined,
    async begin({ person, client, endsAt, multiFactorAt, renewal }: BeginSignIn, now) {
      const { connector, id: personId, login, groups, attributes } = person
      const factorAt = multiFactorAt ?? (person.multiFactor ? now : undefined)
      const signIn: SignIn = {
        ...{ id: randomBytes(16).toString('hex'), connector, personId, login, groups, attributes, client },
        ...{ startedAt: now, confirmedAt: now },
        endsAt: new Date(Math.min(now.getTime() + lengthMs, endsAt ?? Number.POSITIVE_INFINITY)),
        ...(factorAt === undefined ? {} : { multiFactorAt: factorAt }),
        ...(renewal === undefined ? {} : { renewal }),
      }
      open.set(signIn.id, signIn)
      return signIn
    },
    byId: async (id, now) => alive(id, now),
    confirmFactor: async (id, now) => {
      const found = alive(id, now)
      if (found === undefined) return undefined
      const confirmed = { ...found, multiFactorAt: now }
      open.set(id, confirmed)
      return confirmed
    },
    async renew(id, now) {
      const found = open.get(id)
      if (found === undefined) return { ended: 'ended', detail: ended.get(id) ?? 'never there' }
      if (now >= found.endsAt) return { ended: 'over', detail: '' }
      return this.refusal === undefined ? { signIn: found } : { ended: this.refusal, detail: '' }
    },
    noteGiven: async (id, _given, now) => alive(id, now) !== undefined,
    async end(id, why) {
      const isOpen = open.delete(id)
      if (isOpen) ended.set(id, why)
      return isOpen
    },
    endOfPerson: unused,
    list: unused,
    checkDue: unused,
    sweep: unused,
  }
}
