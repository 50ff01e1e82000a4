// Text for a POSIX shell, and tables for a terminal.

export { table } from '../core/table.ts'

/** A word that any POSIX shell reads as this text. */
export const word = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)
