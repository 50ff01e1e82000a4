// A seed file as what `applySeed` takes, with the way back from each thing in it to its line.
import { BadSettings } from '../../config/load.ts'
import { type Fields, type FilePolicy, readSeed } from '../../config/seed.ts'
import { applySeed } from '../../service/seed.ts'
import { type Seed, type SeedAccount, SeedRefused, type SeedRole, type SeedUser } from '../../service/seed-shape.ts'

export interface ReadFile {
  readonly seed: Seed
  /** Applies it; what IAM's rules refuse is BadSettings, with file:line:column. */
  readonly apply: (...rest: Tail<Parameters<typeof applySeed>>) => ReturnType<typeof applySeed>
}

type Tail<T extends readonly unknown[]> = [parts: T[0], now: T[2], how?: T[3]]

/** Reads a seed file. Rejects BadSettings with every problem. */
export async function readSeedFile(name: string, text: string): Promise<ReadFile> {
  const { accounts, where } = await readSeed(name, text)
  const places = new Map<object, object>()
  const of = <T extends object>(made: T, from: object): T => {
    places.set(made, from)
    return made
  }
  const seed: Seed = { accounts: accounts.map((fields) => accountOf(fields, of)) }
  const at = (item: object, field?: string) => where(places.get(item) ?? item, field)
  const twice = repeated(seed, at)
  if (twice.length > 0) throw new BadSettings(twice)
  return {
    seed,
    async apply(parts, now, how) {
      try {
        return await applySeed(parts, seed, now, how)
      } catch (error) {
        if (!(error instanceof SeedRefused)) throw error
        throw new BadSettings([`${at(error.item, error.field)}: ${error.message}`])
      }
    },
  }
}

type Of = <T extends object>(made: T, from: object) => T
const list = <T>(value: unknown) => (value ?? []) as readonly T[]

function accountOf(fields: Fields, of: Of): SeedAccount {
  const { id, name, policies, users, roles } = fields as { id: string; name: string } & Fields
  return of(
    {
      id,
      name,
      policies: list<FilePolicy>(policies),
      users: list<Fields>(users).map((user) => userOf(user, of)),
      roles: list<Fields>(roles).map((role) => roleOf(role, of)),
    },
    fields,
  )
}

function holderOf(fields: Fields) {
  const {
    name,
    path = '/',
    tags,
    policies,
    attach,
    boundary,
  } = fields as {
    name: string
    path?: string
    boundary?: string
  } & Fields
  return {
    name,
    path,
    tags: list<{ Key: string; Value: string }>(tags),
    inline: list<FilePolicy>(policies),
    attach: list<string>(attach),
    ...(boundary === undefined ? {} : { boundary }),
  }
}

const userOf = (fields: Fields, of: Of): SeedUser =>
  of({ ...holderOf(fields), accessKeys: (fields['access-keys'] as number | undefined) ?? 0 }, fields)

function roleOf(fields: Fields, of: Of): SeedRole {
  const {
    trust,
    description,
    'max-session-duration': seconds,
  } = fields as {
    trust: string
    description?: string
    'max-session-duration'?: number
  } & Fields
  const more = {
    ...(description === undefined ? {} : { description }),
    ...(seconds === undefined ? {} : { maxSessionDuration: seconds }),
  }
  return of({ ...holderOf(fields), trust, ...more }, fields)
}

/** Names are unique without regard to case: the same one twice would be changed there and back at each applying. */
function repeated({ accounts }: Seed, at: (item: object, field?: string) => string): string[] {
  const problems: string[] = []
  const look = (items: readonly object[], field: string, nameOf: (item: never) => string) => {
    const seen = new Set<string>()
    for (const item of items) {
      const name = nameOf(item as never).toLowerCase()
      if (seen.has(name)) problems.push(`${at(item, field)}: ${nameOf(item as never)} stands twice`)
      seen.add(name)
    }
  }
  look(accounts, 'id', ({ id }: SeedAccount) => id)
  const named = ({ name }: { readonly name: string }) => name
  for (const { policies, users, roles } of accounts) {
    for (const items of [policies, users, roles]) look(items, 'name', named)
    for (const holder of [...users, ...roles]) look(holder.inline, 'name', named)
  }
  return problems
}
