// A form that a browser sent (HTML 4.10.22, application/x-www-form-urlencoded): bounded, and read in one way or not at all.
import type { Message } from '../../core/http.ts'
import { type Form, readForm } from '../../wire/form.ts'
import { type Exchange, isRepeated } from '../exchange.ts'

/** The fields that were sent, each once. */
export type FormFields = Form

/** Far beyond a person's form, and little to hold. */
const longestForm = 16_384

const contentType = /^application\/x-www-form-urlencoded(?:[ \t]*;[ \t]*charset="?utf-8"?)?$/i

/** Whether a request says that its body is a form, and nothing is put around it. */
export const isForm = ({ headers }: Message): boolean =>
  contentType.test(headers.get('content-type') ?? '') && !headers.has('content-encoding')

/** Why a form was not read, with the HTTP status for it. */
export interface FormRefused {
  readonly status: 400 | 415
  readonly refused: string
}

/**
 * Reads the body. Other fields than the listed ones, a field twice, broken UTF-8 or percent-encoding, and every other type of
 * body, multipart among them, are refused.
 * @throws BodyRefused beyond 16 KiB, before reading on
 */
export async function readFields(exchange: Exchange, names: readonly string[]): Promise<FormFields | FormRefused> {
  const fields = await readForeignFields(exchange, longestForm)
  if ('refused' in fields) return fields
  const expected = new Set(names)
  for (const name of fields.keys()) {
    if (!expected.has(name)) return { status: 400, refused: 'The form has a field that is not known here.' }
  }
  return fields
}

/** The same of a form that another site made: it may have fields that are nothing to us. */
export async function readForeignFields(exchange: Exchange, longest: number): Promise<FormFields | FormRefused> {
  const { message, body } = exchange
  if (isRepeated(message) || !isForm(message)) {
    return { status: 415, refused: 'The request is not a form.' }
  }
  const fields = readForm('', await body.bytes(longest))
  return fields instanceof Map ? (fields as FormFields) : { status: 400, refused: 'The form cannot be read.' }
}
