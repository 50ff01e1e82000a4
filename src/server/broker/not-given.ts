// Why something was not given, in AWS's form.
import type { Refusal } from '../../wire/errors.ts'
import type { NotGiven } from './broker.ts'

/** A request that cannot be served as it is was made of rows: it is their places that help. */
const ofRows = ({ status, code }: Pick<Refusal, 'code' | 'status'>) => status === 400 && !code.startsWith('Throttling')

export function notGiven(
  { code, status, message }: Pick<Refusal, 'code' | 'status' | 'message'>,
  requestId: string,
  places: readonly string[] = [],
): NotGiven {
  const rows = ofRows({ status, code }) && places.length > 0 ? ` It is made of ${places.join(', ')}.` : ''
  return { refused: { code, status, message: message + rows }, requestId }
}
