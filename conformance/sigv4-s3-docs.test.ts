// The worked examples of the S3 API Reference (vectors/sigv4/SOURCE) verify, with the payload they state, and do not
// verify when another key's secret is tried.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { readHeaders } from '../src/core/http.ts'
import { Secret } from '../src/core/secret.ts'
import { readAuthorization } from '../src/core/sigv4/credential.ts'
import { isRejection } from '../src/core/sigv4/rejection.ts'
import { verify } from '../src/core/sigv4/verify.ts'

interface Example {
  readonly name: string
  readonly method: string
  readonly target: string
  readonly headers: readonly (readonly [string, string])[]
  readonly payload: string
}

const file = new URL('vectors/sigv4/s3-documentation.json', import.meta.url)

for (const { name, method, target, headers: raw, payload } of JSON.parse(readFileSync(file, 'utf8')) as Example[]) {
  test(name, () => {
    const headers = readHeaders(raw.flat())
    assert.ok(headers instanceof Map)
    const message = { method, target, headers }
    const presented = readAuthorization(message)
    assert.ok(presented !== undefined && !isRejection(presented))
    const against = { services: ['s3'], now: new Date('2013-05-24T00:00:00Z') }
    const secret = new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY')
    assert.partialDeepStrictEqual(verify(message, presented, { ...against, secret }), { ok: true, payload })
    const other = verify(message, presented, { ...against, secret: new Secret('other') })
    assert.partialDeepStrictEqual(other, { rejected: 'signature' })
  })
}
