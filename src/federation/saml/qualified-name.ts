// Names with a prefix or without one (Namespaces in XML 1.0, 4), of ASCII characters: SAML has no others.
const longest = 128

/** By character code: what may begin a name (letters, low line), what may go on in one (digits, full stop, hyphen), the colon. */
const begins = 1
const goesOn = 2
const colon = 3
const classes = new Uint8Array(128)
for (const character of 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_')
  classes[character.charCodeAt(0)] = begins
for (const character of '0123456789.-') classes[character.charCodeAt(0)] = goesOn
classes[':'.charCodeAt(0)] = colon

/** Where the characters end that a name is made of. */
export function endOfName(text: string, start: number): number {
  let at = start
  while ((classes[text.charCodeAt(at)] ?? 0) !== 0) at++
  return at
}

/** A name in a text, by its places: nothing is cut out that nobody looks at. */
export interface NamePlace {
  /** Where its local part begins: at the name's own beginning, if it has no prefix. */
  local: number
  end: number
}

/** Whether a name begins here, and where it ends. */
export function findName(text: string, start: number, place: NamePlace): boolean {
  let at = start
  let local = start
  let isAtStart = true
  for (let kind = classes[text.charCodeAt(at)] ?? 0; kind !== 0; kind = classes[text.charCodeAt(++at)] ?? 0) {
    if (kind === begins) isAtStart = false
    else if (isAtStart || (kind === colon && local !== start)) return false
    else if (kind === colon) {
      local = at + 1
      isAtStart = true
    }
  }
  place.local = local
  place.end = at
  return !isAtStart && at - start <= longest
}
