// Values made at their first use and kept: how codecs of shapes that contain themselves are compiled.

/** `make` runs once, at the first call. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}

/** `make` runs once for each object, for as long as that lives: what is compiled of a shape, once for all its uses. */
export function keptFor<K extends object, T>(make: (of: K) => T): (of: K) => T {
  const kept = new WeakMap<K, { readonly value: T }>()
  return (of) => {
    let made = kept.get(of)
    if (made === undefined) {
      made = { value: make(of) }
      kept.set(of, made)
    }
    return made.value
  }
}
