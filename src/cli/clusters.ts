// hallpass clusters: registers the Kubernetes clusters whose pods get roles, shows them, and removes them.
import type { ClusterRow } from '../app/operator/clusters.ts'
import { textFile } from '../app/text-file.ts'
import { table } from '../core/table.ts'
import { callRoute } from './call-route.ts'
import { type Command, type CommandInput, type Option, storeSettings, type World } from './command.ts'
import { needed, tagsOf } from './given.ts'

const json: Option = { kind: 'switch', says: 'Print JSON.' }
const place = {
  account: { kind: 'text', value: 'ID', says: 'The account whose roles its pods get.' },
  region: { kind: 'text', value: 'REGION', says: 'The region that it is in.' },
} as const satisfies Record<string, Option>

const choiceOf = (input: CommandInput) => ({
  ...{ name: input.rest[0] ?? '', account: needed(input, 'account'), region: needed(input, 'region') },
})

const fileOf = (name: string, path: string | undefined) =>
  path === undefined ? undefined : textFile(path, `--${name}`)

export const clustersAdd: Command = {
  name: 'clusters add',
  says: 'Register a Kubernetes cluster: its pods can then be given roles, by pod identity associations.',
  takes: 'NAME',
  options: {
    ...place,
    issuer: { kind: 'text', value: 'URL', says: 'Who signs its tokens: `iss` of a service account’s token.' },
    jwks: {
      kind: 'text',
      value: 'FILE',
      says: 'Its public keys, as `kubectl get --raw /openid/v1/jwks` prints them. Without it they are fetched from the issuer.',
    },
    ca: { kind: 'text', value: 'FILE', says: 'PEM of the authority that vouches for the issuer’s server.' },
    audience: {
      kind: 'text',
      value: 'TEXT',
      says: 'What its pods’ tokens are for; pods.eks.amazonaws.com by default.',
    },
    'session-tags': {
      kind: 'switch',
      says: 'Tag also the sessions of AssumeRoleWithWebIdentity by what its tokens say of their pods.',
    },
    tag: { kind: 'text', value: 'KEY=VALUE', many: true, says: 'A tag of the cluster.' },
    json,
  },
  settings: storeSettings,
  async run(input, world) {
    const { texts, switches } = input
    const [keys, ca] = [fileOf('jwks', texts.jwks), fileOf('ca', texts.ca)]
    const row = await callRoute(input, world, 'POST /clusters/add', {
      ...{ ...choiceOf(input), issuer: needed(input, 'issuer') },
      ...(texts.audience === undefined ? {} : { audience: texts.audience }),
      ...(keys === undefined ? {} : { keys }),
      ...(ca === undefined ? {} : { ca }),
      ...{ tagsWebIdentity: switches['session-tags'] === true, tags: tagsOf(input) },
    })
    world.err(
      `next: aws eks create-pod-identity-association --cluster-name ${row.name} --region ${row.region} --namespace NAMESPACE --service-account NAME --role-arn ROLE`,
    )
    return done(row, 'is registered', input, world)
  },
}

export const clustersList: Command = {
  name: 'clusters list',
  says: 'List the registered clusters.',
  options: { json },
  settings: storeSettings,
  async run(input, world) {
    const { clusters } = await callRoute(input, world, 'POST /clusters', {})
    if (input.switches.json === true) {
      world.out(JSON.stringify({ clusters }, undefined, 2))
      return 0
    }
    const rows = clusters.map(({ name, account, region, issuer, audience, keys, associations }) => [
      ...[name, account, region, issuer, audience, keys, String(associations)],
    ])
    const head = ['NAME', 'ACCOUNT', 'REGION', 'ISSUER', 'AUDIENCE', 'KEYS', 'ASSOCIATIONS']
    for (const line of table([head, ...rows])) world.out(line)
    return 0
  },
}

export const clustersRemove: Command = {
  name: 'clusters remove',
  says: 'Remove a cluster with its associations: what its pods got ends.',
  takes: 'NAME',
  options: { ...place, json },
  settings: storeSettings,
  run: async (input, world) =>
    done(await callRoute(input, world, 'POST /clusters/remove', choiceOf(input)), 'is removed', input, world),
}

function done(row: ClusterRow, what: string, { switches }: CommandInput, world: World): number {
  world.out(switches.json === true ? JSON.stringify(row, undefined, 2) : `${row.name} (${row.account}) ${what}`)
  return 0
}
