// Changes of a signed response's text, drawn from a seed: some that no reader may notice, some that only a careless one does not.
export type Random = () => number

/** Mulberry32: the same seed gives the same changes. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), 1 | state)
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t
    return ((t ^ (t >>> 14)) >>> 0) / 0x1_0000_0000
  }
}

const pick = <T>(random: Random, from: readonly T[]): T => {
  const found = from[Math.floor(random() * from.length)]
  if (found === undefined) throw new TypeError('nothing to pick from')
  return found
}

/** One occurrence of a pattern, changed. */
function change(xml: string, random: Random, pattern: RegExp, to: (found: string) => string): string {
  const all = [...xml.matchAll(pattern)]
  if (all.length === 0) return xml
  const found = pick(random, all)
  return xml.slice(0, found.index) + to(found[0]) + xml.slice(found.index + found[0].length)
}

const letters = [...'aZ09<>&"\'=/ \n\r\t#;:!?[]-\u00e9\u2028\u{1f600}\u0000\u0085']
const fragments = [
  ...[
    '<!-- -->',
    '<?x y?>',
    '<![CDATA[x]]>',
    '&amp;',
    '&#65;',
    '&#x41;',
    '&#13;',
    '&#10;',
    '&x;',
    ']]>',
    '<x/>',
    '<x xmlns=""/>',
    ' ',
    '\r\n',
    '\u00a0',
  ],
  ...[
    ' xmlns:x="urn:x"',
    ' xmlns:x="x"',
    ' ID="_x"',
    ' xml:id="_x"',
    ' xml:space="preserve"',
    ' xmlns="urn:x"',
    ' xmlns:saml="urn:x"',
    ' xml:lang="en"',
  ],
]
type Mutation = (xml: string, random: Random) => string

const element = /<([\w:]+)(?: [^<>]*)?>[^<]*<\/\1>/g
/** What canonical form takes away, or stands outside of what is signed: mostly accepted. */
const harmless: readonly Mutation[] = [
  (xml, random) =>
    change(xml, random, /<[\w:]+(?= |\/|>)/g, (tag) => `${tag}${pick(random, [' ', '\n', '\t ', '\r\n'])}`),
  (xml, random) => change(xml, random, /<\/[\w:]+/g, (tag) => `${tag}${pick(random, [' ', '\n', '\r'])}`),
  (xml, random) => change(xml, random, / ([\w:]+)="([^"']*)"/g, (found) => found.replace(/"/g, "'")),
  (xml, random) =>
    change(xml, random, / ([\w:]+)=/g, (found) => found.replace('=', pick(random, [' =', '= ', '\n=\t']))),
  (xml, random) =>
    change(xml, random, / [\w:]+="[^"]*" [\w:]+="[^"]*"/g, (found) =>
      found.replace(/( [\w:]+="[^"]*")( [\w:]+="[^"]*")/, '$2$1'),
    ),
  (xml, random) => change(xml, random, /[a-z](?=[^<>]*<\/saml)/g, (letter) => `&#${letter.charCodeAt(0)};`),
  (xml, random) =>
    change(xml, random, /[a-z](?=[^<>"]*"[^<>]*>)/g, (letter) => `&#x${letter.charCodeAt(0).toString(16)};`),
  (xml, random) =>
    change(xml, random, /<([\w:]+)([^<>]*)\/>/g, (found) => found.replace(/<([\w:]+)([^<>]*)\/>/, '<$1$2></$1>')),
  (xml, random) => change(xml, random, /<[\w:]+ /g, (tag) => `${tag}xmlns:unused="urn:unused" `),
  (xml) => xml.replaceAll('samlp:', 'p:').replace('xmlns:samlp', 'xmlns:p'),
  (xml, random) => pick(random, ['<?xml version="1.0"?>', '<?xml version="1.0" encoding="UTF-8"?>\n', '\n', ' ']) + xml,
  (xml, random) =>
    change(xml, random, /<ds:KeyInfo>.*?<\/ds:KeyInfo>/g, () =>
      pick(random, ['', '<ds:KeyInfo/>', '<ds:KeyInfo><ds:KeyName>x</ds:KeyName></ds:KeyInfo>']),
    ),
  (xml, random) =>
    change(
      xml,
      random,
      /<ds:SignatureValue>[^<]{8}/g,
      (found) => `${found}${pick(random, ['\n', ' ', '&#13;\n', '\r\n'])}`,
    ),
  (xml, random) => change(xml, random, / (?:Destination|IssueInstant)="[^"]*"/g, () => ''),
]

/** What must not pass where it touches what is signed. */
const harmful: readonly Mutation[] = [
  (xml, random) => change(xml, random, /[^<>]/gu, () => pick(random, letters)),
  (xml, random) => change(xml, random, /[\s\S]/gu, () => ''),
  (xml, random) => change(xml, random, />/g, () => `>${pick(random, fragments)}`),
  (xml, random) => change(xml, random, /[^<>]/gu, (letter) => letter + pick(random, fragments)),
  (xml, random) => change(xml, random, / [\w:]+="/g, (found) => pick(random, fragments) + found),
  (xml, random) => change(xml, random, element, (found) => found + found),
  (xml, random) => change(xml, random, element, () => ''),
  (xml, random) => change(xml, random, element, (found) => found + pick(random, [...xml.matchAll(element)])[0]),
  (xml, random) => change(xml, random, /"[^"]*"/g, () => pick(random, [...xml.matchAll(/"[^"]*"/g)])[0]),
  (xml, random) => change(xml, random, />[^<]+</g, () => pick(random, [...xml.matchAll(/>[^<]+</g)])[0]),
  (xml, random) => change(xml, random, /saml:|ds:|samlp:/g, () => pick(random, ['saml:', 'ds:', 'samlp:', 'x:', ''])),
]

/** One change, or a few on top of each other; a quarter of them harmless, for what is accepted costs the second verifier's time. */
export function mutated(xml: string, random: Random): string {
  let changed = xml
  for (let left = 1 + Math.floor(random() * random() * 4); left > 0; left--)
    changed = pick(random, random() < 0.25 ? harmless : harmful)(changed, random)
  return changed
}
