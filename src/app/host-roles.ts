// The roles of names on the one port: the pages' under the public URL's name, the APIs' under all others. A further role is
// a further row.
import type { Settings } from '../config/settings.ts'
import type { Handler } from '../server/exchange.ts'
import { byHost, type HostNames, type HostRules, type Hosts, hosts, nothing } from '../server/hosts.ts'
import { createPages } from '../server/pages/face.ts'
import { issuerPages } from '../server/pages/issuer-pages.ts'
import { consoleAndSignIn, servesConsole, signInNames } from './console.ts'
import type { Serving } from './serving.ts'

type NameSettings = Pick<Settings, 'public-url' | 'api-names' | 'signin-names'>

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
    answers(serving) {
      const { engine, pages, limits, fail } = serving
      const { parts, store, clock } = engine
      const { publicUrl, signers } = parts
      if (publicUrl === undefined) return nothing
      const console = servesConsole(serving, publicUrl) ? consoleAndSignIn(serving, publicUrl) : []
      const all = [...issuerPages({ store, signers, publicUrl }), ...console, ...pages]
      return createPages({ publicUrl, pages: all, limits, clock, fail })
    },
  },
  {
    role: 'sign-in',
    one: 'a name of the sign-in endpoint',
    names: ({ 'signin-names': names = [] }) => names,
    cookies: 'hidden',
    methods: ['GET', 'POST'],
    answers: signInNames,
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
