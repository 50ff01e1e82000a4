// Fetches a file that must have a known SHA-256.
import { createHash } from 'node:crypto'
import { createReadStream, createWriteStream, renameSync } from 'node:fs'
import http from 'node:http'
import { pipeline } from 'node:stream/promises'

/** Set HALLPASS_MAVEN_REPOSITORY to use a mirror of Maven Central. */
export const mavenRepository = process.env.HALLPASS_MAVEN_REPOSITORY ?? 'https://repo.maven.apache.org/maven2'

/**
 * Fetches `url` into `file`, which is then complete or absent.
 * @throws Error when it cannot be fetched or has another SHA-256
 */
export async function download(url, sha256, file) {
  // The proxy that npm, pip and apt-get use too.
  http.setGlobalProxyFromEnv?.()
  const answer = await fetch(url).catch((error) => {
    throw new Error(`${url} cannot be fetched: ${error.cause?.message ?? error.message}`)
  })
  if (!answer.ok || answer.body === null) throw new Error(`${url} answered ${answer.status}`)
  const partial = `${file}.partial`
  await pipeline(answer.body, createWriteStream(partial))
  const hash = createHash('sha256')
  for await (const chunk of createReadStream(partial)) hash.update(chunk)
  const found = hash.digest('hex')
  if (found !== sha256) throw new Error(`${url} has the SHA-256 ${found}, not ${sha256}`)
  renameSync(partial, file)
}
