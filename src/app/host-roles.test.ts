// Which role answers under which host name, by the settings; and what a further role needs.
import { deepEqual, equal, match } from 'node:assert/strict'
import { test } from 'node:test'
import { loadSettings } from '../config/load.ts'
import type { Exchange, Handler } from '../server/exchange.ts'
import { roleOf } from '../server/hosts.ts'
import { answersByHost, type HostRole, hostRoles, hostsOf } from './host-roles.ts'
import type { Serving } from './serving.ts'

const settingsOf = (flags: Readonly<Record<string, string>>) =>
  loadSettings({ flags: { data: 'x', ...flags }, environment: {} })
const company = { 'public-url': 'https://sso.example/hallpass', 'api-names': 'sts.example,*.iam.example' }

/** A handler that answers with this text. */
const says = (body: string) => (): Handler => () => ({ status: 200, headers: [], body })
const aliases: HostRole = {
  role: 'aliases',
  one: 'a name that stands for another sign-in page',
  names: () => ['signin.aws.example'],
  cookies: 'hidden',
  methods: ['GET', 'POST'],
  answers: says('an alias'),
}
const hostsFor = (roles: readonly HostRole[]) => {
  const names = hostsOf(settingsOf(company), roles)
  if ('invalid' in names) throw new Error(names.invalid)
  return names
}

test('pages answer under the public URL’s host, APIs under their names, and nothing under others', () => {
  const names = hostsFor(hostRoles)
  const hosts = ['sso.example:8443', 'sts.example', 'eu.iam.example', 'iam.example', 'signin.aws.example']
  deepEqual(
    hosts.map((host) => roleOf(host, names)),
    ['pages', 'apis', 'apis', undefined, undefined],
  )
})

test('without the setting api-names, the APIs answer under every name but the public URL’s', () => {
  const names = hostsOf(settingsOf({ 'public-url': 'https://sso.example' }))
  if ('invalid' in names) throw new Error(names.invalid)
  deepEqual(
    ['sso.example', '127.0.0.1:4600'].map((host) => roleOf(host, names)),
    ['pages', 'apis'],
  )
})

test('only the role of the public URL’s host uses cookies', () =>
  deepEqual(
    hostRoles.filter(({ cookies }) => cookies === 'used').map(({ role }) => role),
    ['pages'],
  ))

test('a further role is one row', async () => {
  const roles = [...hostRoles, aliases]
  const rows = roles.map((row) => ({ ...row, answers: says(row.role) }))
  const handler = answersByHost(hostsFor(roles), { aws: says('a repeated header')() } as Serving, rows)
  const under = async (host: string) => {
    const message = { method: 'GET', target: '/', headers: new Map() }
    return (await handler({ message, from: { host } } as unknown as Exchange)).body
  }
  equal(await under('signin.aws.example'), 'aliases')
  equal(await under('sts.example'), 'apis')
  equal(await under('sso.example'), 'pages')
  match(String(await under('other.example')), /^Nothing is served/)
})

test('a further role’s name that another role has is refused', () => {
  const taken = { ...aliases, names: () => ['sts.example'] }
  deepEqual(hostsOf(settingsOf(company), [...hostRoles, taken]), {
    invalid: 'sts.example is a name of the APIs, so it cannot be a name that stands for another sign-in page',
  })
})
