// The canonical request (SigV4, "Create a canonical request"): the one text both sides hash. Byte strings throughout,
// one character a byte.
import { type Headers, type Message, splitTarget } from '../http.ts'
import { encode, hasSoundEscapes, readQuery, reencode } from './encoding.ts'
import type { Rejection } from './rejection.ts'

export interface Canonical {
  readonly path: 'sent' | 'normalised'
  /** Lower-case names, sorted. */
  readonly signedHeaders: readonly string[]
  /** The last line: a hexadecimal SHA-256, or one of S3's literals. */
  readonly payload: string
  /** Query parameters that are not part of what is signed. */
  readonly without: readonly string[]
}

const nothing: readonly string[] = []
/** Header form: the whole query is signed. */
export const withoutNone = nothing
/** Presigned form: the signature cannot sign itself. */
export const withoutSignature: readonly string[] = ['X-Amz-Signature']
/** Presigned form of services that append the session token after signing. */
export const withoutSignatureAndToken: readonly string[] = ['X-Amz-Signature', 'X-Amz-Security-Token']

/** The canonical request, or why there is none. */
export function canonicalRequest(message: Message, how: Canonical): string | Rejection {
  const { headers, method } = message
  const { signedHeaders } = how
  if (!usual.has(method) && !isToken(method)) return { rejected: 'malformed', where: 'method', value: method }
  const { path, query } = splitTarget(message.target)
  const canonicalPath =
    path === '/' || path === '' ? '/' : how.path === 'sent' ? pathAsSent(path) : pathNormalised(path)
  if (canonicalPath === undefined) return { rejected: 'malformed', where: 'path', value: path }
  const canonicalQuery = query === '' ? '' : sortedQuery(query, how.without)
  if (canonicalQuery === undefined) return { rejected: 'malformed', where: 'query', value: query }

  let fields = ''
  let loose = false
  for (let i = 0; i < signedHeaders.length; i++) {
    const name = signedHeaders[i] as string
    const value = headers.get(name)
    if (value === undefined) return { rejected: 'signed-header-absent', name }
    if (value.charCodeAt(0) <= 0x20 || value.charCodeAt(value.length - 1) <= 0x20) loose = true
    fields += `${name}:${value}\n`
  }
  const list = signedHeaders.join(';')
  const text = `${method}\n${canonicalPath}\n${canonicalQuery}\n${fields}\n${list}\n${how.payload}`

  // INVARIANT: the text has exactly the line ends written above. One more would let a header's value pose as another
  // header.
  if (
    loose ||
    text.includes('  ') ||
    text.includes('\t') ||
    lineEnds(text) !== signedHeaders.length + 5 ||
    isOdd(text)
  ) {
    const tidy = tidyFields(headers, signedHeaders)
    if (typeof tidy !== 'string') return tidy
    return `${method}\n${canonicalPath}\n${canonicalQuery}\n${tidy}\n${list}\n${how.payload}`
  }
  return text
}

function lineEnds(text: string): number {
  let count = 0
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) count++
  return count
}

/** Bytes no header may hold besides LF (RFC 9110 5.5), or characters that are not bytes. */
const isOdd = (text: string) =>
  text.includes('\r') || text.includes('\0') || (Buffer.byteLength(text) !== text.length && !isBytes(text))

function isBytes(text: string): boolean {
  for (let i = 0; i < text.length; i++) if (text.charCodeAt(i) > 255) return false
  return true
}

const usual: ReadonlySet<string> = new Set(['POST', 'GET', 'PUT', 'HEAD', 'DELETE'])
const isToken = (method: string) => /^[A-Za-z0-9!#$%&'*+.^_`|~-]+$/.test(method)

/** Header lines with values trimmed and runs of blanks made one space, in quotes too. */
function tidyFields(headers: Headers, names: readonly string[]): string | Rejection {
  let fields = ''
  for (const name of names) {
    const value = headers.get(name) ?? ''
    if (/[\0\r\n]/.test(value) || !isBytes(value)) {
      return { rejected: 'malformed', where: 'header', value: name }
    }
    fields += `${name}:${value.replace(/[ \t]+/g, ' ').replace(/^ | $/g, '')}\n`
  }
  return fields
}

/** S3: what was sent, decoded and encoded once; `//` and `..` are names like any other. */
function pathAsSent(path: string): string | undefined {
  return path.startsWith('/') ? reencode(path, 'path') : undefined
}

/** All others: dot segments and empty ones removed, then the wire form encoded again (`%20` becomes `%2520`). */
function pathNormalised(path: string): string | undefined {
  if (!path.startsWith('/') || !hasSoundEscapes(path)) return undefined
  const kept: string[] = []
  for (const segment of path.split('/')) {
    if (segment === '' || segment === '.') continue
    if (segment === '..') kept.pop()
    else kept.push(segment)
  }
  return encode(`/${kept.join('/')}${kept.length > 0 && path.endsWith('/') ? '/' : ''}`, true)
}

/** Parameters sorted by encoded name, then by encoded value. */
function sortedQuery(query: string, without: readonly string[]): string | undefined {
  const parameters = readQuery(query)
  if (parameters === undefined) return undefined
  parameters.sort((a, b) =>
    a.name < b.name ? -1 : a.name > b.name ? 1 : a.value < b.value ? -1 : a.value > b.value ? 1 : 0,
  )
  let text = ''
  for (const { name, value } of parameters) {
    if (without.includes(name)) continue
    text += text === '' ? `${name}=${value}` : `&${name}=${value}`
  }
  return text
}
