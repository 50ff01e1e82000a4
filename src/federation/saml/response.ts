// A SAML response as a provider's page posts it, verified against one provider record. SAML core 2.3, 2.5, 2.7, 3.2; profiles 4.1.4.
import { readAssertion } from './assertion.ts'
import type { CanonicalElement } from './canonical.ts'
import { decryptAssertion } from './encryption.ts'
import type { Expected, ReadResponse, Rejected, SamlAssertion } from './model.ts'
import { namespaces, success } from './names.ts'
import { type PreparedResponse, prepareDecrypted, prepareResponse, type SignedElement } from './prepared.ts'
import { rejection, verifyDetached } from './signature.ts'
import { BadValue, children, one, required, text } from './values.ts'

/**
 * Verifies one response for one provider record, and reads its assertion. Nothing is kept: whether an assertion was used before
 * is the caller's.
 */
export function verifyResponse(base64: string, expected: Expected, now: Date): ReadResponse {
  const prepared = prepareResponse(base64)
  return 'rejected' in prepared ? prepared : verifyPrepared(prepared, expected, now)
}

/** The same for a response that was taken apart before: it may be verified for one record after the other. */
export function verifyPrepared(prepared: PreparedResponse, expected: Expected, now: Date): ReadResponse {
  try {
    const opened = open(prepared, expected)
    return 'rejected' in opened ? opened : { assertion: checked(opened, expected, now) }
  } catch (fault) {
    if (fault instanceof BadValue) return rejection(fault.rejected, fault.message)
    throw fault
  }
}

interface Opened {
  /** The response around the assertion: verified where it is signed, and otherwise able to refuse alone. */
  readonly envelope: CanonicalElement
  readonly assertion: CanonicalElement
}

function open(prepared: PreparedResponse, expected: Expected): Opened | Rejected {
  const { signed, envelope, assertion, encrypted } = prepared
  const whole = signed && verified(signed, expected)
  if (whole !== undefined && 'rejected' in whole) return whole
  if (encrypted !== undefined) return openEncrypted(envelope, encrypted.declarations, expected)
  if (assertion === undefined && children(envelope, 'Assertion').length === 0) {
    checkStatus(envelope)
    return rejection('not-one-assertion', 'no assertion')
  }
  if (expected.encryption === 'Required') return rejection('not-encrypted', 'the assertion is not encrypted')
  // DIVERGES: whether AWS takes a response's signature alone is not known. Not here, unless the operator says so for the provider.
  if (assertion === undefined) {
    if (whole === undefined || expected.allowsResponseSignature !== true)
      return rejection('unsigned', 'the assertion is not signed')
    return { envelope: whole, assertion: one(whole, 'Assertion') }
  }
  const own = verified(assertion, expected)
  return 'rejected' in own ? own : { envelope, assertion: own }
}

const verified = ({ signature, bytes, element }: SignedElement, { provider, allowsSha1 }: Expected) =>
  verifyDetached(signature, bytes, element, { keys: provider.signingKeys, allowsSha1: allowsSha1 === true })

/** One answer for all that may go wrong inside: see decryptAssertion. */
const notDecrypted = rejection(
  'decryption',
  'no key of the provider record opens it to an assertion that the provider signed',
)

function openEncrypted(envelope: CanonicalElement, context: string, expected: Expected): Opened | Rejected {
  if (expected.encryption === 'none' || expected.decryptionKeys.length === 0)
    return rejection('encrypted', 'the provider record takes no encrypted assertions')
  let found: CanonicalElement | undefined
  for (const bytes of decryptAssertion(one(envelope, 'EncryptedAssertion'), expected.decryptionKeys)) {
    const prepared = prepareDecrypted(bytes, context)
    const own = prepared && verified(prepared, expected)
    if (own !== undefined && !('rejected' in own)) found = own
  }
  return found === undefined ? notDecrypted : { envelope, assertion: found }
}

function checkStatus(envelope: CanonicalElement): void {
  const status = one(envelope, 'Status', 'status', namespaces.protocol)
  const code = required(one(status, 'StatusCode', 'status', namespaces.protocol), 'Value', 'status')
  if (code !== success) throw new BadValue('status', code)
}

/** The envelope's own claims first, since they say why there may be nothing else. */
function checked({ envelope, assertion }: Opened, expected: Expected, now: Date): SamlAssertion {
  checkStatus(envelope)
  if (required(envelope, 'Version') !== '2.0') throw new BadValue('bad-value', 'another version of SAML')
  const [issuer, ...more] = children(envelope, 'Issuer').map((each) => text(each, 'issuer'))
  if (more.length > 0 || (issuer !== undefined && issuer !== expected.provider.entityId))
    throw new BadValue('issuer', `a response of ${issuer}`)
  const destination = envelope.attributes.get('Destination')
  if (destination !== undefined && !expected.recipients.includes(destination))
    throw new BadValue('destination', `for ${destination}`)
  const read = readAssertion(assertion, expected, now)
  const inResponseTo = envelope.attributes.get('InResponseTo')
  if (inResponseTo !== undefined && read.inResponseTo !== undefined && inResponseTo !== read.inResponseTo)
    throw new BadValue('bad-value', 'response and assertion answer different requests')
  return read
}
