// A value made at its first use and kept: how codecs of shapes that contain themselves are compiled.

/** `make` runs once, at the first call. */
export function lazy<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined
  return () => {
    made ??= { value: make() }
    return made.value
  }
}
