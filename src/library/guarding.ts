// Verifies, then decides on the service's own action and resource by every policy of the caller's.
import { randomBytes } from 'node:crypto'
import { uuid7 } from '../core/ids.ts'
import { foldCase } from '../core/policy/casing.ts'
import { checkKeys, keysOfRequest, unfilledAt } from '../service/access/context-keys.ts'
import { ownerOf, UnsafeResource } from './guard-resource.ts'
import type { Admission, DecisionRecord, From, GuardOptions, Wish } from './guard-types.ts'
import type { Known } from './known-callers.ts'
import { decideAsked, keysOf } from './policy-put.ts'
import type { Decision } from './policy-types.ts'
import type { ReadRequest } from './signed-request.ts'
import type { ProvingVerifier } from './verifier.ts'
import type { Caller, Refusal, SignedRequest } from './verify-types.ts'

export type Received = SignedRequest & Partial<From>
export type WishOfCaller = Wish | ((caller: Caller) => Wish | Promise<Wish>)

export interface Guarding {
  authorize(request: Received, wish: WishOfCaller): Promise<Admission>
  /** Refuses what no body could make good, before it is read. */
  refusedByHead(request: Received): Admission | undefined
  /** A refusal for a reason of the listener's. */
  refuse(request: Received, refused: Refusal): Admission
}

const nobody = new Uint8Array(0)

export function createGuarding(options: GuardOptions, verifier: ProvingVerifier, clock: () => Date): Guarding {
  const { signingName: prefix, onDecision } = options

  function record(request: Received, more: Pick<DecisionRecord, 'allowed' | 'reasons'> & Partial<DecisionRecord>) {
    const at = clock()
    const requestId = uuid7(at.getTime(), randomBytes(10))
    const { method, address = '' } = request
    onDecision?.({ requestId, at, method, address, ...more })
    return requestId
  }

  function refuse(request: Received, refused: Refusal, more: Partial<DecisionRecord> = {}): Admission {
    const { code, message } = refused
    const requestId = record(request, { reasons: [], ...more, allowed: false, code, message })
    return { refused: { ...refused, requestId } }
  }

  return {
    refuse,
    refusedByHead(request) {
      const refused = verifier.refusedByHead(request)
      return refused === undefined ? undefined : refuse(request, refused)
    },
    async authorize(request, wanted) {
      const proven = await verifier.prove(request)
      if ('refused' in proven) return refuse(request, proven.refused)
      const { known, read } = proven
      const { caller } = known
      let wish: Wish
      let decision: Decision
      try {
        wish = typeof wanted === 'function' ? await wanted(caller) : wanted
        decision = decideWish(known, fromOf(read, request), wish, clock())
      } catch (error) {
        if (!(error instanceof UnsafeResource)) throw error
        return refuse(request, { code: 'ValidationException', status: 400, message: error.message }, { caller })
      }
      const { action, resource } = wish
      const { reasons, message = '' } = decision
      const facts = { caller, action, resource, reasons }
      if (!decision.allowed) return refuse(request, { code: 'AccessDeniedException', status: 403, message }, facts)
      const requestId = record(request, { ...facts, allowed: true })
      return { admitted: { caller, requestId, decision, body: request.body ?? nobody } }
    },
  }

  function decideWish(known: Known, from: From & Sent, wish: Wish, now: Date): Decision {
    const { action, resource, context = {}, resourceTags, resourcePolicy } = wish
    if (!action.startsWith(`${prefix}:`) || !/^[A-Za-z0-9]+$/.test(action.slice(prefix.length + 1)))
      throw new TypeError(`${action} is no action of ${prefix}: ${prefix}:NAME.`)
    const inArn = ownerOf(resource, prefix)
    const owner = wish.account ?? inArn ?? options.account
    // INVARIANT: not the caller's own account: another account's administrator may do everything there.
    if (owner === undefined) throw new TypeError('Say whose the resource is where it is *: account.')
    const own = keysOf(context)
    const foreign = Object.keys(context).find((name) => !foldCase(name).startsWith(`${prefix}:`))
    if (foreign !== undefined) throw new TypeError(`${foreign} is no condition key of ${prefix}.`)
    for (const [tag, value] of Object.entries(resourceTags ?? {})) own.set(`aws:resourcetag/${foldCase(tag)}`, value)
    const base = keysOfRequest(known.keys, known.multiFactorAt, from, now)
    const stated = new Set(Object.keys(context).map(foldCase))
    const others = unfilledAt(owner, known.home, from)
    return decideAsked({
      request: {
        ...{ action, resource, owner, requester: known.requester },
        keys: checkKeys(base, own, owner, known.home),
        unfilled: {
          has: (key) =>
            others.has(key) ||
            (key.startsWith(`${prefix}:`) && !stated.has(key)) ||
            (key === 'aws:resourcetag/' && resourceTags === undefined),
        },
      },
      policies: resourcePolicy === undefined ? known.policies : { ...known.policies, resource: resourcePolicy },
    })
  }
}

/** What a request says of where it comes from. */
interface Sent {
  readonly userAgent: string
  readonly referer?: string
  readonly region: string
}

function fromOf({ message, presented }: ReadRequest, { address = '', tls = false }: Received): From & Sent {
  const { headers } = message
  const referer = headers.get('referer')
  return {
    ...{ address, tls, userAgent: headers.get('user-agent') ?? '', region: presented.region },
    ...(referer === undefined ? {} : { referer }),
  }
}
