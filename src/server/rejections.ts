// Why a caller was not authenticated, in the words of the protocol: the causes of core/sigv4 and service/access, each
// answered by one row of wire/front-door.ts. What the words must not tell (which of unknown, inactive, revoked, garbled)
// goes to the detail, for the operator.
import type { Rejected } from '../service/access/authenticate.ts'
import type { PassRejection } from '../service/parts.ts'
import type { Protocol } from '../wire/contract.ts'
import { accessDenied, Refusal, untrustedCertificate, withDetail } from '../wire/errors.ts'
import { type FrontDoorCause, frontDoor } from '../wire/front-door.ts'

/** The refusal of a caller that was not authenticated. */
export function rejection(rejected: Rejected, protocol: Protocol): Refusal {
  return withDetail(words(rejected, protocol), detailOf(rejected))
}

function detailOf(rejected: Rejected): string {
  switch (rejected.rejected) {
    case 'signature':
      // The canonical request holds what was sent, tokens and all: never kept.
      return 'signature'
    case 'certificate':
      return `certificate: ${rejected.why}`
    case 'token':
      return `token: ${rejected.why} (${rejected.keyId})`
    case 'unknown-key':
    case 'inactive-key':
    case 'token-missing':
    case 'token-unexpected':
      return `${rejected.rejected} (${rejected.keyId})`
    default:
      return rejected.rejected
  }
}

function words(rejected: Rejected, protocol: Protocol): Refusal {
  const say = (cause: PlainCause) => frontDoor(cause, protocol)
  switch (rejected.rejected) {
    case 'unknown-key':
    case 'inactive-key':
    case 'token-missing':
    case 'token-unexpected':
      return say('invalid-token')
    case 'token':
      return say(tokenCauses[rejected.why] ?? 'invalid-token')
    case 'certificate':
      return rejected.why === 'absent' ? say('missing-token') : accessDenied(protocol, untrustedCertificate)
    case 'algorithm':
      return say(rejected.form === 'query' ? 'unsupported-algorithm' : 'missing-token')
    case 'signature-v2':
      return say('signature-version-2')
    case 'several-mechanisms':
    case 'several-tokens':
      return frontDoor('ambiguous-signature', protocol, { detail: rejected.rejected })
    case 'repeated-parameter':
      return frontDoor('ambiguous-signature', protocol, { detail: `${rejected.name} stands twice` })
    case 'not-key-value':
      return frontDoor('header-not-key-value', protocol, { part: rejected.part })
    case 'missing-parameters':
      return frontDoor('header-parts-missing', protocol, rejected)
    case 'missing-query-parameters':
      return frontDoor('query-parts-missing', protocol, {
        missing: rejected.missing.filter((name) => name !== 'X-Amz-Expires'),
      })
    case 'credential-parts':
      return frontDoor('credential-form', protocol, { credential: rejected.value })
    case 'date-format':
      return frontDoor('bad-date', protocol, { date: rejected.value })
    case 'expired':
    case 'not-yet-current':
      return frontDoor(rejected.rejected === 'expired' ? 'signature-expired' : 'signature-not-yet-current', protocol, {
        signedAt: new Date(rejected.time),
        now: new Date(rejected.now),
        windowMinutes: rejected.skewMs / 60_000,
      })
    case 'url-expired':
      return frontDoor('signature-expired', protocol, {
        signedAt: new Date(rejected.time),
        now: new Date(rejected.now),
        windowMinutes: Math.ceil(rejected.expires / 60),
      })
    case 'host-not-signed':
      return say('host-not-signed')
    case 'scope':
      return scope(rejected.faults, protocol)
    default:
      // The rest is a signature that does not cover this request, whatever it lacks.
      return say('signature-mismatch')
  }
}

/** Whose words tell why; all others are one. */
const tokenCauses: { readonly [W in PassRejection]?: PlainCause } = { expired: 'expired-token', held: 'held-token' }

type PlainCause = Extract<
  FrontDoorCause,
  | 'invalid-token'
  | 'expired-token'
  | 'held-token'
  | 'unsupported-algorithm'
  | 'missing-token'
  | 'signature-version-2'
  | 'host-not-signed'
  | 'signature-mismatch'
>

type ScopeFault = Extract<Rejected, { rejected: 'scope' }>['faults'][number]

/** AWS puts the sentence of every wrong part of the scope into one message. */
function scope(faults: readonly ScopeFault[], protocol: Protocol): Refusal {
  const sentences = faults.map((fault) => scopeSentence(fault, protocol))
  const [first] = sentences
  if (first === undefined) return frontDoor('signature-mismatch', protocol)
  const message = sentences.map((refused) => refused.message).join('')
  return new Refusal({ code: first.code, status: first.status, message })
}

function scopeSentence(fault: ScopeFault, protocol: Protocol): Refusal {
  switch (fault.part) {
    case 'region':
      return frontDoor('scope-region', protocol, {})
    case 'service':
      return frontDoor('scope-service', protocol, { expected: fault.expected[0] ?? '' })
    case 'terminator':
      return frontDoor('scope-terminator', protocol, { got: fault.got })
    case 'date':
      return frontDoor('scope-date', protocol, { got: fault.got, day: fault.day, date: fault.amzDate })
  }
}
