// The people table as JSON and back: maps as lists of pairs, secrets through a function that seals or opens them. A secret is sealed
// to its place in the table, so that none can be moved to another connector.
import { Secret } from '../../../core/secret.ts'
import type { PeopleSection } from './file/people-file.ts'

/** Seals or opens the secret at a place: `connectors.0.directory.bind.password`. */
export type AtPlace = (place: string, text: string) => string

/** What stands for a map and for a secret. No member of the table has these names. */
const MAP = '$map'
const SECRET = '$secret'

export const tableText = (table: PeopleSection, seal: AtPlace): string => JSON.stringify(plain(table, '', seal))

export const tableOfText = (text: string, open: AtPlace): PeopleSection =>
  restored(JSON.parse(text), '', open) as PeopleSection

const inside = (place: string, name: string | number) => (place === '' ? `${name}` : `${place}.${name}`)

function plain(value: unknown, place: string, seal: AtPlace): unknown {
  if (value instanceof Secret) return { [SECRET]: seal(place, value.reveal()) }
  if (value instanceof Map) return { [MAP]: [...value] }
  if (Array.isArray(value)) return value.map((item, at) => plain(item, inside(place, at), seal))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, plain(item, inside(place, name), seal)]))
}

function restored(value: unknown, place: string, open: AtPlace): unknown {
  if (Array.isArray(value)) return value.map((item, at) => restored(item, inside(place, at), open))
  if (typeof value !== 'object' || value === null) return value
  if (SECRET in value) return new Secret(open(place, String(value[SECRET])))
  if (MAP in value) return new Map(value[MAP] as [string, string][])
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, restored(item, inside(place, name), open)]),
  )
}
