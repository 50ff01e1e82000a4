// A histogram of times by one label. prom-client's own hashes its labels at each observation: it only writes what is kept here.
import type { Histogram } from 'prom-client'
import type { Register } from './register.ts'

/** Upper bounds of the buckets, in seconds. */
const buckets = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10]

interface Spread {
  /** One count per bucket, and one for what is above them all. */
  readonly counts: Float64Array
  sum: number
  total: number
}

export interface DurationsOptions {
  readonly name: string
  readonly help: string
  readonly label: string
  /** The label's values; what is none of them counts as `other`. Without them: whatever comes. */
  readonly values?: readonly string[]
}

export function durations(
  register: Register,
  { name, help, label, values }: DurationsOptions,
): (value: string, seconds: number) => void {
  const spread = (): Spread => ({ counts: new Float64Array(buckets.length + 1), sum: 0, total: 0 })
  const spreads = new Map((values === undefined ? [] : [...values, 'other']).map((value) => [value, spread()]))
  const rows = () =>
    [...spreads].flatMap(([value, { counts, sum, total }]) => {
      let below = 0
      const within = buckets.map((le, i) => {
        below += counts[i] as number
        return { metricName: `${name}_bucket`, labels: { [label]: value, le }, value: below }
      })
      return [
        ...within,
        { metricName: `${name}_bucket`, labels: { [label]: value, le: '+Inf' }, value: total },
        { metricName: `${name}_sum`, labels: { [label]: value }, value: sum },
        { metricName: `${name}_count`, labels: { [label]: value }, value: total },
      ]
    })
  const get = async () => ({ name, help, type: 'histogram', values: rows(), aggregator: 'sum' })
  // The registry asks a metric for its name and for this alone.
  register((_, registry) => registry.registerMetric({ name, help, get } as unknown as Histogram))
  const spreadOf = (value: string): Spread => {
    const known = spreads.get(value) ?? spreads.get('other')
    if (known !== undefined) return known
    const made = spread()
    spreads.set(value, made)
    return made
  }
  return (value, seconds) => {
    const spread = spreadOf(value)
    let bucket = 0
    while (bucket < buckets.length && seconds > (buckets[bucket] as number)) bucket++
    spread.counts[bucket] = (spread.counts[bucket] as number) + 1
    spread.sum += seconds
    spread.total++
  }
}
