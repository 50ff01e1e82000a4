// Whether two policies say the same, so that writing one in place of the other changes nothing, as at DynamoDB: white space, the order of
// members, a list of one, an account by its number or by its root do not matter; and their principals are the same ones.
import { accountRootArn, isAccountId } from '../../core/arn.ts'
import { type Json, readJson } from '../../core/policy/document.ts'
import type { NamingPolicy } from '../records.ts'

export const isSamePolicy = (one: NamingPolicy, other: NamingPolicy): boolean =>
  canonical(one.text) === canonical(other.text) && isSameNames(one.principals, other.principals)

function isSameNames(one: NamingPolicy['principals'], other: NamingPolicy['principals']): boolean {
  const names = Object.keys(one)
  return names.length === Object.keys(other).length && names.every((name) => one[name] === other[name])
}

function canonical(text: string): string {
  const json = readJson(text)
  return 'error' in json ? text : JSON.stringify(plain(json, false))
}

/** INVARIANT: numbers stay as they are written: 5.50 is not 5.5 where conditions compare texts. */
function plain(json: Json, isPrincipal: boolean): unknown {
  if (json.type === 'array') {
    const [first, ...others] = json.items
    if (first !== undefined && others.length === 0) return plain(first, isPrincipal)
    return json.items.map((item) => plain(item, isPrincipal))
  }
  if (json.type === 'object') {
    return [...json.members]
      .toSorted(([a], [b]) => (a < b ? -1 : 1))
      .map(([name, value]) => [name, plain(value, isPrincipal || name === 'Principal' || name === 'NotPrincipal')])
  }
  if (json.type !== 'string') return { [json.type]: json.text }
  return isPrincipal && isAccountId(json.text) ? accountRootArn(json.text) : json.text
}
