// The values that statements bind and return, and reading them as what they must be.

export type Cell = string | number | Uint8Array | null
export type Cells = readonly Cell[]

export function text(cells: Cells, at: number): string {
  const cell = cells[at]
  if (typeof cell !== 'string') throw new TypeError(`column ${at} is not text`)
  return cell
}

export function number(cells: Cells, at: number): number {
  const cell = cells[at]
  if (typeof cell !== 'number') throw new TypeError(`column ${at} is not a number`)
  return cell
}

export function bytes(cells: Cells, at: number): Uint8Array {
  const cell = cells[at]
  if (!(cell instanceof Uint8Array)) throw new TypeError(`column ${at} is not a blob`)
  return cell
}
