// The roles of names on the one port: the pages' under the public URL's name, the APIs' under all others. A further role is
// a further row.
import type { Settings } from '../config/settings.ts'
import type { Handler } from '../server/exchange.ts'
import { byHost, type HostNames, type HostRules, type Hosts, hosts, nothing } from '../server/hosts.ts'
import type { Limits } from '../server/limits.ts'
import type { CallOperation } from '../server/operation-caller.ts'
import { createPages } from '../server/pages/face.ts'
import { issuerPages } from '../server/pages/issuer-pages.ts'
import type { Page } from '../server/pages/page.ts'
import type { Engine } from './engine.ts'

/** What the roles' handlers are made of. */
export interface Serving {
  readonly engine: Pick<Engine, 'parts' | 'store' | 'clock'>
  readonly aws: Handler
  /** Operations, for pages: as the person in front of them. */
  readonly call: CallOperation
  readonly limits: Limits
  /** Pages beside those that every server has. */
  readonly pages: readonly Page[]
  readonly fail: (error: unknown, requestId: string) => void
}

type NameSettings = Pick<Settings, 'public-url' | 'api-names'>

export interface HostRole extends Omit<HostNames, 'names'>, HostRules {
  readonly names: (settings: NameSettings) => HostNames['names']
  readonly answers: (serving: Serving) => Handler
}

export const hostRoles: readonly HostRole[] = [
  {
    role: 'pages',
    one: "the public URL's host",
    names: ({ 'public-url': url }) => (url === undefined ? [] : [new URL(url).host]),
    cookies: 'used',
    methods: 'any',
    answers({ engine, pages, limits, fail }) {
      const { parts, store, clock } = engine
      const { publicUrl, signers } = parts
      if (publicUrl === undefined) return nothing
      const all = [...issuerPages({ store, signers, publicUrl }), ...pages]
      return createPages({ publicUrl, pages: all, limits, clock, fail })
    },
  },
  {
    role: 'apis',
    one: 'a name of the APIs',
    names: ({ 'api-names': names = [] }) => (names.length === 0 ? 'every other' : names),
    cookies: 'signed',
    methods: 'any',
    answers: ({ aws }) => aws,
  },
]

/** The names that settings give the roles; `invalid` says which of them is none, or would have two roles. */
export const hostsOf = (settings: NameSettings, roles = hostRoles): Hosts | { readonly invalid: string } =>
  hosts(roles.map((row) => ({ ...row, names: row.names(settings) })))

/** What answers under every name. */
export const answersByHost = (names: Hosts, serving: Serving, roles = hostRoles): Handler =>
  // A header that stands twice is refused in the APIs' words: nothing of the request is read.
  byHost(
    names,
    roles.map((row) => ({ ...row, handler: row.answers(serving) })),
    serving.aws,
  )
