// The two faces of the one port: the pages' under the public URL's name, the APIs' under all others.
import { type Handler, isRepeated } from '../server/exchange.ts'
import { type Hosts, route } from '../server/hosts.ts'
import type { Limits } from '../server/limits.ts'
import { createPages } from '../server/pages/face.ts'
import { issuerPages } from '../server/pages/issuer-pages.ts'
import type { Page } from '../server/pages/page.ts'
import type { Engine } from './engine.ts'

export interface Faces {
  readonly names: Hosts
  readonly aws: Handler
  readonly limits: Limits
  /** Pages beside those that every server has. */
  readonly pages: readonly Page[]
  readonly fail: (error: unknown, requestId: string) => void
}

/** Pages and APIs by Host. A name that is neither's gets nothing. */
export function faced({ parts, store, clock }: Engine, { names, aws, pages, ...rest }: Faces): Handler {
  const { publicUrl, signers } = parts
  const people =
    publicUrl === undefined
      ? nothing
      : createPages({ publicUrl, pages: [...issuerPages({ store, signers, publicUrl }), ...pages], clock, ...rest })
  return (exchange) => {
    // A repeated header leaves no Host to believe: refused in the APIs' words, and nothing of it is read.
    if (isRepeated(exchange.message)) return aws(exchange)
    const face = route(exchange.from.host, names)
    if (face === 'api') return aws(exchange)
    return face === 'pages' ? people(exchange) : nothing(exchange)
  }
}

const nothing: Handler = () => ({
  status: 404,
  headers: ['Content-Type', 'text/plain; charset=utf-8'],
  body: 'Nothing is served under this name.\n',
})
