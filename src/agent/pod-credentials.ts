// The credentials of a node's pods, by the tokens of their service accounts: kept as long as the token is valid, renewed while the pod
// asks for them, gone when EKS Auth refuses them.
import { type SourceCredentials, SourceRefused } from '../client/credential-source.ts'
import { type RenewalParts, type RenewedCredentials, renewed } from '../client/renewing.ts'
import { digest } from '../core/digest.ts'
import { createShares } from '../core/shares.ts'

export interface PodCredentials {
  /**
   * Those of the pod that holds the token, which ends at `endsAt`, for whoever asks from `address`.
   * @throws TooMany; what `ask` throws
   */
  current(token: string, endsAt: Date, address: string): Promise<SourceCredentials>
  close(): void
}

/** So many unknown tokens at once: each of them costs a call of EKS Auth. */
export class TooMany extends Error {
  override readonly name = 'TooMany'
}

export interface PodCredentialParts extends RenewalParts {
  readonly ask: (token: string, signal: AbortSignal) => Promise<SourceCredentials>
  /** Tokens kept at most; the one that was used longest ago goes. */
  readonly most?: number
}

/** Tokens that one address has EKS Auth asked about at once. A node's pods have addresses of their own. */
const unknownOfOne = 32
const unknownOfAll = 128

interface Kept {
  readonly credentials: RenewedCredentials
  readonly endsAt: Date
}

export function podCredentials({ ask, most = 2000, ...parts }: PodCredentialParts): PodCredentials {
  const { clock } = parts
  // In the order of their last use. Keys are digests: no token is kept longer than a request to renew it needs.
  const kept = new Map<string, Kept>()
  const waiting = createShares(unknownOfOne)
  let unknown = 0

  function drop(key: string): void {
    kept.get(key)?.credentials.close()
    kept.delete(key)
  }

  function makeRoom(): void {
    const now = clock()
    for (const [key, { endsAt }] of kept) if (endsAt <= now) drop(key)
    for (const key of kept.keys()) {
      if (kept.size < most) return
      drop(key)
    }
  }

  function startFor(token: string, endsAt: Date): Kept {
    const source = {
      name: 'EKS Auth',
      async fetch(signal: AbortSignal) {
        if (endsAt <= clock()) throw new SourceRefused('ExpiredTokenException', 'the service account token has expired')
        return ask(token, signal)
      },
    }
    return { credentials: renewed(source, parts), endsAt }
  }

  async function first(key: string, token: string, endsAt: Date, address: string): Promise<SourceCredentials> {
    if (unknown >= unknownOfAll || !waiting.take(address)) throw new TooMany('too many tokens at once')
    unknown++
    const fresh = startFor(token, endsAt)
    makeRoom()
    kept.set(key, fresh)
    try {
      return await fresh.credentials.current()
    } catch (error) {
      // A token that never was good is not kept.
      if (kept.get(key) === fresh) drop(key)
      throw error
    } finally {
      unknown--
      waiting.leave(address)
    }
  }

  return {
    async current(token, endsAt, address) {
      const key = digest(token)
      const known = kept.get(key)
      if (known === undefined) return first(key, token, endsAt, address)
      kept.delete(key)
      kept.set(key, known)
      try {
        return await known.credentials.current()
      } catch (error) {
        if (error instanceof SourceRefused && kept.get(key) === known) drop(key)
        throw error
      }
    },
    close() {
      for (const key of [...kept.keys()]) drop(key)
    },
  }
}
