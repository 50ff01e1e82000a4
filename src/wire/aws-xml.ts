// Writes an AWS Query response as XML (Smithy 2.0 AWS Query protocol; XML 1.0 fifth edition, 2.2 for characters). The
// writer of a shape is compiled at first use; nothing is written that the shape does not name.
import { isoSeconds } from '../core/time.ts'
import type { OperationContract } from './contract.ts'
import { lazy, memoize } from './lazy.ts'
import type { Shape, StructureShape } from './shape.ts'

type Write = (value: unknown) => string

/**
 * The document of a successful answer. An operation without output has no `…Result` element. Throws TypeError where `output`
 * is not of the operation's shape: that is a programming error.
 */
export function writeXml(operation: OperationContract, namespace: string, output: object, requestId: string): string {
  const { name } = operation
  const result =
    operation.output === undefined ? '' : `<${name}Result>${writerOf(operation.output)(output)}</${name}Result>`
  return `<${name}Response xmlns="${namespace}">${result}<ResponseMetadata><RequestId>${requestId}</RequestId></ResponseMetadata></${name}Response>`
}

/** The document of an error. The RequestId is a child of ErrorResponse, not of ResponseMetadata. */
export function writeXmlError(
  namespace: string,
  error: { readonly code: string; readonly message: string; readonly fault: string },
  requestId: string,
): string {
  return `<ErrorResponse xmlns="${namespace}"><Error><Type>${error.fault}</Type><Code>${escapeXml(error.code)}</Code><Message>${escapeXml(error.message)}</Message></Error><RequestId>${requestId}</RequestId></ErrorResponse>`
}

/** What XML 1.0 cannot hold at all, and lone surrogates, which UTF-8 cannot. */
const unspeakable =
  /[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g
/**
 * Characters beyond plain ASCII: most texts have none. A class of ASCII alone is tested three times as fast as one that goes
 * beyond.
 */
const unusual = /[^\t\n !#-%'-;=?-~]/

/**
 * Text for an element or an attribute in double quotes. A carriage return is written as a reference, because parsers turn a
 * bare one into a line feed; what XML 1.0 forbids becomes U+FFFD.
 */
export function escapeXml(text: string): string {
  if (!unusual.test(text)) return text
  return text
    .replace(unspeakable, '\ufffd')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll('\r', '&#xD;')
}

const writerOf = memoize(compileStructure)

function compileStructure(shape: StructureShape): Write {
  const members = lazy(() =>
    shape.members.map(({ name, shape: target }) => ({
      name,
      open: `<${name}>`,
      write: compile(target),
      close: `</${name}>`,
    })),
  )
  return (value) => {
    const record = object(value)
    let text = ''
    for (const { name, open, write, close } of members()) {
      const member = record[name]
      if (member !== undefined && member !== null) text += open + write(member) + close
    }
    return text
  }
}

function compile(shape: Shape): Write {
  switch (shape.kind) {
    case 'string':
      return writeString
    case 'integer':
      return writeInteger
    case 'double':
      return writeDouble
    case 'boolean':
      return writeBoolean
    case 'timestamp':
      return writeTimestamp
    case 'blob':
      return writeBlob
    case 'list': {
      const item = lazy(() => compile(shape.item))
      return (value) => {
        const write = item()
        let text = ''
        for (const each of array(value)) text += `<member>${write(each)}</member>`
        return text
      }
    }
    case 'map': {
      const item = lazy(() => compile(shape.value))
      return (value) => {
        const write = item()
        let text = ''
        for (const [key, each] of Object.entries(object(value))) {
          text += `<entry><key>${escapeXml(key)}</key><value>${write(each)}</value></entry>`
        }
        return text
      }
    }
    case 'structure': {
      const write = lazy(() => writerOf(shape))
      return (value) => write()(value)
    }
  }
}

function wrong(wanted: string): never {
  throw new TypeError(`an answer has something else where its shape says ${wanted}`)
}

function writeString(value: unknown): string {
  return typeof value === 'string' ? escapeXml(value) : wrong('string')
}

function writeInteger(value: unknown): string {
  return Number.isSafeInteger(value) ? String(value) : wrong('integer')
}

/** The shortest text that reads as the same number. */
export function writeDouble(value: unknown): string {
  return Number.isFinite(value) ? String(value) : wrong('double')
}

function writeBoolean(value: unknown): string {
  return typeof value === 'boolean' ? String(value) : wrong('boolean')
}

function writeTimestamp(value: unknown): string {
  return value instanceof Date ? isoSeconds(value) : wrong('timestamp')
}

function writeBlob(value: unknown): string {
  if (!(value instanceof Uint8Array)) return wrong('blob')
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('base64')
}

export function object(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : wrong('structure or map')
}

export function array(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : wrong('list')
}
