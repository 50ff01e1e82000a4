// Which parts of a call may be recorded: which members are secret, which hold policies, and what is removed from messages and
// documents. Nothing that proves an identity is ever recorded. cloudtrail-json.ts writes records by these rules.
//
// DIVERGES: CloudTrail keeps ExternalId and the session token of an issued credential; here an external id is a secret
// between two accounts, and whoever reads a token in a log could use it.

/** Members, lower-cased, that are left out wherever they stand, whatever the contract says about them. */
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

/** Characters that a JSON Web Token is made of. */
const tokenRun = /[\w.-]+/g
/** What one begins with, and how much of its head there is at least. */
const tokenBegin = 'eyJ'
const shortestHead = 9
/** A validation message that quotes the value of a member. */
const beginOfQuote = "Value '"
const endOfQuote = "' at '"
const member = /[\w.[\]]+(?=')/y

/** Longest sentence that is kept, in characters: a caller must not be able to fill the journal with the answers it provokes. */
const longestSentence = 4_096

/** A sentence for the record: values of members that are not kept are taken out of it, and what is beyond its length. */
export function scrubSentence(sentence: string, input: unknown): string {
  let text = withoutQuotes(sentence.replace(tokenRun, withoutToken))
  for (const secret of secretsIn(input)) text = text.replaceAll(secret, REDACTED)
  return text.length > longestSentence ? `${text.slice(0, longestSentence)}…` : text
}

/** Searched once for an input: a refusal has several sentences. */
const secretsOfInputs = new WeakMap<object, readonly string[]>()

function secretsIn(input: unknown): readonly string[] {
  if (typeof input !== 'object' || input === null) return []
  const kept = secretsOfInputs.get(input)
  if (kept !== undefined) return kept
  const secrets = [...secretsOf(input, 0)]
  secretsOfInputs.set(input, secrets)
  return secrets
}

/**
 * A run of such characters without the token in it, wherever that begins.
 * INVARIANT: what strangers send is written to the audit, so no character is searched twice from one place: a pattern
 * that begins anew at each `eyJ` took most of a second for a token's worth of them.
 */
function withoutToken(run: string): string {
  const last = run.lastIndexOf('.')
  for (let from = 0; from < last; ) {
    const start = run.indexOf(tokenBegin, from)
    if (start < 0 || start > last) break
    const dot = run.indexOf('.', start)
    if (dot - start >= shortestHead) return run.slice(0, start) + REDACTED
    from = dot + 1
  }
  return run
}

/** Without the values of members that are not kept, where they are quoted. */
function withoutQuotes(text: string): string {
  let kept = ''
  let from = 0
  for (let start = text.indexOf(beginOfQuote); start >= 0; start = text.indexOf(beginOfQuote, from)) {
    const [path, end] = quotedMember(text, start + beginOfQuote.length)
    if (path === undefined) break
    const left = path.split('.').some((name) => isSecret(name.replace(/\[.*$/, '')))
    kept += left ? `${text.slice(from, start)}${beginOfQuote}${REDACTED}${endOfQuote}` : text.slice(from, end)
    from = end
  }
  return kept + text.slice(from)
}

/** Whose value is quoted from there on, and where its name begins. */
function quotedMember(text: string, from: number): readonly [path: string | undefined, at: number] {
  for (let end = text.indexOf(endOfQuote, from); end >= 0; end = text.indexOf(endOfQuote, end + 1)) {
    member.lastIndex = end + endOfQuote.length
    const path = member.exec(text)?.[0]
    if (path !== undefined) return [path, end + endOfQuote.length]
  }
  return [undefined, text.length]
}

function* secretsOf(value: unknown, depth: number): Generator<string> {
  if (typeof value !== 'object' || value === null || depth > 8) return
  for (const [name, member] of Object.entries(value)) {
    if (typeof member === 'string') {
      if (member.length > 1 && isSecret(name)) yield member
    } else yield* secretsOf(member, depth + 1)
  }
}
