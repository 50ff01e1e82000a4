// Numbers of DynamoDB: decimal text of up to 38 significant digits (Amazon DynamoDB Developer Guide, "Data types: Number").

// No white space: DynamoDB takes ` 1` for no number.
const form = /^([+-]?)(\d*)(?:\.(\d*))?(?:[eE]([+-]?\d{1,4}))?$/

/** Most significant digits, and the bounds of the exponent of the first of them. */
const mostDigits = 38
const highest = 125
const lowest = -130

/**
 * The one spelling of a number: no sign of plus, no zeros that say nothing, no exponent (`1.0`, `+1` and `10e-1` are `1`). Undefined
 * for what DynamoDB takes for no number, or for too great, small or precise a one.
 */
export function canonicalNumber(text: string): string | undefined {
  const parts = text.length > 256 ? null : form.exec(text)
  if (parts === null) return undefined
  const [, sign = '', whole = '', fraction = '', power = '0'] = parts
  if (whole === '' && fraction === '') return undefined
  const digits = (whole + fraction).replace(/^0+/, '')
  const significant = digits.replace(/0+$/, '')
  if (significant === '') return '0'
  if (significant.length > mostDigits) return undefined
  // The exponent of the first significant digit: 0 of `1`, 1 of `10`, -1 of `0.1`.
  const first = Number(power) - fraction.length + digits.length - 1
  if (first > highest || first < lowest) return undefined
  return (sign === '-' ? '-' : '') + plain(significant, first)
}

function plain(digits: string, first: number): string {
  if (first < 0) return `0.${'0'.repeat(-first - 1)}${digits}`
  if (digits.length <= first + 1) return digits + '0'.repeat(first + 1 - digits.length)
  return `${digits.slice(0, first + 1)}.${digits.slice(first + 1)}`
}
