// Puts the workload API together: its pages below the public URL, where that speaks https (or in development): proofs and credentials
// go over it.
import type { Page } from '../server/pages/page.ts'
import { siteOf } from '../server/pages/site.ts'
import { workloadApiPages } from '../server/workload/api.ts'
import type { Serving } from './serving.ts'

export function workloadPages(
  { engine, isDevelopment, apiUrl, assumeForWorkload: call, identifyCaller, limits }: Serving,
  publicUrl: string,
): readonly Page[] {
  if (!isDevelopment && !siteOf(publicUrl).isSecure) return []
  const { store, audit, workloadProofs: proofs, parts } = engine
  const { subjects, random, fresh } = parts
  return workloadApiPages({
    ...{ publicUrl, apiUrl, proofs, call, identifyCaller, limits, audit, store, subjects, random, fresh },
  })
}
