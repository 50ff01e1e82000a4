// The roles of host names on the one port: pages answer under the public URL's name, APIs under all others. A further role
// is a further row.
import type { Settings } from '../config/settings.ts'
import type { Handler } from '../server/exchange.ts'
import { byHost, type HostNames, type HostRules, type Hosts, hosts, nothing } from '../server/hosts.ts'
import { issuerPages } from '../server/pages/issuer-pages.ts'
import { createPages } from '../server/pages/router.ts'
import { consoleAndSignIn, servesConsole, signInNames } from './console.ts'
import type { Serving } from './serving.ts'
import { workloadPages } from './workloads.ts'

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
      const { publicUrl, issuerUrl, signers } = parts
      if (publicUrl === undefined) return nothing
      const console = servesConsole(serving, publicUrl) ? consoleAndSignIn(serving, publicUrl) : []
      // The demonstration has a start page of its own.
      // The demonstration's start page comes before the console's.
      const all = [
        ...issuerPages({ ...{ store, signers, publicUrl }, ...(issuerUrl === undefined ? {} : { issuerUrl }) }),
        ...pages,
        ...console,
        ...workloadPages(serving, publicUrl),
      ]
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

/** The host names of each role, by the settings; `invalid` names one that is not a host name, or that two roles would have. */
export const hostsOf = (settings: NameSettings, roles = hostRoles): Hosts | { readonly invalid: string } =>
  hosts(roles.map((row) => ({ ...row, names: row.names(settings) })))

/** Sends each request to the role of its host name. */
export const answersByHost = (names: Hosts, serving: Serving, roles = hostRoles): Handler =>
  // A repeated Host header is refused by the APIs' handler: which role it is for is not known.
  byHost(
    names,
    roles.map((row) => ({ ...row, handler: row.answers(serving) })),
    serving.aws,
  )
