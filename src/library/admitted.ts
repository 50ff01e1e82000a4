// Whom the guard let in, beside the requests.
import type { Admitted } from './guard-types.ts'

const admissions = new WeakMap<object, Admitted>()

/**
 * Whom the guard let in: of the request that the framework's handler gets (of Hono: of its context).
 * @throws TypeError where no guard stood before the handler
 */
export function admittedOf(request: object): Admitted {
  const admitted = admissions.get(request)
  if (admitted === undefined) throw new TypeError('No guard has let this request in.')
  return admitted
}

export const rememberAdmitted = (request: object, admitted: Admitted): void => void admissions.set(request, admitted)
