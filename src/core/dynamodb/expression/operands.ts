// Paths, values and functions: what conditions and updates have in common.

import { deeper, expectSign, isSign, list, note, type Reading, take, token, unexpected } from './reading.ts'
import { isReserved } from './reserved-words.ts'
import type { Call, FunctionName, Index, Name, Operand, Path, Value } from './tree.ts'

interface Signature {
  readonly operands: number
  /** Where it may stand. */
  readonly in: 'condition' | 'operand' | 'update'
  /** Its first operand must be a path. */
  readonly path: boolean
}

const functions: Readonly<Record<FunctionName, Signature>> = {
  attribute_exists: { operands: 1, in: 'condition', path: true },
  attribute_not_exists: { operands: 1, in: 'condition', path: true },
  attribute_type: { operands: 2, in: 'condition', path: false },
  begins_with: { operands: 2, in: 'condition', path: false },
  contains: { operands: 2, in: 'condition', path: false },
  size: { operands: 1, in: 'operand', path: false },
  if_not_exists: { operands: 2, in: 'update', path: true },
  list_append: { operands: 2, in: 'update', path: false },
}

/** The greatest index of a list, and the most elements of a path. */
const highestIndex = 4_294_967_294
const mostElements = 32

export function readPath(reading: Reading): Path {
  return readSteps(reading, { kind: 'path', top: readName(reading), steps: [] })
}

/** The rest of a path that began before. */
export function readSteps(reading: Reading, path: Path): Path {
  const steps = [...path.steps]
  for (;;) {
    if (isSign(reading, '.')) {
      reading.at++
      steps.push(readName(reading))
    } else if (isSign(reading, '[')) {
      reading.at++
      steps.push(readIndex(reading))
    } else break
  }
  const elements = steps.length + 1
  if (elements > mostElements) {
    note(reading, 'range', `The document path has too many nesting levels; nesting levels: ${elements}`)
  }
  return { ...path, steps }
}

function readName(reading: Reading): Name {
  const { kind, text } = token(reading)
  if (kind === 'name') {
    reading.at++
    const name = reading.substitutions.name(text)
    if (name === undefined) {
      note(
        reading,
        'undefined',
        `An expression attribute name used in the document path is not defined; attribute name: ${text}`,
      )
    }
    return { name: name ?? '', written: text }
  }
  if (kind !== 'word' || reading.keywords.has(text.toUpperCase())) unexpected(reading)
  reading.at++
  if (isReserved(text)) {
    note(reading, 'reserved', `Attribute name is a reserved keyword; reserved keyword: ${text}`)
  }
  return { name: text, written: text }
}

function readIndex(reading: Reading): Index {
  if (token(reading).kind !== 'index') unexpected(reading)
  const { text } = take(reading)
  expectSign(reading, ']')
  if (Number(text) > highestIndex) {
    note(reading, 'range', `List index is not within the allowable range; index: [${text}]`)
  }
  return { index: Number(text) }
}

export function readValue(reading: Reading): Value {
  if (token(reading).kind !== 'value') unexpected(reading)
  const { text } = take(reading)
  const value = reading.substitutions.value(text)
  if (value === undefined) {
    note(
      reading,
      'undefined',
      `An expression attribute value used in expression is not defined; attribute value: ${text}`,
    )
  }
  return { kind: 'value', placeholder: text, value: value ?? { NULL: true } }
}

/** One that stands without parentheses. */
export function readPlainOperand(reading: Reading, operand: (reading: Reading) => Operand): Operand {
  const next = token(reading)
  if (next.kind === 'value') return readValue(reading)
  const following = reading.tokens[reading.at + 1]
  const called = next.kind === 'word' && following?.kind === 'sign' && following.text === '('
  return called && !reading.keywords.has(next.text.toUpperCase()) ? readCall(reading, operand) : readPath(reading)
}

function readCall(reading: Reading, operand: (reading: Reading) => Operand): Call {
  // The name is one of the functions, unless a fault is noted: then no tree is given.
  const name = take(reading).text as FunctionName
  const signature = Object.hasOwn(functions, name) ? functions[name] : undefined
  const update = reading.keywords.has('SET')
  if (signature === undefined) note(reading, 'function', `Invalid function name; function: ${name}`)
  else if ((signature.in === 'update') !== update) {
    const where = update ? 'an update' : 'a condition'
    note(reading, 'function', `The function is not allowed in ${where} expression; function: ${name}`)
  }
  reading.at++
  const operands = deeper(reading, () => list(reading, operand))
  expectSign(reading, ')')
  if (signature !== undefined) checkOperands(reading, name, signature, operands)
  return { kind: 'call', name, operands }
}

function checkOperands(reading: Reading, name: string, signature: Signature, operands: readonly Operand[]): void {
  if (operands.length !== signature.operands) {
    note(
      reading,
      'count',
      `Incorrect number of operands for operator or function; operator or function: ${name}, number of operands: ${operands.length}`,
    )
  }
  if (signature.path && operands[0]?.kind !== 'path') {
    note(reading, 'path', `Operator or function requires a document path; operator or function: ${name}`)
  }
}

/** Notes a function that stands where only a value can. */
export function asOperand(reading: Reading, operand: Operand): Operand {
  if (operand.kind === 'call' && placeOf(operand) === 'condition') notHere(reading, operand)
  return operand
}

/** Notes a function that stands where only a condition can. */
export function asConditionCall(reading: Reading, call: Call): Call {
  if (placeOf(call) !== 'condition') notHere(reading, call)
  return call
}

/** Undefined for a name that is no function's. */
const placeOf = (call: Call): Signature['in'] | undefined =>
  Object.hasOwn(functions, call.name) ? functions[call.name].in : undefined

function notHere(reading: Reading, call: Call): void {
  note(reading, 'place', `The function is not allowed to be used this way in an expression; function: ${call.name}`)
}

/** `(…)`. Two pairs straight around one thing are redundant, as AWS has it; one pair around anything is not. */
export function readGroup<T>(reading: Reading, inner: (reading: Reading) => T): T {
  const from = reading.at
  reading.at++
  const held = deeper(reading, inner)
  expectSign(reading, ')')
  const { group, at } = reading
  if (group.from === from + 1 && group.to === at - 1) {
    note(reading, 'parentheses', 'The expression has redundant parentheses;')
  }
  reading.group = { from, to: at }
  return held
}
