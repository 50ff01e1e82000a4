// Rows as lines of text for a terminal.

/** Lines with their columns aligned, each behind the indent; the last column is not padded. */
export function table(rows: readonly (readonly string[])[], indent = ''): readonly string[] {
  const widths: number[] = []
  for (const row of rows) for (const [at, cell] of row.entries()) widths[at] = Math.max(widths[at] ?? 0, cell.length)
  return rows.map((row) => {
    const cells = row.map((cell, at) => (at === row.length - 1 ? cell : cell.padEnd(widths[at] ?? 0)))
    return `${indent}${cells.join('  ')}`.trimEnd()
  })
}
