// How tests find the parts that run.js made ready.
import { describe, test } from 'node:test'

const pathOf = (name: string) => process.env[`HALLPASS_REAL_${name}`]

/** The path of a part that always exists. */
export const partPath = (name: string) => pathOf(name) ?? ''

/** A suite that needs a part. Without it, one skipped test says why: a skipped suite would not be counted. */
export function describeWith(name: string, title: string, body: (path: string) => void | Promise<void>) {
  const path = pathOf(name)
  const reason = process.env[`HALLPASS_NO_${name}`] ?? 'conformance/real-parts/run.js runs this'
  if (path === undefined) test(title, { skip: reason }, () => {})
  else describe(title, () => body(path))
}
