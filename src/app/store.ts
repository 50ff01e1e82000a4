// Finds the store that the settings name, among the kinds that this executable has.
import type { Settings } from '../config/settings.ts'
import type { StoreKind, StoreSource } from '../store/kind.ts'
import { Failure } from './failure.ts'

/**
 * Reads the setting `store`; opens nothing.
 * @throws Failure with a line for each mistake. The URL itself is not in it: it may contain a secret.
 */
export function storeOf(kinds: readonly StoreKind[], settings: Settings): StoreSource {
  const { store, data } = settings
  const colon = store.indexOf(':')
  const scheme = store.slice(0, colon)
  const kind = kinds.find((kind) => kind.scheme === scheme)
  if (kind === undefined) {
    const list = kinds.map(({ form, description }) => `  ${form}  ${description}`)
    throw new Failure([`store: this release has no kind of store called ${scheme}. It has:`, ...list].join('\n'), 2)
  }
  const valuesOf = (names: readonly string[]) =>
    names.map((name) => [name, (settings as Readonly<Record<string, unknown>>)[name]] as const)
  const values = valuesOf(kind.needs)
  const missing = values.filter(([, value]) => typeof value !== 'string').map(([name]) => name)
  if (missing.length > 0) {
    throw new Failure(missing.map((name) => `store: ${scheme}: needs the setting ${name} as well`).join('\n'), 2)
  }
  const taken = valuesOf(kind.takes ?? []).filter(([, value]) => typeof value === 'string')
  const given = Object.fromEntries([...values, ...taken]) as Record<string, string>
  const source = kind.locate({ address: store.slice(colon + 1), data, settings: given })
  if ('refused' in source) throw new Failure(`store: ${source.refused}`, 2)
  return source
}
