// A quiet test reporter: one line for each file, every failure in full, and the runner's own closing lines.
import { relative } from 'node:path'
import { inspect } from 'node:util'

/** @param {AsyncIterable<{ type: string, data: any }>} source */
// biome-ignore lint/style/noDefaultExport: the runner takes a reporter from a default export
export default async function* report(source) {
  const files = new Map()
  const failures = []
  const closing = []
  for await (const { type, data } of source) {
    if ((type === 'test:pass' || type === 'test:fail') && data.details?.type !== 'suite' && data.file) {
      const counts = files.get(data.file) ?? { pass: 0, fail: 0, skip: 0 }
      files.set(data.file, counts)
      if (data.skip !== undefined) counts.skip++
      else if (type === 'test:pass') counts.pass++
      else counts.fail++
    }
    if (type === 'test:fail' && data.details?.error?.failureType !== 'subtestsFailed') failures.push(data)
    if (type === 'test:summary' && data.file === undefined) {
      const { tests, passed, failed, skipped, cancelled, todo } = data.counts
      closing.push(`# tests ${tests}`, `# pass ${passed}`, `# fail ${failed}`, `# cancelled ${cancelled}`)
      closing.push(`# skipped ${skipped}`, `# todo ${todo}`, `# duration_ms ${data.duration_ms}`)
    }
    if (type === 'test:stderr' || type === 'test:stdout') yield data.message
  }
  for (const [file, { pass, fail, skip }] of [...files].sort()) {
    yield `${fail > 0 ? '✗' : '✓'} ${String(pass).padStart(5)} ${relative(process.cwd(), file)}${fail ? `  ${fail} FAILED` : ''}${skip ? `  ${skip} skipped` : ''}\n`
  }
  for (const { name, file, line, details } of failures) {
    const error = details?.error?.cause ?? details?.error
    yield `\n✗ ${name}\n  ${file ? `${relative(process.cwd(), file)}:${line}` : ''}\n${textOf(error).replace(/^/gm, '    ')}\n`
  }
  yield `${closing.join('\n')}\n`
}

/** The text of a thrown value; String cannot convert all of them. */
const textOf = (error) => (typeof error?.stack === 'string' ? error.stack : inspect(error?.message ?? error))
