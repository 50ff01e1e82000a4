// hallpass services: declares services of one's own, which trust policies name as they name AWS's, and says how they prove themselves.
import { Failure } from '../app/failure.ts'
import type { ProofRow, ServiceRow } from '../app/operator/services.ts'
import { textFile } from '../app/text-file.ts'
import { printable } from '../core/printable.ts'
import { table } from '../core/table.ts'
import type { NewProof } from '../service/workloads/services.ts'
import { callRoute } from './call-route.ts'
import { type Command, type CommandInput, type Option, storeSettings, type World } from './command.ts'

const json: Option = { kind: 'switch', says: 'Print JSON.' }

const proofOptions: Readonly<Record<string, Option>> = {
  key: { kind: 'text', value: 'FILE', says: 'It proves itself by a key of its own: the public half, in PEM.' },
  issuer: {
    kind: 'text',
    value: 'URL',
    says: 'It proves itself by tokens of this issuer: a Kubernetes cluster, SPIFFE, GitHub. Goes with --audience and --subject.',
  },
  audience: { kind: 'text', value: 'TEXT', says: 'The audience of its tokens.' },
  authority: {
    kind: 'text',
    value: 'FILE',
    says: 'It proves itself by certificates of these authorities (PEM). Goes with --subject.',
  },
  subject: {
    kind: 'text',
    value: 'PATTERN',
    says: 'The subject of its tokens, or a DNS name or URI of its certificates; * stands for any text, ? for a character.',
  },
  jwks: { kind: 'text', value: 'FILE', says: 'Keys of the issuer, which is then never asked for them.' },
  'ca-bundle': { kind: 'text', value: 'FILE', says: 'Certificate authorities that vouch for the issuer’s servers.' },
}

/** The ways to prove itself: what goes with each, and what it needs of that. */
const ways = {
  key: { goes: [], needs: [] },
  issuer: { goes: ['audience', 'subject', 'jwks', 'ca-bundle'], needs: ['audience', 'subject'] },
  authority: { goes: ['subject'], needs: ['subject'] },
} as const satisfies Readonly<Record<string, { readonly goes: readonly string[]; readonly needs: readonly string[] }>>
const wayNames = Object.keys(ways) as (keyof typeof ways)[]

/** @throws Failure unless it is one whole proof */
function proofOf({ texts }: CommandInput): NewProof {
  const [way, ...others] = wayNames.filter((name) => texts[name] !== undefined)
  if (way === undefined || others.length > 0)
    throw new Failure('say how the service proves itself: by --key, --issuer or --authority', 2)
  const { goes, needs }: { readonly goes: readonly string[]; readonly needs: readonly string[] } = ways[way]
  const stray = wayNames
    .flatMap((name) => ways[name].goes)
    .find((name) => texts[name] !== undefined && !goes.includes(name))
  if (stray !== undefined) throw new Failure(`--${stray} does not go with --${way}`, 2)
  if (needs.some((name) => texts[name] === undefined))
    throw new Failure(`--${way} goes with ${needs.map((name) => `--${name}`).join(' and ')}`, 2)
  const { key, issuer, authority, audience = '', subject = '', jwks, 'ca-bundle': ca } = texts
  if (key !== undefined) return { key: textFile(key, 'key') }
  if (issuer === undefined) return { authorities: textFile(authority ?? '', 'authority'), subject }
  return {
    ...{ issuer, audience, subject },
    ...(jwks === undefined ? {} : { keys: textFile(jwks, 'jwks') }),
    ...(ca === undefined ? {} : { ca: textFile(ca, 'ca-bundle') }),
  }
}

function done(row: ServiceRow, what: string, { switches }: CommandInput, world: World): number {
  world.out(switches.json === true ? JSON.stringify(row, undefined, 2) : `${row.name} ${what}`)
  return 0
}

const nameOf = ({ rest }: CommandInput) => rest[0] ?? ''

export const servicesAdd: Command = {
  name: 'services add',
  says: 'Declare a service of your own. Roles that trust it by name may be assumed by it, on behalf of their account.',
  takes: 'NAME',
  options: {
    account: { kind: 'text', value: 'ID', many: true, says: 'An account on whose behalf it may act.' },
    'any-account': { kind: 'switch', says: 'It may act on behalf of every account.' },
    ...{ ...proofOptions, json },
  },
  settings: storeSettings,
  async run(input, world) {
    const { account = [] } = input.lists
    const isAny = input.switches['any-account'] === true
    if (isAny === account.length > 0) throw new Failure('give --account, as often as needed, or --any-account', 2)
    const wish = { name: nameOf(input), accounts: isAny ? ('any' as const) : account, proof: proofOf(input) }
    return done(await callRoute(input, world, 'POST /services/add', wish), 'is declared', input, world)
  },
}

export const servicesProve: Command = {
  name: 'services prove',
  says: 'Add another way in which a service proves itself: to replace a key, add the new one, then withdraw the old.',
  takes: 'NAME',
  options: { ...proofOptions, json },
  settings: storeSettings,
  async run(input, world) {
    const wish = { name: nameOf(input), proof: proofOf(input) }
    return done(await callRoute(input, world, 'POST /services/prove', wish), 'has one proof more', input, world)
  },
}

export const servicesWithdraw: Command = {
  name: 'services withdraw',
  says: 'Take a proof of a service away: what it got by it ends at once.',
  takes: 'NAME PROOF',
  options: { json },
  settings: storeSettings,
  async run(input, world) {
    const wish = { name: nameOf(input), id: input.rest[1] ?? '' }
    return done(await callRoute(input, world, 'POST /services/withdraw', wish), 'has one proof less', input, world)
  },
}

function wordsOf(proof: ProofRow): string {
  if (proof.kind === 'key') return proof.key
  return proof.kind === 'issuer' ? `${proof.issuer} aud ${proof.audience} sub ${proof.subject}` : proof.subject
}

export const servicesList: Command = {
  name: 'services list',
  says: 'List the declared services, with a line for each of their proofs.',
  options: { json },
  settings: storeSettings,
  async run(input, world) {
    const { services } = await callRoute(input, world, 'POST /services', {})
    if (input.switches.json === true) {
      world.out(JSON.stringify({ services }, undefined, 2))
      return 0
    }
    const rows = services.flatMap(({ name, state, accounts, proofs }) => {
      const head = [name, state, accounts === 'any' ? 'any' : accounts.join(' ')]
      const shown = proofs.map((proof) => [...head, proof.id, proof.kind, proof.addedAt, wordsOf(proof)])
      return shown.length === 0 ? [[...head, '-', '-', '-', '-']] : shown
    })
    const head = ['SERVICE', 'STATE', 'ACCOUNTS', 'PROOF', 'KIND', 'ADDED', 'PROVES']
    for (const line of table([head, ...rows.map((row) => row.map(printable))])) world.out(line)
    return 0
  },
}

const switching = (word: 'enable' | 'disable', says: string): Command => ({
  ...{ name: `services ${word}`, says, takes: 'NAME', options: { json }, settings: storeSettings },
  async run(input, world) {
    const wish = { name: nameOf(input), isEnabled: word === 'enable' }
    return done(await callRoute(input, world, 'POST /services/set', wish), `is ${word}d`, input, world)
  },
})

export const servicesDisable = switching(
  'disable',
  'End everything that a service got, at once, and give it nothing until it is enabled.',
)
export const servicesEnable = switching('enable', 'Let a disabled service assume roles again.')

export const servicesRemove: Command = {
  name: 'services remove',
  says: 'Remove a service: everything that it got ends at once. Trust policies that name it trust nobody by it.',
  takes: 'NAME',
  options: { json },
  settings: storeSettings,
  async run(input, world) {
    return done(
      await callRoute(input, world, 'POST /services/remove', { name: nameOf(input) }),
      'is removed',
      input,
      world,
    )
  },
}
