// Values computed at their first use and kept: how codecs of shapes that contain themselves are compiled.

/** `compute` runs once, at the first call. */
export function lazy<T>(compute: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: compute() }
    return made.value
  }
}

/** `compute` runs once for each object, and its result lives as long as the object: a shape is compiled once for all its uses. */
export function memoize<K extends object, T>(compute: (key: K) => T): (key: K) => T {
  const kept = new WeakMap<K, { readonly value: T }>()
  return (key) => {
    let made = kept.get(key)
    if (made === undefined) {
      made = { value: compute(key) }
      kept.set(key, made)
    }
    return made.value
  }
}
