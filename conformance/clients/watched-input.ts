// Inputs of operations that record which of their members are read.
import type { Shape, StructureShape } from '../../src/wire/shape.ts'

/** Values by name of member; for other members a value is made from the shape. */
export type Values = Readonly<Record<string, unknown>>

/** Deeper than any input whose shape does not contain itself. */
const deepest = 6

/** A value with every member, at every depth. `last` takes the last of an enumeration where there is one, else the first. */
export function valueFor(name: string, shape: Shape, values: Values, last: boolean, depth = 0): unknown {
  if (name in values) return values[name]
  switch (shape.kind) {
    case 'string':
      return shape.values?.at(last ? -1 : 0) ?? 'a'.repeat(Math.max(24, shape.min ?? 0))
    case 'integer':
      return shape.min ?? 1
    case 'double':
      return 1.5
    case 'boolean':
      return last
    case 'timestamp':
      return new Date(0)
    case 'blob':
      return new Uint8Array([1])
    case 'list':
      return depth > deepest ? [] : [valueFor(name.replace(/s$/, ''), shape.item, values, last, depth + 1)]
    case 'map':
      return depth > deepest ? {} : { provider: valueFor(`${name} value`, shape.value, values, last, depth + 1) }
    case 'structure':
      return Object.fromEntries(
        shape.members.map((member) => [member.name, valueFor(member.name, member.shape, values, last, depth + 1)]),
      )
  }
}

/** The same value, whose structures record the paths of the members that are read: `Tags.Key`. */
export function watched(value: unknown, shape: Shape, read: Set<string>, path = ''): unknown {
  if (shape.kind === 'list') return (value as readonly unknown[]).map((one) => watched(one, shape.item, read, path))
  const entries = () => Object.entries(value as object)
  if (shape.kind === 'map') {
    return Object.fromEntries(entries().map(([key, one]) => [key, watched(one, shape.value, read, path)]))
  }
  if (shape.kind !== 'structure') return value
  const members = new Map(shape.members.map((member) => [member.name, member.shape]))
  const made = entries().map(([name, one]) => {
    const member = members.get(name)
    return [name, member === undefined ? one : watched(one, member, read, `${path}${name}.`)]
  })
  return new Proxy(Object.fromEntries(made), {
    get(target, name) {
      if (typeof name === 'string' && members.has(name)) read.add(path + name)
      return Reflect.get(target, name)
    },
  })
}

/** The paths of all members of a structure. */
export function everyMember(shape: Shape, path = '', above: readonly Shape[] = []): readonly string[] {
  if (shape.kind === 'list') return everyMember(shape.item, path, above)
  if (shape.kind === 'map') return everyMember(shape.value, path, above)
  if (shape.kind !== 'structure' || above.includes(shape)) return []
  return shape.members.flatMap(({ name, shape: member }) => [
    path + name,
    ...everyMember(member, `${path}${name}.`, [...above, shape]),
  ])
}

/** The value, and the value without each of its members in turn: a refusal of one member must not hide reads of the others. */
export function* withoutEach(value: object, shape: StructureShape): Generator<object> {
  yield value
  for (const { name } of shape.members) {
    yield Object.fromEntries(Object.entries(value).filter(([member]) => member !== name))
  }
}
