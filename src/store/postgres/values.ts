// Lists of values in statements, by the numbers of their parameters.

/** `$1, $2, $3`, from a number on. */
export const places = (from: number, count: number): string =>
  Array.from({ length: count }, (_, at) => `$${from + at}`).join(', ')

/** `($1::bytea, $2::bigint), ($3, $4)`, from a number on: the types stand in the first row, for the rest to take. */
export function rowPlaces(from: number, types: readonly string[], rows: number): string {
  const row = (at: number) => {
    const first = from + at * types.length
    return `(${types.map((type, column) => `$${first + column}::${type}`).join(', ')})`
  }
  return Array.from({ length: rows }, (_, at) => row(at)).join(', ')
}
