// Clusters as an operator keeps them: registered with whoever signs their tokens, and removed with all that their pods got.

import { foldCase } from '../../core/policy/casing.ts'
import { isOwnTagKey, isTagValue } from '../../core/tag-texts.ts'
import type { Transaction } from '../../store/store.ts'
import { checkGivenAuthority, checkGivenKeys } from '../given-keys.ts'
import { OperatorProblem } from '../operator-problem.ts'
import { accounts, isoTime, type Tag } from '../records.ts'
import { clusterAt } from './define.ts'
import { type Cluster, clusters, podIdentityAssociations } from './records.ts'

export interface NewCluster {
  readonly account: string
  readonly region: string
  readonly name: string
  readonly issuer: string
  readonly audience?: string | undefined
  /** The text of a JWKS document. */
  readonly keys?: string | undefined
  /** PEM. */
  readonly ca?: string | undefined
  readonly tagsWebIdentity: boolean
  readonly tags: readonly Tag[]
}

/** What AWS's pods present their tokens for. */
export const podsAudience = 'pods.eks.amazonaws.com'

const namePattern = /^[0-9A-Za-z][A-Za-z0-9_-]{0,99}$/
const regionPattern = /^[a-z]{2}(?:-[a-z]+)+-\d{1,2}$/
const MOST_TAGS = 50

/** `id`: random. @throws OperatorProblem */
export async function addCluster(tx: Transaction, wanted: NewCluster, id: string, now: Date): Promise<Cluster> {
  const { account, region, name, issuer, audience = podsAudience, keys, ca, tagsWebIdentity, tags } = wanted
  if (!namePattern.test(name))
    throw new OperatorProblem(`${name} is no name of a cluster: letters, digits, "-" and "_", 100 at most`)
  if (!regionPattern.test(region)) throw new OperatorProblem(`${region} is no region, such as eu-central-1`)
  if ((await tx.get(accounts, [account]))?.status !== 'ACTIVE')
    throw new OperatorProblem(`there is no open account ${account}`)
  checkIssuer(issuer)
  if (audience === '' || audience.length > 255) throw new OperatorProblem('an audience has 1 to 255 characters')
  if (keys !== undefined) checkGivenKeys(keys, '; see `kubectl get --raw /openid/v1/jwks`')
  if (ca !== undefined) checkGivenAuthority(ca)
  checkTags(tags)
  if ((await clusterAt(tx, { account, region, name })) !== undefined)
    throw new OperatorProblem(`there is a cluster ${name} in account ${account} and region ${region}`)
  const other = (await tx.find(clusters, 'issuer', [account, issuer]))?.record
  if (other !== undefined)
    throw new OperatorProblem(`${issuer} signs for the cluster ${other.name} of that account: give each its own issuer`)
  const cluster: Cluster = {
    ...{ account, region, name, id, issuer, audience, tagsWebIdentity, tags, createdAt: isoTime(now), associations: 0 },
    ...(keys === undefined ? {} : { keys }),
    ...(ca === undefined ? {} : { ca }),
  }
  await tx.create(clusters, cluster)
  return cluster
}

/** Policies read tags without regard to case: of two that differ in that alone they could read either. */
function checkTags(tags: readonly Tag[]): void {
  if (tags.length > MOST_TAGS) throw new OperatorProblem(`a cluster has ${MOST_TAGS} tags at most`)
  const keys = tags.map(({ Key }) => foldCase(Key))
  const wrong = tags.find(({ Key }, at) => !isOwnTagKey(Key) || keys.indexOf(foldCase(Key)) < at)
  if (wrong !== undefined)
    throw new OperatorProblem(`tags have keys of their own, whatever their case, and none of AWS’s: ${wrong.Key}`)
  const long = tags.find(({ Value }) => !isTagValue(Value))
  if (long !== undefined) throw new OperatorProblem(`the tag ${long.Key} has a value that no tag has`)
}

function checkIssuer(issuer: string): void {
  const isUrl = URL.canParse(issuer) && new URL(issuer).protocol === 'https:' && issuer.length <= 255
  if (!isUrl) throw new OperatorProblem(`${issuer} is no issuer: the https URL that tokens of the cluster have as iss`)
}

/** Removes it, and its associations: what its pods got ends. @throws OperatorProblem */
export async function removeCluster(
  tx: Transaction,
  place: { readonly account: string; readonly region: string; readonly name: string },
): Promise<Cluster> {
  const cluster = await clusterAt(tx, place)
  if (cluster === undefined)
    throw new OperatorProblem(`there is no cluster ${place.name} there: see hallpass clusters list`)
  const prefix = [cluster.account, cluster.id]
  for (;;) {
    const { items } = await tx.list(podIdentityAssociations, 'key', { prefix, limit: 500 })
    for (const item of items) await tx.delete(podIdentityAssociations, podIdentityAssociations.key(item))
    if (items.length === 0) break
  }
  await tx.delete(clusters, clusters.key(cluster))
  return cluster
}
