// Quotes text for a POSIX shell.

/** A word that any POSIX shell reads as this text. */
export const word = (text: string) => (/^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`)
