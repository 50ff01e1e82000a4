// What of a call may be kept: which members are secret, which hold policies, and what is taken out of sentences and
// documents. What proves an identity is never kept. cloudtrail-json.ts writes records by it.
//
// DIVERGES: CloudTrail keeps ExternalId and the session token of an issued credential; here an external id is a secret
// between two accounts, and a token that stands in a log opens what it opens.

/** Members, lower-cased, that are left out wherever they stand, whatever the contract says of them. */
const secretMembers: ReadonlySet<string> = new Set([
  'addprivatekey',
  'authenticationcode1',
  'authenticationcode2',
  'base32stringseed',
  'contextassertion',
  // Of a simulation: among the values may be an external id.
  'contextkeyvalues',
  'externalid',
  'newpassword',
  'oldpassword',
  'password',
  'privatekey',
  'qrcodepng',
  'samlassertion',
  'secretaccesskey',
  'secretkey',
  'servicecredentialsecret',
  'servicepassword',
  'sessiontoken',
  'token',
  'tokencode',
  'tradeintoken',
  'webidentitytoken',
])

/** Members, lower-cased, that hold policy documents. */
const policyMembers: ReadonlySet<string> = new Set([
  'assumerolepolicydocument',
  'content',
  'document',
  'permissionsboundarypolicyinputlist',
  'policy',
  'policydocument',
  'policyinputlist',
  'resourcepolicy',
])

export const REDACTED = '[redacted]'

/** Whether a member of that name is left out. */
export const isSecret = (name: string) => secretMembers.has(name.toLowerCase())
/** Whether a member of that name holds a policy document. */
export const isPolicy = (name: string) => policyMembers.has(name.toLowerCase())

/** Whether a document may name `sts:ExternalId`, plainly or with its letters escaped. */
const mayName = /externalid|\\u|%[0-9a-f]{2}/i

/** A policy document without the external ids that it expects. What cannot be read and may name one is left out whole. */
export function withoutExternalIds(text: string): string {
  if (!mayName.test(text)) return text
  try {
    const plain = text.trimStart().startsWith('{') ? text : decodeURIComponent(text)
    return JSON.stringify(JSON.parse(plain), (key, value) => (isExternalId(key) ? REDACTED : value))
  } catch {
    return REDACTED
  }
}

/** Whether a context key's name is the external id's. */
export const isExternalId = (key: string) => key.toLowerCase() === 'sts:externalid'

/** A JSON Web Token, wherever it stands in a sentence. */
const jwt = /eyJ[\w-]{6,}\.[\w-]*\.?[\w-]*/g
/** A validation message that quotes the value of a member which is not kept. */
const quoted = /Value '.*?' at '(?=([\w.[\]]+)')/gs

/** Longest sentence that is kept, in characters: a caller must not be able to fill the journal with what it is told. */
const longestSentence = 4_096

/** A sentence for the record: values of members that are not kept are taken out of it, and what is beyond its length. */
export function scrubSentence(sentence: string, input: unknown): string {
  let text = sentence
    .replace(jwt, REDACTED)
    .replace(quoted, (whole, path: string) =>
      path.split('.').some((name) => isSecret(name.replace(/\[.*$/, ''))) ? `Value '${REDACTED}' at '` : whole,
    )
  for (const secret of secretsIn(input)) text = text.replaceAll(secret, REDACTED)
  return text.length > longestSentence ? `${text.slice(0, longestSentence)}…` : text
}

/** Found once for an input: a refusal has several sentences. */
const found = new WeakMap<object, readonly string[]>()

function secretsIn(input: unknown): readonly string[] {
  if (typeof input !== 'object' || input === null) return []
  const known = found.get(input)
  if (known !== undefined) return known
  const secrets = [...secretsOf(input, 0)]
  found.set(input, secrets)
  return secrets
}

function* secretsOf(value: unknown, depth: number): Generator<string> {
  if (typeof value !== 'object' || value === null || depth > 8) return
  for (const [name, one] of Object.entries(value)) {
    if (typeof one === 'string') {
      if (one.length > 1 && isSecret(name)) yield one
    } else yield* secretsOf(one, depth + 1)
  }
}
