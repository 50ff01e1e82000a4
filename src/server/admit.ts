// Who asks: the second step of the pipeline, for any request that says how it is signed, of an operation that the SDKs type or
// not. What is refused here is audited as of nobody.

import type { Message } from '../core/http.ts'
import { andThen, type Maybe } from '../core/maybe.ts'
import { type Authenticator, anonymous, type Caller, type Rejected } from '../service/access/authenticate.ts'
import type { LastUses } from '../service/access/last-used.ts'
import { regionOf } from '../service/access/region.ts'
import type { Audit, Unproven } from '../service/audit/journal.ts'
import type { BarCause } from '../service/bar-cause.ts'
import type { Operation } from '../service/operation.ts'
import { withDetail } from '../wire/errors.ts'
import { frontDoor } from '../wire/front-door.ts'
import type { Protocol } from '../wire/services.ts'
import type { Within } from './call.ts'
import type { Metrics } from './metrics.ts'
import { rejection } from './rejections.ts'

export interface AdmitParts {
  readonly authenticator: Authenticator
  readonly audit: Pick<Audit, 'noteUnproven'>
  readonly lastUses: Pick<LastUses, 'note'>
  readonly metrics: Pick<Metrics, 'opened' | 'signatureFailed'>
  /** Regions a scope may name; absent, any. */
  readonly regions?: ReadonlySet<string>
  readonly within: Within
}

/** How a request is to be signed. */
export interface Endpoint {
  readonly signingName: string
  readonly signature: Operation<never, never>['signature']
  /** Whose codes it is refused in. */
  readonly protocol: Protocol
  /** Hex SHA-256 of the body; absent for one that is streamed, whose signature covers what the head states of it. */
  readonly payloadHash: string | undefined
}

/** Verifies who asks. An operation that takes no signature has no caller, whatever the request carries. */
export type Admit = (message: Message, endpoint: Endpoint, request: Unproven) => Maybe<Caller>

export function createAdmit(parts: AdmitParts): Admit {
  const { authenticator, lastUses, metrics, regions, within } = parts

  function admitted(caller: Caller | Rejected, endpoint: Endpoint, request: Unproven): Caller {
    const { signature, signingName, protocol } = endpoint
    const { contract, now } = request
    if ('rejected' in caller) return refuse(parts, request, protocol, caller)
    const { presented } = caller
    if (presented === undefined && signature === 'required') return refuse(parts, request, protocol, 'unsigned')
    if (presented !== undefined) {
      if (!within('key', presented.keyId, now)) throw frontDoor('throttled', protocol)
      lastUses.note(caller.identity, signingName, regionOf(contract.service, presented.region), now)
    }
    if (caller.identity.kind === 'session') metrics.opened('ok')
    return caller
  }

  return (message, endpoint, request) => {
    const { signature, signingName, payloadHash } = endpoint
    if (signature === 'none') return anonymous
    const against = {
      services: [signingName],
      ...(regions === undefined ? {} : { regions }),
      payloadHash,
      now: request.now,
    }
    const verified =
      signature === 'certificate'
        ? authenticator.authenticateCertificate(message, against)
        : authenticator.authenticate(message, against)
    return andThen(verified, (caller) => admitted(caller, endpoint, request))
  }
}

type Refusing = Pick<AdmitParts, 'audit' | 'metrics'>

function refuse(
  { audit, metrics }: Refusing,
  request: Unproven,
  protocol: Protocol,
  rejected: Rejected | 'unsigned',
): never {
  const refused =
    rejected === 'unsigned'
      ? withDetail(frontDoor('missing-token', protocol), 'unsigned' satisfies BarCause)
      : rejection(rejected, protocol)
  if (rejected !== 'unsigned') {
    if (rejected.rejected === 'token') metrics.opened(rejected.why)
    else metrics.signatureFailed(rejected.rejected)
  }
  audit.noteUnproven(request, refused)
  throw refused
}

/**
 * Refuses a request whose credentials cannot have signed it, before a body is read that is longer than those of strangers: 17 MB of
 * anybody would take the memory that bodies may have from everybody else. The signature covers the body, so it comes after.
 */
export const createRecognize =
  (parts: Pick<AdmitParts, 'authenticator' | 'audit' | 'metrics'>) =>
  async (message: Message, protocol: Protocol, request: Unproven): Promise<void> => {
    const rejected = await parts.authenticator.recognize(message, request.now)
    if (rejected !== undefined) refuse(parts, request, protocol, rejected)
  }
