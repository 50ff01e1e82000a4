import assert from 'node:assert/strict'
import { hash } from 'node:crypto'
import { describe, test } from 'node:test'
import fc from 'fast-check'
import { Secret } from '../secret.ts'
import { type ChunkedBody, readChunks, type StreamedPayload } from './chunks.ts'
import { deriveSigningKey } from './keys.ts'
import type { ChunkFault } from './rejection.ts'

const key = deriveSigningKey(new Secret('secret'), { date: '20260301', region: 'us-east-1', service: 's3' })
const scope = '20260301/us-east-1/s3/aws4_request'
const amzDate = '20260301T120000Z'
const seed = 'a'.repeat(64)
const sha = (data: Buffer | string) => hash('sha256', data, 'hex')
const crc = 'x-amz-checksum-crc32c'

const body = (payload: StreamedPayload, decodedLength: number, changes: Partial<ChunkedBody> = {}): ChunkedBody => ({
  payload,
  key,
  amzDate,
  scope,
  seed,
  decodedLength,
  trailers: payload.endsWith('TRAILER') ? [crc] : [],
  ...changes,
})

/** Encodes as a client does, chunk by chunk. */
function encode(
  payload: StreamedPayload,
  chunks: readonly Buffer[],
  trailers: readonly (readonly [string, string])[] = [],
) {
  const signed = payload !== 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
  let previous = seed
  const sign = (kind: string, rest: string) => {
    previous = key.mac(`AWS4-HMAC-SHA256-${kind}\n${amzDate}\n${scope}\n${previous}\n${rest}`)
    return previous
  }
  const parts: Buffer[] = []
  for (const data of [...chunks, Buffer.alloc(0)]) {
    const mark = signed ? `;chunk-signature=${sign('PAYLOAD', `${sha('')}\n${sha(data)}`)}` : ''
    parts.push(Buffer.from(`${data.length.toString(16)}${mark}\r\n`), data)
    if (data.length > 0) parts.push(Buffer.from('\r\n'))
  }
  for (const [name, value] of trailers) parts.push(Buffer.from(`${name}:${value}\r\n`))
  if (signed && payload.endsWith('TRAILER')) {
    const text = trailers.map(([name, value]) => `${name}:${value}\n`).join('')
    parts.push(Buffer.from(`x-amz-trailer-signature:${sign('TRAILER', sha(text))}\r\n`))
  }
  parts.push(Buffer.from('\r\n'))
  return Buffer.concat(parts)
}

/** Reads in pieces of `step` bytes; the data given out, and how it ended. */
function read(how: ChunkedBody, wire: Buffer, step = wire.length || 1) {
  const reader = readChunks(how)
  const data: Buffer[] = []
  for (let at = 0; at < wire.length; at += step) {
    const out = reader.push(Buffer.from(wire.subarray(at, at + step)))
    if ('rejected' in out) return { data: Buffer.concat(data), end: out.why, again: reader.end() }
    data.push(...out)
  }
  const end = reader.end()
  return { data: Buffer.concat(data), end: 'rejected' in end ? (end.why as string) : end, again: end }
}

const signedForm = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD'
const trailerForm = 'STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER'
const unsignedForm = 'STREAMING-UNSIGNED-PAYLOAD-TRAILER'
const forms = [signedForm, trailerForm, unsignedForm] as const
const trailersOf = (form: StreamedPayload) => (form === signedForm ? [] : [[crc, 'sOO8/Q=='] as const])

describe('the examples of the S3 documentation', () => {
  const docs = {
    key: deriveSigningKey(new Secret('wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY'), {
      date: '20130524',
      region: 'us-east-1',
      service: 's3',
    }),
    amzDate: '20130524T000000Z',
    scope: '20130524/us-east-1/s3/aws4_request',
  }
  const a = (n: number) => 'a'.repeat(n)
  test('in several chunks', () => {
    const seed = '4f232c4386841ef735655705268965c44a0e4690baa4adea153f7db9fa80a0a9'
    const wire = [
      `10000;chunk-signature=ad80c730a21e5b8d04586a2213dd63b9a0e99e0e2307b0ade35a65485a288648\r\n${a(65536)}\r\n`,
      `400;chunk-signature=0055627c9e194cb4542bae2aa5492e3c1575bbb81b612b7d234b86a503ef5497\r\n${a(1024)}\r\n`,
      '0;chunk-signature=b6c6ea8a5354eaf15b3cb7646744f4275b71ea724fed81ceb9323e279d449df9\r\n\r\n',
    ].join('')
    const { data, end } = read(body(signedForm, 66560, { ...docs, seed }), Buffer.from(wire), 1000)
    assert.deepEqual(end, new Map())
    assert.equal(data.toString(), a(66560))
  })
  test('with a trailing header', () => {
    const seed = '106e2a8a18243abcf37539882f36619c00e2dfc72633413f02d3b74544bfeb8e'
    const wire = [
      `10000;chunk-signature=b474d8862b1487a5145d686f57f013e54db672cee1c953b3010fb58501ef5aa2\r\n${a(65536)}\r\n`,
      `400;chunk-signature=1c1344b170168f8e65b41376b44b20fe354e373826ccbbe2c1d40a8cae51e5c7\r\n${a(1024)}\r\n`,
      '0;chunk-signature=2ca2aba2005185cf7159c6277faf83795951dd77a3a99e6e65d5c9f85863f992\r\n',
      `${crc}:sOO8/Q==\r\n`,
      'x-amz-trailer-signature:d81f82fc3505edab99d459891051a732e8730629a2e4a59689829ca17fe2e435\r\n\r\n',
    ].join('')
    const { data, end } = read(body(trailerForm, 66560, { ...docs, seed }), Buffer.from(wire), 999)
    assert.deepEqual(end, new Map([[crc, 'sOO8/Q==']]))
    assert.equal(data.length, 66560)
  })
})

test('any body in any pieces comes out as it went in', () => {
  const sizes = fc.array(fc.integer({ min: 8192, max: 9000 }), { maxLength: 3 })
  fc.assert(
    fc.property(
      fc.constantFrom(...forms),
      sizes,
      fc.nat(300),
      fc.integer({ min: 1, max: 5000 }),
      (form, large, last, step) => {
        const chunks = [...large, ...(last > 0 ? [last] : [])].map((size, i) => Buffer.alloc(size, `chunk ${i} \r\n`))
        const whole = Buffer.concat(chunks)
        const { data, end } = read(body(form, whole.length), encode(form, chunks, trailersOf(form)), step)
        assert.deepEqual(end, new Map(trailersOf(form)))
        assert.equal(data.equals(whole), true)
      },
    ),
    { numRuns: 60 },
  )
})

describe('refused', () => {
  const chunks = [Buffer.alloc(8192, 'x'), Buffer.alloc(10, 'y')]
  const length = 8202
  const whole = encode(signedForm, chunks)
  const trailed = encode(trailerForm, chunks, trailersOf(trailerForm))
  const loose = encode(unsignedForm, chunks, trailersOf(unsignedForm))
  const edit = (wire: Buffer, from: string, to: string) =>
    Buffer.from(
      wire.toString('latin1').replace(from, () => to),
      'latin1',
    )
  const small = [Buffer.alloc(8191), Buffer.alloc(10)]
  const rows: readonly (readonly [string, ChunkFault, StreamedPayload, Buffer, Partial<ChunkedBody>?])[] = [
    ['a byte altered in the first chunk', 'signature', signedForm, edit(whole, 'xx', 'xz')],
    ['a byte altered in the last chunk', 'signature', signedForm, edit(whole, 'yy', 'yz')],
    ['another seed', 'signature', signedForm, whole, { seed: 'b'.repeat(64) }],
    ['another day', 'signature', signedForm, whole, { amzDate: '20260302T120000Z' }],
    [
      'chunks in another order',
      'signature',
      signedForm,
      encode(signedForm, [...chunks].reverse()),
      { seed: 'c'.repeat(64) },
    ],
    ['a trailer altered', 'signature', trailerForm, edit(trailed, 'sOO8', 'sOO9')],
    ['a trailer without its signature', 'signature', trailerForm, edit(trailed, signatureLine(trailed), '')],
    [
      'a header after the trailer’s signature',
      'trailer',
      trailerForm,
      edit(trailed, '\r\n\r\n', '\r\nx-amz-meta-a:b\r\n\r\n'),
    ],
    ['a trailer that was not declared', 'trailer', unsignedForm, edit(loose, crc, 'x-amz-checksum-sha1')],
    ['a trailer twice', 'trailer', unsignedForm, edit(loose, `${crc}:`, `${crc}:a\r\n${crc}:`)],
    ['a declared trailer that is absent', 'trailer', unsignedForm, encode(unsignedForm, chunks)],
    ['a trailer without colon', 'trailer', unsignedForm, edit(loose, `${crc}:`, crc)],
    ['a chunk without signature where they are signed', 'malformed', signedForm, loose],
    ['a chunk with signature where they are not', 'malformed', unsignedForm, trailed],
    ['an upper-case signature', 'malformed', signedForm, edit(whole, 'chunk-signature=', 'chunk-signature=A')],
    ['a size in other digits', 'malformed', signedForm, edit(whole, '2000;', '0x2000;')],
    ['a negative size', 'malformed', signedForm, edit(whole, '2000;', '-2000;')],
    ['no size', 'malformed', signedForm, edit(whole, '2000;', ';')],
    ['a bare LF', 'malformed', signedForm, edit(whole, '\r\n', '\n')],
    ['data longer than its size', 'signature', signedForm, edit(whole, '\r\na;', '\r\n9;')],
    ['data shorter than its size', 'length', signedForm, edit(whole, '\r\na;', '\r\nb;')],
    ['a line without end', 'malformed', signedForm, Buffer.alloc(5000, '0')],
    ['a chunk but the last under 8 KiB', 'too-small', signedForm, encode(signedForm, small), { decodedLength: 8201 }],
    ['a chunk over the limit', 'too-large', signedForm, whole, { largestChunk: 8191 }],
    ['more bytes than declared', 'length', signedForm, whole, { decodedLength: length - 1 }],
    ['fewer bytes than declared', 'length', signedForm, whole, { decodedLength: length + 1 }],
    ['an end in the middle', 'truncated', signedForm, whole.subarray(0, -2)],
    ['nothing at all', 'truncated', signedForm, Buffer.alloc(0)],
    ['bytes after the end', 'surplus', signedForm, Buffer.concat([whole, Buffer.from('x')])],
  ]
  for (const [title, why, form, wire, changes] of rows) {
    for (const step of [wire.length || 1, 7]) {
      test(`${title}, read ${step === 7 ? 'in small pieces' : 'at once'}`, () => {
        const { end, again, data } = read(body(form, length, changes), wire, step)
        assert.equal(end, why)
        assert.ok('rejected' in again, 'and stays refused')
        assert.ok(data.length <= length)
      })
    }
  }

  test('a chunk is not given out before its signature is verified', () => {
    const reader = readChunks(body(signedForm, length))
    const out = reader.push(whole.subarray(0, 8000))
    assert.deepEqual(out, [])
  })
})

function signatureLine(wire: Buffer): string {
  const text = wire.toString('latin1')
  const from = text.indexOf('x-amz-trailer-signature')
  return text.slice(from, text.indexOf('\r\n', from) + 2)
}

test('a length that is not a number of bytes is a programming error', () => {
  for (const n of [-1, 1.5, Number.NaN]) assert.throws(() => readChunks(body(signedForm, n)), TypeError)
})
