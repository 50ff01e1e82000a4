// Quotas in the YAML file: a mapping of AWS's names, with one of other numbers for single accounts. Each becomes the text that
// the flag and the variable take.
import { quotaProblem } from '../core/quotas.ts'
import { accountIdProblem } from '../core/root-key.ts'
import type { YamlFile, YamlMapping, YamlPair } from './yaml-file.ts'

/** The texts of a mapping; what is wrong with one is said with where it stands. */
export function quotaTexts({ pairs }: YamlMapping, say: YamlFile['say']): readonly string[] {
  const accounts = pairs.find(({ key }) => key === 'accounts')
  const common = pairs.flatMap((pair) => (pair === accounts ? [] : textsOf([pair], '', say)))
  return accounts === undefined ? common : [...common, ...ownTexts(accounts, say)]
}

function ownTexts({ at, value }: YamlPair, say: YamlFile['say']): readonly string[] {
  if (value.kind !== 'mapping') {
    say(at, 'accounts: must be a mapping of account ids, in quotes, to quotas')
    return []
  }
  return value.pairs.flatMap(({ key, at, value }) => {
    const foreign = accountIdProblem(key)
    if (foreign !== undefined) say(at, `${key}: an account id ${foreign}`)
    else if (value.kind === 'mapping') return textsOf(value.pairs, `${key}:`, say)
    else say(at, `${key}: must be a mapping of quotas`)
    return []
  })
}

const textsOf = (pairs: readonly YamlPair[], prefix: string, say: YamlFile['say']): readonly string[] =>
  pairs.flatMap(({ key, at, value }) => {
    const text = `${prefix}${key}=${value.kind === 'value' ? value.value : value.kind}`
    const problem = quotaProblem(text)
    if (problem === undefined) return [text]
    say(at, problem)
    return []
  })
