// Turns a seed file into the input of `applySeed`, and remembers the line of each item in it, for messages. What it says of people
// is read with it, so that every mistake of the file is reported at once.
import { BadSettings } from '../../config/load.ts'
import { type Fields, type FilePolicy, readSeed } from '../../config/seed.ts'
import { readYaml, type YamlFile } from '../../config/yaml-file.ts'
import { type PeopleSection, readPeople } from '../../service/people/table/file/people-file.ts'
import type { ReadingOptions } from '../../service/people/table/file/reading.ts'
import { applySeed } from '../../service/seed.ts'
import { type Seed, type SeedAccount, SeedRefused, type SeedRole, type SeedUser } from '../../service/seed-shape.ts'

export interface ReadFile {
  readonly seed: Seed
  /** Applies the seed. Rejects BadSettings, with file:line:column, for what IAM's rules refuse. */
  readonly apply: (...rest: Tail<Parameters<typeof applySeed>>) => ReturnType<typeof applySeed>
  /** Everything about people, where the file says it. */
  readonly people: PeopleSection | undefined
}

type Tail<T extends readonly unknown[]> = [parts: T[0], now: T[2], how?: T[3]]

/** What the people section of a file may name, and where. */
export type PeopleOptions = Pick<ReadingOptions, 'given' | 'development'>

const nothingGiven: PeopleOptions = { given: { files: new Map(), environment: new Map() }, development: false }

/** Reads a seed file. Rejects BadSettings with every problem. */
export async function readSeedFile(name: string, text: string, options = nothingGiven): Promise<ReadFile> {
  const file = await readYaml(name, text)
  if (file.problems.length > 0) throw new BadSettings(file.problems)
  const { accounts, where } = readSeed(name, file)
  const people = readPeopleOf(file, options)
  if (file.problems.length > 0) throw new BadSettings(file.problems)
  const sources = new Map<object, object>()
  const track = <T extends object>(item: T, source: object): T => {
    sources.set(item, source)
    return item
  }
  const seed: Seed = { accounts: accounts.map((fields) => accountOf(fields, track)) }
  const placeOf = (item: object, field?: string) => where(sources.get(item) ?? item, field)
  const repetitions = repeated(seed, placeOf)
  if (repetitions.length > 0) throw new BadSettings(repetitions)
  return {
    ...{ seed, people },
    async apply(parts, now, how) {
      try {
        return await applySeed(parts, seed, now, how)
      } catch (error) {
        if (!(error instanceof SeedRefused)) throw error
        throw new BadSettings([`${placeOf(error.item, error.field)}: ${error.message}`])
      }
    },
  }
}

function readPeopleOf(file: YamlFile, options: PeopleOptions): PeopleSection | undefined {
  const section =
    file.contents?.kind === 'mapping' ? file.contents.pairs.find(({ key }) => key === 'people') : undefined
  return section === undefined ? undefined : readPeople(file, section.value, options)
}

/** Remembers from which fields of the file an item was made. */
type Track = <T extends object>(item: T, source: object) => T
const list = <T>(value: unknown) => (value ?? []) as readonly T[]

function accountOf(fields: Fields, track: Track): SeedAccount {
  const { id, name, policies, users, roles } = fields as { id: string; name: string } & Fields
  return track(
    {
      id,
      name,
      policies: list<FilePolicy>(policies),
      users: list<Fields>(users).map((user) => userOf(user, track)),
      roles: list<Fields>(roles).map((role) => roleOf(role, track)),
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

const userOf = (fields: Fields, track: Track): SeedUser =>
  track({ ...holderOf(fields), accessKeys: (fields['access-keys'] as number | undefined) ?? 0 }, fields)

function roleOf(fields: Fields, track: Track): SeedRole {
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
  return track({ ...holderOf(fields), trust, ...more }, fields)
}

/** Names are unique without regard to case: if one stood twice, each application would change the item there and back. */
function repeated({ accounts }: Seed, placeOf: (item: object, field?: string) => string): string[] {
  const problems: string[] = []
  const check = (items: readonly object[], field: string, nameOf: (item: never) => string) => {
    const seen = new Set<string>()
    for (const item of items) {
      const name = nameOf(item as never).toLowerCase()
      if (seen.has(name)) problems.push(`${placeOf(item, field)}: ${nameOf(item as never)} appears twice`)
      seen.add(name)
    }
  }
  check(accounts, 'id', ({ id }: SeedAccount) => id)
  const nameOfItem = ({ name }: { readonly name: string }) => name
  for (const { policies, users, roles } of accounts) {
    for (const items of [policies, users, roles]) check(items, 'name', nameOfItem)
    for (const holder of [...users, ...roles]) check(holder.inline, 'name', nameOfItem)
  }
  return problems
}
