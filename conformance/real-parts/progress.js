// A second reporter, to standard error: one line when a file is done, so that minutes do not pass without output.
import { basename } from 'node:path'

/** @param {AsyncIterable<{ type: string, data: any }>} source */
// biome-ignore lint/style/noDefaultExport: the runner takes a reporter from a default export
export default async function* progress(source) {
  for await (const { type, data } of source) {
    if (type !== 'test:summary' || data.file === undefined) continue
    const { passed, failed, cancelled, skipped } = data.counts
    const bad = failed + cancelled
    const seconds = (data.duration_ms / 1000).toFixed(1)
    yield `  ${basename(data.file)}: ${passed} passed${bad ? `, ${bad} FAILED` : ''}${skipped ? `, ${skipped} skipped` : ''} in ${seconds} s\n`
  }
}
