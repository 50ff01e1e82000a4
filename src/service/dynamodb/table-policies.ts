// The policies of tables and streams as requests are decided by them: compiled once, and kept current by the change feed. One that is
// written on this node is in force when that is answered; one written on another, when the feed reports it.
import { andThen, type Maybe } from '../../core/maybe.ts'
import { compile, refusing } from '../../core/policy/compile.ts'
import type { Compiled } from '../../core/policy/model.ts'
import { createCache } from '../../store/cache.ts'
import type { Store } from '../../store/store.ts'
import type { InForce, PolicyPlace, TablePolicies } from '../contracts/table-policies.ts'
import {
  type KeptPolicy,
  keyOf,
  type PolicyRecord,
  policyArn,
  policyPlaceOf,
  shownPolicy,
  stampOf,
  tablePolicies,
} from './policy-records.ts'

/** That a table has no policy is kept like one, under its own key: requests to a table without one read nothing. */
const none: InForce = { compiled: undefined, stamp: stampOf(undefined), isThere: false }

const compileKept = ({ text, principals }: KeptPolicy, source: string): Compiled =>
  compile(text, { kind: 'resource', source, principals: new Map(Object.entries(principals)) })

/** A policy as it would be in force at that place. */
export const compiledAt = (place: PolicyPlace, policy: KeptPolicy): Compiled => compileKept(policy, policyArn(place))

function inForceOf(record: PolicyRecord | undefined): InForce {
  if (record === undefined) return none
  const { policy, making, leaving } = record
  const source = policyArn(record)
  const compiled = [policy, making].filter((each) => each !== undefined).map((each) => compileKept(each, source))
  const isHeld = making !== undefined || leaving !== undefined
  return {
    compiled: isHeld ? refusing(compiled, source) : compiled[0],
    stamp: stampOf(record),
    isThere: shownPolicy(record) !== undefined,
  }
}

const bytesACharacter = 10
const bytesOfOne = 1_500

const weigh = ({ compiled }: InForce): number =>
  compiled === undefined ? 0 : bytesOfOne + bytesACharacter * Math.max(0, ...compiled.statements.map(({ end }) => end))

export function createTablePolicies(store: Store, clock: () => Date): TablePolicies {
  const cache = createCache<InForce>({
    store,
    clock: () => clock().getTime(),
    // By ARN: what is kept is found without reading it anew.
    load: async (arn, reader) => {
      const place = policyPlaceOf(arn)
      return place === undefined ? none : inForceOf(await reader.get(tablePolicies, keyOf(place)))
    },
    accountOf: (arn) => policyPlaceOf(arn)?.account ?? '',
    weight: weigh,
    maxBytes: 32 << 20,
  })
  const inForce = (arn: string): Maybe<InForce> => andThen(cache.get(arn), (found) => found ?? none)
  return {
    inForce: (place) => inForce(policyArn(place)),
    of: (arn) => andThen(inForce(arn), ({ compiled }) => compiled),
  }
}
