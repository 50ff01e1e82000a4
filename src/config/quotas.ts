// Reads quotas in the YAML file: a mapping of AWS's names to numbers, with an inner one for single accounts. Each becomes
// the text that the flag and the variable take.
import { quotaProblem } from '../core/quotas.ts'
import { accountIdProblem } from '../core/root-key.ts'
import type { YamlFile, YamlMapping, YamlPair } from './yaml-file.ts'

/** The texts of a mapping's quotas; reports mistakes with their places. */
export function quotaTexts({ pairs }: YamlMapping, report: YamlFile['report']): readonly string[] {
  const accounts = pairs.find(({ key }) => key === 'accounts')
  const common = pairs.flatMap((pair) => (pair === accounts ? [] : textsOf([pair], '', report)))
  return accounts === undefined ? common : [...common, ...accountTexts(accounts, report)]
}

function accountTexts({ at, value }: YamlPair, report: YamlFile['report']): readonly string[] {
  if (value.kind !== 'mapping') {
    report(at, 'accounts: must be a mapping of account ids, in quotes, to quotas')
    return []
  }
  return value.pairs.flatMap(({ key, at, value }) => {
    const idProblem = accountIdProblem(key)
    if (idProblem !== undefined) report(at, `${key}: an account id ${idProblem}`)
    else if (value.kind === 'mapping') return textsOf(value.pairs, `${key}:`, report)
    else report(at, `${key}: must be a mapping of quotas`)
    return []
  })
}

const textsOf = (pairs: readonly YamlPair[], prefix: string, report: YamlFile['report']): readonly string[] =>
  pairs.flatMap(({ key, at, value }) => {
    const text = `${prefix}${key}=${value.kind === 'value' ? value.value : value.kind}`
    const problem = quotaProblem(text)
    if (problem === undefined) return [text]
    report(at, problem)
    return []
  })
