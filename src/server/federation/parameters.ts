// The parameters of a request to the federation endpoint: of the query, and of the form that a POST sends.
import { splitTarget } from '../../core/http.ts'
import { type Form, readForm } from '../../wire/form.ts'
import { type Exchange, isRepeated } from '../exchange.ts'
import { isForm } from '../pages/form.ts'

/** Twice the longest session token in percent-encoding, and the rest. */
const longestBody = 32_768

/** Each parameter once, whatever the method; a string says what is wrong. Rejects BodyRefused. */
export async function parametersOf({ message, body }: Exchange): Promise<Form | string> {
  if (isRepeated(message)) return 'a header stands twice'
  const { query } = splitTarget(message.target)
  const isPost = message.method === 'POST'
  const sent = isPost ? await body.bytes(longestBody) : undefined
  if (sent !== undefined && sent.length > 0 && !isForm(message)) return 'the body is not a form'
  const form = readForm(query, sent)
  return form instanceof Map ? form : 'a parameter is sent twice, or is not percent-encoded UTF-8'
}
