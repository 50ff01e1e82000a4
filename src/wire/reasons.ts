// How Organizations refuses members that break their constraints: one InvalidInputException for the first, with the reason's
// name and one sentence for all members (AWS Organizations API Reference, InvalidInputException; the sentence of patterns as
// recorded from the service, the others in the words of its model). Nothing of the request is echoed.
import { modelled, type Refusal } from './errors.ts'

/** The kind of constraint that is broken; `items`: a constraint on members of a list or map. */
export type Breach = 'missing' | 'pattern' | 'values' | 'longer' | 'shorter' | 'larger' | 'smaller' | 'items'

const reasons: Readonly<Record<Breach, readonly [reason: string, message: string]>> = {
  missing: ['INPUT_REQUIRED', 'You must include a value for all required parameters.'],
  pattern: ['INVALID_PATTERN', 'You provided a value that does not match the required pattern.'],
  values: ['INVALID_ENUM', 'You specified an invalid value.'],
  longer: ['MAX_LENGTH_EXCEEDED', 'You provided a string parameter that is longer than allowed.'],
  shorter: ['MIN_LENGTH_EXCEEDED', 'You provided a string parameter that is shorter than allowed.'],
  larger: ['MAX_VALUE_EXCEEDED', 'You provided a numeric parameter that has a larger value than allowed.'],
  smaller: ['MIN_VALUE_EXCEEDED', 'You provided a numeric parameter that has a smaller value than allowed.'],
  items: ['INVALID_LIST_MEMBER', 'You provided a list to a parameter that contains at least one invalid value.'],
}

/** The refusal of an input whose first fault breaks a constraint of that kind. */
export function reasoned(breach: Breach): Refusal {
  const [Reason, message] = reasons[breach]
  return modelled('organizations', 'InvalidInputException', message, { extra: { Reason } })
}
