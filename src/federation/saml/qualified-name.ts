// Names with a prefix or without one (Namespaces in XML 1.0, 4), of ASCII characters: SAML has no others. A document has few names many times.
export interface QualifiedName {
  /** Empty: none. */
  readonly prefix: string
  readonly local: string
}

const pattern = /^(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*)$/
const longest = 128

/** Reads the names of one document; undefined for what is none. */
export function nameReader(): (spelled: string) => QualifiedName | undefined {
  const known = new Map<string, QualifiedName>()
  return (spelled) => {
    const before = known.get(spelled)
    if (before !== undefined) return before
    const parts = spelled.length <= longest ? pattern.exec(spelled) : null
    if (parts === null) return undefined
    const name = { prefix: parts[1] ?? '', local: parts[2] ?? '' }
    known.set(spelled, name)
    return name
  }
}

/** By character code: letters, digits, full stop, hyphen, low line, colon. */
const nameCharacters = new Uint8Array(128)
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-:')
  nameCharacters[character.charCodeAt(0)] = 1

/** Where the name that begins here ends. */
export function endOfName(text: string, start: number): number {
  let at = start
  while (nameCharacters[text.charCodeAt(at)] === 1) at++
  return at
}
